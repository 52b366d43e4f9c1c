from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms

from app.core.filters import (
    BooleanFilter,
    DateTimeFilter,
    FilterSet,
    MomentField,
    OrderingFilter,
)
from app.core.search import matching
from app.core.statements import Bind
from app.events.models import Event, Registration
from app.events.querysets import EventQuerySet

_A_DAY = "A time, or a date for"


class LastMomentField(MomentField):
    """A time; of a date alone, its last moment."""

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        is_date = moment and isinstance(value, str) and len(value.strip()) <= len("2026-12-31")
        try:
            return moment + timedelta(days=1, microseconds=-1) if moment and is_date else moment
        except OverflowError:
            raise forms.ValidationError("There is no such moment in UTC.") from None


class LastMomentFilter(DateTimeFilter):
    field_class = LastMomentField


class EventFilter(FilterSet):
    q = django_filters.CharFilter(
        method="search", max_length=100, help_text="Words of the title, place or description."
    )
    start_date = DateTimeFilter(
        "start_date",
        lookup_expr="gte",
        help_text=f"Begins then or later. {_A_DAY} the day from its first moment on, in UTC.",
    )
    end_date = LastMomentFilter(
        "end_date",
        lookup_expr="lte",
        help_text=f"Ends then or earlier. {_A_DAY} the day up to its last moment, in UTC.",
    )
    mine = BooleanFilter(
        method="of_viewer",
        help_text="Organised by the caller, or with a seat or a place in line of theirs; "
        "or neither. For who is signed in.",
    )
    ordering = OrderingFilter(fields=["start_date", "end_date", "title", "created_at", "id"])

    class Meta:
        model = Event
        fields = ["q", "status", "start_date", "end_date", "mine", "ordering"]

    def search(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return matching(queryset, value)

    def of_viewer(self, queryset: EventQuerySet, name: str, value: bool) -> EventQuerySet:
        theirs = queryset.concerning(Bind("viewer", Event._meta.pk))
        return theirs if value else queryset.exclude(pk__in=theirs.order_by().values("pk"))


class RegistrationFilter(FilterSet):
    checked_in = BooleanFilter(
        "checked_in_at", lookup_expr="isnull", exclude=True, help_text="Has come."
    )
    no_show = BooleanFilter("no_show", help_text="Was registered and did not come.")

    class Meta:
        model = Registration
        fields = ["status", "checked_in", "no_show"]
