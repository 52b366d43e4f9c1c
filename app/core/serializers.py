from collections.abc import Callable, Iterable, Sequence
from copy import copy, deepcopy
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import Model
from rest_framework import serializers

from app.core.models import SystemSettings

M = TypeVar("M", bound=Model)

_NESTING = (serializers.BaseSerializer, serializers.ListField, serializers.DictField)


class Shape(NamedTuple):
    """How a serializer writes, compiled from its fields to Python."""

    of_instance: Callable[[Any], dict[str, Any]]
    columns: tuple[str, ...]
    """What of_rows wants to be selected; nothing when a row is not enough."""
    of_rows: Callable[[Iterable[Sequence[Any]]], list[dict[str, Any]]]


# Finds out once what its fields are and how they are written, where REST framework does for each
# row; so they are the same for every request. Only plain fields are known to _write: a serializer
# with any other, such as a method or a dotted source, is left to REST framework. What Meta names as
# `derived` is left out: the view adds it, for all rows at once. No docstring, as the schema would
# show it.
class ModelSerializer(serializers.ModelSerializer[M]):
    def get_fields(self) -> dict[str, Any]:
        # Copies of what was once made of the model, which takes longer than to copy. Of a field
        # with others inside, those must know which one they are in.
        return {
            name: deepcopy(field) if isinstance(field, _NESTING) else copy(field)
            for name, field in _fields(type(self)).items()
        }

    def get_validators(self) -> list[Any]:
        # Not REST framework's, made of the model's constraints: those decide by themselves, and a
        # service puts what they say into words.
        return list(getattr(self.Meta, "validators", ()))

    def to_representation(self, instance: M) -> dict[str, Any]:
        shape = shape_of(type(self))
        if shape is None:
            row: dict[str, Any] = super().to_representation(instance)
            return row
        return shape.of_instance(instance)


