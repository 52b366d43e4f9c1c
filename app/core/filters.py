from typing import Any

import django_filters
from django import forms
from django_filters.rest_framework import DjangoFilterBackend


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: what has an address of its own is not looked for."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        if getattr(view, "detail", False):
            return queryset
        return super().filter_queryset(request, queryset, view)


class IntegerFilter(django_filters.Filter):
    """A whole number, such as an id: no form that lists all rows, and no 1.5."""

    field_class = forms.IntegerField


class StrictBooleanField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce="true".__eq__, empty_value=None, **kwargs)


class BooleanFilter(django_filters.BooleanFilter):
    """true or false, and an error for anything else, which django-filter's own ignores."""

    field_class = StrictBooleanField  # type: ignore[assignment]
