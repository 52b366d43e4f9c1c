"""Whether PostgreSQL finds what a request asks for, or reads a table from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from django.db import connection

from app.core.postgresql import Prepared

Node: TypeAlias = dict[str, Any]

# A scan that a LIMIT ends is as short as its answer if it keeps so much of what it reads.
_MOST = 0.75

_ROWS = """
    SELECT array_agg(reltuples ORDER BY place)
    FROM unnest(%s::text[]) WITH ORDINALITY AS named (name, place)
    JOIN pg_class ON oid = name::regclass
"""


class Step(NamedTuple):
    sql: str
    whole: list[str]
    """The tables that a plan of it reads from end to end, in their own order or that of an index
    with most of their rows.
    """
    indexes: list[str]
    """By which it finds its rows; a table's own name where that is read from end to end."""


@contextmanager
def explained() -> Iterator[list[Step]]:
    """Explain each statement that Django runs meanwhile, as it is about to be run."""
    steps: list[Step] = []

    def explain(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        step = Step(sql, [], [])
        if re.match(r"\s*\(?(SELECT|INSERT|UPDATE|DELETE)\s", sql):
            with context["connection"].connection.cursor() as cursor:
                for plan in [*_plans(cursor, sql, params[0] if many else params)]:
                    step.whole.extend(_whole(cursor, plan))
                    step.indexes.extend(_indexes(plan))
        steps.append(step)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield steps


def _plans(cursor: Any, sql: str, params: Any) -> Iterator[Node]:
    """Answer the plan for these values, and of what is prepared the one for any."""
    yield _explain(cursor, sql, params)
    if isinstance(sql, Prepared):
        numbers = iter(range(1, len(params) + 1))
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql)
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE explained AS {numbered}")
        any_values = f"({', '.join(['NULL'] * len(params))})" if params else ""
        yield _explain(cursor, f"EXECUTE explained{any_values}")
        cursor.execute("DEALLOCATE explained")
        cursor.execute("RESET plan_cache_mode")


def _explain(cursor: Any, sql: str, params: Any = None) -> Node:
    cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
    plan: Node = cursor.fetchone()[0][0]["Plan"]
    return plan


def _whole(cursor: Any, node: Node, *, limited: bool = False) -> Iterator[str]:
    kind: str = node["Node Type"]
    if kind == "Seq Scan" or (kind.startswith("Index ") and "Index Cond" not in node):
        table: str = node["Relation Name"]
        # An index may have only some of the rows: how many rows there are, and how many it has.
        names = [table, node.get("Index Name", table)]
        cursor.execute(_ROWS, [names])
        [[rows, read]] = cursor.fetchone()
        is_few = 0 <= read < (1 - _MOST) * rows
        if not is_few and (not limited or node["Plan Rows"] < _MOST * read):
            yield table
    for below in node.get("Plans", ()):
        still = kind == "Limit" or (limited and kind in {"Nested Loop", "LockRows"})
        yield from _whole(cursor, below, limited=still)


def _indexes(node: Node) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    elif "Index Name" in node:
        yield node["Index Name"]
    for below in node.get("Plans", ()):
        yield from _indexes(below)
