from typing import Any

import django_filters
from django.db.models import Q

from app.core.filters import (
    BooleanFilter,
    DateTimeFilter,
    FilterSet,
    LastMomentFilter,
    OrderingFilter,
)
from app.core.search import matching
from app.core.statements import Bind
from app.events.models import Event, Registration
from app.events.querysets import EventQuerySet, RegistrationQuerySet

_A_DAY = "A time, or a date for"


class DashboardFilter(FilterSet):
    q = django_filters.CharFilter(
        method="search", max_length=100, help_text="Words of the title, place or description."
    )
    start_date = DateTimeFilter(
        "start_date",
        lookup_expr="gte",
        help_text=f"Begins then or later. {_A_DAY} the day from its first moment on, in UTC.",
    )
    end_date = LastMomentFilter(
        method="ends_by",
        help_text=f"Ends then or earlier. {_A_DAY} the day up to its last moment, in UTC.",
    )
    ends_after = DateTimeFilter(
        "end_date",
        lookup_expr="gte",
        help_text="Ends then or later: with the time that it is, what is on or to come.",
    )
    ordering = OrderingFilter(fields=["start_date", "end_date", "title", "created_at", "id"])

    class Meta:
        model = Event
        fields = ["q", "status", "start_date", "end_date", "ends_after", "ordering"]

    def ends_by(self, queryset: EventQuerySet, name: str, value: Any) -> EventQuerySet:
        # What has not begun by then has not ended: an index in the order of the start ends there.
        return queryset.filter(end_date__lte=value, start_date__lt=value)

    def search(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return matching(queryset, value)


class EventFilter(DashboardFilter):
    mine = BooleanFilter(
        method="of_viewer",
        help_text="Organised by the caller, or with a seat or a place in line of theirs; "
        "or neither. For who is signed in.",
    )

    class Meta(DashboardFilter.Meta):
        fields = [*DashboardFilter.Meta.fields, "mine"]

    def of_viewer(self, queryset: EventQuerySet, name: str, value: bool) -> EventQuerySet:
        theirs = queryset.concerning(Bind("viewer", Event._meta.pk))
        return theirs if value else queryset.exclude(pk__in=theirs.order_by().values("pk"))


class RegistrationFilter(FilterSet):
    q = django_filters.CharFilter(
        method="search", max_length=64, help_text="Part of a member's name."
    )
    checked_in = BooleanFilter(
        "checked_in_at", lookup_expr="isnull", exclude=True, help_text="Has come."
    )
    no_show = BooleanFilter("no_show", help_text="Was registered and did not come.")

    class Meta:
        model = Registration
        fields = ["q", "status", "checked_in", "no_show"]

    def search(self, queryset: RegistrationQuerySet, name: str, value: str) -> RegistrationQuerySet:
        return queryset.filter(
            Q(member__username__icontains=value) | Q(member__display_name__icontains=value)
        )
