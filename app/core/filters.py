from collections.abc import Hashable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django_filters.constants import EMPTY_VALUES
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions

from app.core.statements import Bind


class FilterSet(django_filters.FilterSet):
    """Filters made once for all requests, where django-filter copies them into a form for each."""

    @classmethod
    @cache
    def shared(cls) -> Self:
        model: Any = cls._meta.model  # type: ignore[attr-defined]  # not in the stubs
        return cls(queryset=model._default_manager.none())

    def clean(self, query: Any) -> dict[str, Any]:
        """Answer the values of the filters that the query names. Raises REST's ValidationError."""
        values, errors = {}, {}
        for name, filter_ in self.filters.items():
            raw = filter_.field.widget.value_from_datadict(query, {}, name)
            if raw in EMPTY_VALUES:
                continue
            try:
                value = filter_.field.clean(raw)
            except ValidationError as error:
                errors[name] = error.messages
            else:
                if value not in EMPTY_VALUES:
                    values[name] = value
        if errors:
            raise exceptions.ValidationError(errors)
        return values

    def apply(self, queryset: Any, values: Mapping[str, Any]) -> Any:
        """Filter by the values, cleaned ones or a Bind for one."""
        for name, value in values.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Put a Bind in the place of each value that SQL can be written without."""
        return {
            name: Bind(name, filter_.binds) if isinstance(filter_, _BOUND) else value
            for name, value in values.items()
            for filter_ in [self.filters[name]]
        }

    def key(self, values: Mapping[str, Any]) -> Hashable | None:
        """Answer what the SQL depends on; None for a text, of which there is no end."""
        if any(type(self.filters[name]) is django_filters.CharFilter for name in values):
            return None
        return tuple(
            name if isinstance(value, Bind) else (name, str(value))
            for name, value in self.bound(values).items()
        )


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: what has an address of its own is not looked for."""

    filterset_base = FilterSet

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        filterset_class = getattr(view, "filterset_class", None)
        if filterset_class is None or getattr(view, "detail", False):
            return queryset
        filterset = filterset_class.shared()
        return filterset.apply(queryset, filterset.clean(request.query_params))


class IntegerFilter(django_filters.Filter):
    """A whole number of 64 bits, such as an id: no form that lists all rows, and no 1.5."""

    field_class = forms.IntegerField
    binds = models.BigIntegerField()

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
    binds = models.DateTimeField()


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


class OrderingFilter(django_filters.OrderingFilter):
    """Orders by the id last, so that pages neither repeat nor lose a row among equals."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not (columns := [column for column in value or [] if column]):
            return qs
        ordered = super().filter(qs, columns)
        return ordered.order_by(*ordered.query.order_by, "pk")


# The filters whose value SQL can be written without; they say what the database makes of it.
_BOUND = (IntegerFilter, DateTimeFilter)
