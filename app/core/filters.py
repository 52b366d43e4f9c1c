from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: what has an address of its own is not looked for."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        if getattr(view, "detail", False):
            return queryset
        return super().filter_queryset(request, queryset, view)


class IntegerFilter(django_filters.Filter):
    """A whole number of 64 bits, such as an id: no form that lists all rows, and no 1.5."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=-(2**63), max_value=2**63 - 1, **kwargs)


class StrictBooleanField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce="true".__eq__, empty_value=None, **kwargs)


class BooleanFilter(django_filters.BooleanFilter):
    """true or false, and an error for anything else, which django-filter's own ignores."""

    field_class = StrictBooleanField  # type: ignore[assignment]


class MomentField(IsoDateTimeField):
    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            raise forms.ValidationError("There is no such moment in UTC.") from None


class DateTimeFilter(django_filters.IsoDateTimeFilter):
    """A time in ISO 8601, which reaches the database in UTC: it takes not every offset."""

    field_class = MomentField


class OrderingFilter(django_filters.OrderingFilter):
    """Orders by the id last, so that pages neither repeat nor lose a row among equals."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not (columns := [column for column in value or [] if column]):
            return qs
        ordered = super().filter(qs, columns)
        return ordered.order_by(*ordered.query.order_by, "pk")
