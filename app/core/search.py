"""Full text: rows found by the words that somebody types, and put in order by how well they fit.

On PostgreSQL the words of a row lie beside it in a generated column, and in a GIN index. No model
has the column as a field: Django would read it with every row, and write it back never. On SQLite,
which is for a laptop, the columns themselves are looked into.
"""

import re
import string
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import connections, models
from django.db.backends.ddl_references import Statement, Table
from django.db.models import Case, Func, Q, QuerySet, Value, When

Found = TypeVar("Found", bound="QuerySet[Any, Any]")

COLUMN = "search"

# What PostgreSQL's parser would make hosts, paths, emails, tags and signs of: ada.l_01 is three
# words, <Night-Owls> two, and each is found by itself.
_MARKS, _BLANKS = string.punctuation, " " * len(string.punctuation)
_APART = str.maketrans(_MARKS, _BLANKS)
# Two of them say something in a query: "night owls" is a phrase, -owls is what not to find …
_MEANINGLESS = {mark: blank for mark, blank in _APART.items() if chr(mark) not in '"-'}
# … but for a hyphen that begins no word.
_BARE_HYPHEN = re.compile(r"(?<=\S)-|-(?=[\s-]|$)")


class SearchIndex(models.Index):
    """Makes a model searchable by the columns that have a weight, from A, the highest, to D.

    To add it, or to change its weights, writes the table anew. While it is there, PostgreSQL
    changes the type of none of the columns: a migration that does takes it away first. On SQLite it
    is a plain one, of no use and no harm.
    """

    def __init__(self, *, weights: Mapping[str, str], name: str) -> None:
        super().__init__(fields=[*weights], name=name)
        self.weights = weights

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        del kwargs["fields"]
        return path, args, {**kwargs, "weights": self.weights}

    def create_sql(
        self, model: type[models.Model], schema_editor: Any, using: str = "", **kwargs: Any
    ) -> Statement:
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        columns = {field.name: field.column for field in model._meta.concrete_fields}
        return Statement(
            "ALTER TABLE %(table)s ADD COLUMN %(column)s tsvector"
            " GENERATED ALWAYS AS (%(vector)s) STORED;"
            # A list of what is not in the index yet would be read by each search.
            " CREATE INDEX %(name)s ON %(table)s USING gin (%(column)s) WITH (fastupdate = off)",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            column=COLUMN,
            vector=" || ".join(
                self._vector(schema_editor.quote_name(columns[field]), weight)
                for field, weight in self.weights.items()
            ),
            name=schema_editor.quote_name(self.name),
        )

    def remove_sql(self, model: type[models.Model], schema_editor: Any, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return super().remove_sql(model, schema_editor, **kwargs)
        return Statement(
            "ALTER TABLE %(table)s DROP COLUMN %(column)s",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            column=COLUMN,
        )

    @staticmethod
    def _vector(column: str, weight: str) -> str:
        marks = _MARKS.replace("'", "''")
        words = f"translate(coalesce({column}, ''), '{marks}', '{_BLANKS}')"
        return f"setweight(to_tsvector('simple', {words}), '{weight}')"


class _Vector(Func):
    """The generated column, which Django does not know: it is where the id is."""

    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__("pk")

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any
    ) -> tuple[str, tuple[()]]:
        [pk] = self.get_source_expressions()
        return f"{compiler.quote_name_unless_alias(pk.alias)}.{COLUMN}", ()


class _Query(Func):
    template = "websearch_to_tsquery('simple', %(expressions)s)"
    output_field = models.TextField()


class _TypedQuery(Func):
    """The same, and the last word may be the beginning of one, unless it is one not to find."""

    template = (
        f"regexp_replace({_Query.template}::text, '(^|[^!])(''[^'']+'')$', '\\1\\2:*')::tsquery"
    )
    output_field = models.TextField()


class _Matches(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()


class _Rank(Func):
    # querytree() leaves out the words not to find, which all that is found lacks.
    template = "ts_rank(%(expressions)s)::tsquery)"
    arg_joiner = ", querytree("
    output_field = models.FloatField()


def matching(queryset: Found, text: str) -> Found:
    """Keep the rows that have the words, each whole but for the last one.

    The text is as people type it to search engines: "a phrase", this or that, -without. It may be
    any; one without a word in it matches nothing. On SQLite each word is to be contained in a
    column.
    """
    if _is_postgresql(queryset):
        return queryset.filter(_Matches(_Vector(), _typed(text)))
    return queryset.filter(_contain(_weights(queryset), text))


def with_rank(queryset: Found, text: str) -> Found:
    """Annotate `rank`: how well a row matches the text, as matching() has it. More is better."""
    if _is_postgresql(queryset):
        # A word counts twice when it is there as it was typed: who types cup has Cup before Cupid.
        rank: Any = _Rank(_Vector(), _Query(Value(_meaning(text)))) + _Rank(_Vector(), _typed(text))
        return queryset.annotate(rank=rank)
    best = [column for column, weight in _weights(queryset).items() if weight == "A"]
    return queryset.annotate(rank=Case(When(_contain(best, text), then=1.0), default=0.4))


def _is_postgresql(queryset: Any) -> bool:
    return connections[queryset.db].vendor == "postgresql"


def _typed(text: str) -> Func:
    text = _meaning(text)
    # Whoever closes a quote has finished the word.
    return (_Query if text.endswith('"') else _TypedQuery)(Value(text))


def _meaning(text: str) -> str:
    """Leave to the text what says something, with the words apart as they are in the column."""
    return _BARE_HYPHEN.sub(" ", text.translate(_MEANINGLESS)).strip()


def _weights(queryset: Any) -> Mapping[str, str]:
    [index] = [each for each in queryset.model._meta.indexes if isinstance(each, SearchIndex)]
    return index.weights


def _contain(columns: Iterable[str], text: str) -> Q:
    words = text.translate(_APART).split()
    matches = Q() if words else Q(pk__in=[])
    for word in words:
        matches &= Q(*[Q(**{f"{column}__icontains": word}) for column in columns], _connector=Q.OR)
    return matches