@cache
def _fields(serializer: type[ModelSerializer[Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = super(ModelSerializer, serializer()).get_fields()
    return fields


class IdField(serializers.IntegerField):
    """The id of a row, as far as the database can count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class _NotPlain(Exception):
    """A field needs more than its value to be written."""


@cache
def shape_of(serializer: Any) -> Shape | None:
    """Compile the serializer; None if a field of it is not plain, or it has a way of its own."""
    if serializer.to_representation is not ModelSerializer.to_representation:
        return None
    names: dict[str, Any] = {"text": _text, "each": _each}
    try:
        of_instance = _write(serializer, "instance", names, None)
    except _NotPlain:
        return None
    columns: list[str] = []
    try:
        of_row = _write(serializer, "", names, columns)
    except _NotPlain:
        columns, of_row = [], "{}"
    # The source is made of the names of attributes, which are ours; as dataclasses' __init__ is.
    return Shape(
        eval(f"lambda instance: {of_instance}", names),  # noqa: S307
        tuple(columns),
        eval(f"lambda rows: [{of_row} for row in rows]", names),  # noqa: S307
    )


def _write(
    serializer: type[ModelSerializer[Any]],
    path: str,
    names: dict[str, Any],
    columns: list[str] | None,
) -> str:
    """Answer the source of the dictionary that the serializer makes.

    The source reads the attributes of an instance, at the path, or the values of a `row` where
    there is a list to put its columns into. Raises _NotPlain.
    """
    model: Any = serializer.Meta.model

    def value(source: str) -> str:
        if columns is None:
            return f"{path}.{source}"
        column = f"{path}{source}"
        if column not in columns:
            columns.append(column)
        return f"row[{columns.index(column)}]"

    def write(field: serializers.Field[Any, Any, Any, Any]) -> str:
        source = field.source or ""
        if "." in source or source == "*":
            raise _NotPlain
        if type(field) is serializers.PrimaryKeyRelatedField and field.pk_field is None:
            return value(f"{source}_id")
        if isinstance(field, ModelSerializer):
            inner = path + (f"{source}__" if columns is not None else f".{source}")
            if type(field).to_representation is not ModelSerializer.to_representation:
                raise _NotPlain
            written = _write(type(field), inner, names, columns)
            return f"None if {value(f'{source}_id')} is None else {written}"
        if isinstance(field, serializers.ListSerializer):
            if columns is not None or not isinstance(field.child, ModelSerializer):
                raise _NotPlain
            if (inner_shape := shape_of(type(field.child))) is None:
                raise _NotPlain
            name = f"of_{len(names)}"
            names[name] = inner_shape.of_instance
            return f"each({name}, {value(source)})"
        column, writer = _column(serializer, source), _writer(field)
        if column is None and (columns is not None or callable(getattr(model, source, None))):
            raise _NotPlain
        if columns is not None and isinstance(column, models.CharField | models.TextField):
            if writer != "text({})":
                raise _NotPlain
            return value(source)  # out of the database, text is nothing else
        return writer.format(value(source))

    derived = getattr(serializer.Meta, "derived", ())
    fields = {
        field.field_name: write(field)
        for field in serializer()._readable_fields
        if field.field_name not in derived
    }
    return "{" + ", ".join(f"{name!r}: {source}" for name, source in fields.items()) + "}"


# How the value of a field is written, by the method of REST framework's that it stands for. Times
# are left to the renderer; the setting that would make strings of numbers is off.
_WRITERS: dict[Any, str] = {
    serializers.BigIntegerField.to_representation: "{}",
    serializers.BooleanField.to_representation: "{}",
    serializers.CharField.to_representation: "text({})",
    serializers.ChoiceField.to_representation: "text({})",
    serializers.DateTimeField.to_representation: "{}",
    serializers.IntegerField.to_representation: "{}",
    serializers.JSONField.to_representation: "{}",
}


def _writer(field: serializers.Field[Any, Any, Any, Any]) -> str:
    if isinstance(field, serializers.ListField) and _writer(field.child) == "{}":
        return "{}"
    plain = not (
        (isinstance(field, serializers.DateTimeField) and getattr(field, "format", None))
        or (isinstance(field, serializers.ChoiceField) and not all(map(_is_text, field.choices)))
    )
    if not plain or type(field).to_representation not in _WRITERS:
        raise _NotPlain
    return _WRITERS[type(field).to_representation]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _each(write: Callable[[Any], Any], related: Any) -> list[Any]:
    return list(map(write, related.all() if isinstance(related, models.Manager) else related))


def _column(serializer: type[ModelSerializer[Any]], source: str) -> Any:
    """Answer the model's field of that name, or of that id; None for a property."""
    model: Any = serializer.Meta.model
    fields = {
        name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)
    }
    return fields.get(source)


def validated(serializer: type[serializers.BaseSerializer[Any]], data: Any) -> dict[str, Any]:
    """Answer what the serializer makes of the data. Raises ValidationError, by field."""
    instance = serializer(data=data)
    instance.is_valid(raise_exception=True)
    found: dict[str, Any] = instance.validated_data
    return found


class SystemSettingsSerializer(ModelSerializer[SystemSettings]):
    example = {"site_name": "Guildhall", "timezone": "Europe/Berlin"}

    class Meta:
        model = SystemSettings
        fields = ["site_name", "timezone"]


class LivenessSerializer(serializers.Serializer[dict[str, Any]]):
    example: dict[str, Any] = {"status": "ok", "version": "1.4.0", "revision": "5103dcb"}

    status = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()
    revision = serializers.CharField(help_text="The commit that it was made of.")


class ReadinessSerializer(serializers.Serializer[dict[str, Any]]):
    example: dict[str, Any] = LivenessSerializer.example | {
        "database": "ok",
        "cache": "ok",
        "migrations": "ok",
        "queue": "ok",
        "queue_age": 41,
    }

    status = serializers.ChoiceField(choices=["ok", "degraded", "unavailable"])
    version = serializers.CharField()
    revision = serializers.CharField(help_text="The commit that it was made of.")
    database = serializers.ChoiceField(choices=["ok", "unavailable"])
    cache = serializers.ChoiceField(choices=["ok", "unavailable"])
    migrations = serializers.ChoiceField(choices=["ok", "pending", "unknown"])
    queue = serializers.ChoiceField(
        choices=["ok", "late", "unknown", "none"],
        help_text="none: tasks run where they are enqueued.",
    )
    queue_age = serializers.IntegerField(
        allow_null=True,
        help_text="Seconds since the task was enqueued that is the last one to have been run.",
    )


class UnreadySerializer(ReadinessSerializer):
    example = ReadinessSerializer.example | {
        "status": "unavailable",
        "database": "unavailable",
        "migrations": "unknown",
    }


class DetailSerializer(serializers.Serializer[dict[str, str]]):
    example = {"detail": "A mail is on its way."}

    detail = serializers.CharField(help_text="What was done, for people.")


class ErrorSerializer(serializers.Serializer[dict[str, str]]):
    example = {
        "detail": "There is nothing here, or nothing that you may see.",
        "code": "not_found",
    }

    detail = serializers.CharField(help_text="What is wrong, for people.")
    code = serializers.CharField(help_text="What is wrong, for programs.")


class ValidationErrorSerializer(serializers.Serializer[dict[str, object]]):
    example = {
        "error": "Validation Error",
        "code": "invalid",
        "details": {"username": ["This username is taken."]},
    }

    error = serializers.CharField()
    code = serializers.CharField(help_text="What is wrong, for programs.")
    details = serializers.DictField(help_text="What is wrong, as sentences by field.")
