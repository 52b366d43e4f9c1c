"""Querysets turned into SQL once, and run many times with other values.

Building a queryset and its SQL takes Django longer than PostgreSQL takes to answer it.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import get_related_populators

from app.core import replica
from app.core.postgresql import Prepared

# Far more than there are lists and ways to filter them; what goes beyond is somebody playing.
KEPT = 1000

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Mapping[str, Any]


class Bind(Expression):
    """Stands in a queryset for a value that is known when the statement runs."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def __repr__(self) -> str:
        return f"Bind({self.name!r})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class Statement:
    """A queryset's SQL, with a Bind for each value that it takes."""

    overflowed = False
    """For who counts: whether there were more rows than wanted, the last time."""

    def __init__(self, queryset: "QuerySet[Any, Any]", *, prepare: bool = False) -> None:
        """Compile it, to be prepared if it has one good plan in spite of several values."""
        self.using = queryset.db
        self.compiler = queryset.query.get_compiler(self.using)
        try:
            sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:  # whatever the values, there is no such row
            self.sql = ""
            return
        # A value that is no Bind, such as a status, is rare or common: its plan is its own.
        binds = sum(isinstance(param, Bind) for param in self.params)
        self.sql = Prepared(sql) if prepare or len(self.params) == binds <= 1 else sql
        columns = [column[0] for column in self.compiler.select]
        self.converters = self.compiler.get_converters(columns)

    def rows(self, values: Values) -> list[Row]:
        """Run it with the values by their Bind's name."""
        if not self.sql:
            return []
        rows = self._fetch(self.sql, values)
        if self.converters:
            return list(map(tuple, self.compiler.apply_converters(rows, self.converters)))
        return rows

    def instances(self, values: Values) -> list[Any]:
        """Answer its rows as the model's instances, with what select_related() brings along."""
        model, columns, names, populators = self._of_instances
        found = []
        for row in self.rows(values):
            instance = model.from_db(self.using, names, row[columns])
            for populator in populators:
                populator.populate(row, instance)
            found.append(instance)
        return found

    @cached_property
    def _of_instances(self) -> tuple[Any, slice, list[str], list[Any]]:
        # As Django's ModelIterable, which does it for each query.
        info, select = self.compiler.klass_info, self.compiler.select
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column[0].target.attname for column in select[columns]]
        # The stubs know it in Django 6's form.
        populators = get_related_populators(info, select, self.using)  # type: ignore[call-arg]
        return info["model"], columns, names, populators

    def count(self, values: Values) -> int:
        """Count its rows."""
        if not self.sql:
            return 0
        sql = f"SELECT COUNT(*) FROM ({self.sql}) counted"  # noqa: S608 - Django's own SQL
        count: int = self._fetch(type(self.sql)(sql), values)[0][0]
        return count

    def estimate(self, values: Values) -> int | None:
        """Answer how many rows PostgreSQL expects, by its statistics; None from other databases."""
        if not self.sql or connections[self.using].vendor != "postgresql":
            return None
        plan = self._fetch(f"EXPLAIN (FORMAT JSON) {self.sql}", values)[0][0]
        rows: int = plan[0]["Plan"]["Plan Rows"]
        return rows

    def _fetch(self, sql: str, values: Values) -> list[Row]:
        connection = connections[replica.alias()]
        params = [
            p.output_field.get_db_prep_value(values[p.name], connection)
            if isinstance(p, Bind)
            else p
            for p in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[Row] = cursor.fetchall()
            return rows


_kept: dict[Hashable, Any] = {}


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """Answer what was made under that key, and make it when it is asked for first."""
    found: T | None = _kept.get(key)
    if found is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        found = _kept[key] = make()
    return found
