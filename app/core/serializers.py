from collections.abc import Callable
from copy import deepcopy
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

from app.core.models import SystemSettings

M = TypeVar("M", bound=Model)
Reader = Callable[[Any], Any]


# Finds out once what its fields are and how a row is read, where REST framework does for each. A
# row is read so when its fields are the plain ones that _plain knows; a serializer with any other,
# such as a method or a dotted source, is read by REST framework. No docstring: the schema shows it.
class ModelSerializer(serializers.ModelSerializer[M]):
    def get_fields(self) -> dict[str, Any]:
        # Copies of what was once made of the model, which takes longer than to copy.
        return deepcopy(_fields(type(self)))

    def to_representation(self, instance: M) -> dict[str, Any]:
        readers = _readers(type(self))
        if readers is None:
            row: dict[str, Any] = super().to_representation(instance)
            return row
        return {name: read(instance) for name, read in readers.items()}


@cache
def _fields(serializer: type[ModelSerializer[Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = super(ModelSerializer, serializer()).get_fields()
    return fields


class IdField(serializers.IntegerField):
    """The id of a row, as far as the database can count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


@cache
def _readers(serializer: type[ModelSerializer[Any]]) -> dict[str, Reader] | None:
    """Answer a reader for each field, or None if a field needs more than the row."""
    readers = {field.field_name or "": _plain(field) for field in serializer()._readable_fields}
    plain = {name: reader for name, reader in readers.items() if reader is not None}
    return plain if len(plain) == len(readers) else None


# How a value that is not None is written; None means as it is, for what the renderer knows.
_WRITERS: dict[Any, Reader | None] = {
    # The setting that would make strings of numbers is off.
    serializers.BigIntegerField.to_representation: None,
    serializers.BooleanField.to_representation: None,
    serializers.CharField.to_representation: str,
    serializers.ChoiceField.to_representation: str,
    serializers.DateTimeField.to_representation: None,
    serializers.IntegerField.to_representation: None,
}


def _plain(field: serializers.Field[Any, Any, Any, Any]) -> Reader | None:
    source = field.source or ""
    if "." in source or source == "*":
        return None
    if type(field) is serializers.PrimaryKeyRelatedField and field.pk_field is None:
        return attrgetter(f"{source}_id")
    if isinstance(field, serializers.BaseSerializer):
        inner: Any = type(getattr(field, "child", field))
        # One that adds to how it is read may ask who is looking, which this copy does not know.
        plain = inner.to_representation is ModelSerializer.to_representation and _readers(inner)
        return _optional(source, field.to_representation) if plain else None
    if type(field) is serializers.ListField:
        return attrgetter(source) if _plain(field.child) else None
    written = type(field).to_representation
    if written not in _WRITERS:
        return None
    writer = _WRITERS[written]
    return attrgetter(source) if writer is None else _optional(source, writer)


def _optional(source: str, write: Reader) -> Reader:
    get = attrgetter(source)

    def read(instance: Any) -> Any:
        value = get(instance)
        return None if value is None else write(value)

    return read


class SystemSettingsSerializer(ModelSerializer[SystemSettings]):
    class Meta:
        model = SystemSettings
        fields = ["site_name", "timezone"]


class HealthSerializer(serializers.Serializer[dict[str, str]]):
    status = serializers.ChoiceField(choices=["ok", "unavailable"])
    version = serializers.CharField()
    database = serializers.ChoiceField(choices=["ok", "unavailable"])
    cache = serializers.ChoiceField(choices=["ok", "unavailable"])


class ErrorSerializer(serializers.Serializer[dict[str, str]]):
    detail = serializers.CharField(help_text="What is wrong, for people.")
    code = serializers.CharField(help_text="What is wrong, for programs.")


class ValidationErrorSerializer(serializers.Serializer[dict[str, object]]):
    error = serializers.CharField()
    code = serializers.CharField(help_text="What is wrong, for programs.")
    details = serializers.DictField(help_text="What is wrong, as sentences by field.")
