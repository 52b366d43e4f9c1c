"""The rows of a list, as a request has filtered it."""

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias, TypeVar

from app.core.serializers import Shape
from app.core.statements import Bind, Statement, Values, kept

T = TypeVar("T")
Rows: TypeAlias = list[dict[str, Any]]
Select: TypeAlias = Callable[..., Any]


class Listing:
    """The rows of a list as a request has filtered it, and how they are written.

    What is made of the queryset is kept by the `key`, which tells lists of another form apart; None
    keeps nothing.
    """

    def __init__(
        self,
        queryset: Callable[[Values], Any],
        *,
        values: Values,
        bound: Values,
        binds: Values,
        key: Hashable | None,
        shape: Shape | None,
        write: Callable[[Any], dict[str, Any]],
    ) -> None:
        """Take what filters the rows by values, the values, and the same with what is bound.

        `binds` are the values of what the queryset binds by itself.
        """
        self._queryset, self._values, self._bound = queryset, values, bound
        self._bind_values = {**values, **binds}
        self._key, self._shape, self._write = key, shape, write

    def rows(self, form: Hashable, select: Select, **values: Any) -> Rows:
        """Answer the rows that `select` takes of the queryset, by those values.

        `form` tells one select from another; None is for one that is not worth keeping.
        """
        if self._shape is None:
            found = select(self._queryset(self._values), **values)
            return [self._write(instance) for instance in found]
        columns = self._shape.columns

        def narrow(queryset: Any) -> Any:
            binds = {name: Bind(name, queryset.model._meta.pk) for name in values}
            return select(queryset, **binds).values_list(*columns)

        statement = self._statement(form, narrow)
        return self._shape.of_rows(statement.rows({**self._bind_values, **values}))

    def count(self, most: int | None = None) -> int:
        """Count the rows, and stop at `most`."""
        statement = self._counting(most)
        counted = statement.count(self._bind_values)
        statement.overflowed = counted == most
        return counted

    def overflowed(self, most: int) -> bool:
        """Tell whether a list of this form was stopped at `most`, the last time."""
        return self._counting(most).overflowed

    def _counting(self, most: int | None) -> Statement:
        return self._statement(("count", most), lambda queryset: _ids(queryset)[:most])

    def estimate(self) -> int | None:
        return self._statement("estimate", _ids).estimate(self._bind_values)

    @property
    def by_id(self) -> str:
        """The order if it is that of the ids, id or -id; else nothing."""
        return self._kept("order", lambda: _order(self._queryset(self._bound)))

    def _statement(self, form: Hashable, select: Select) -> Statement:
        return self._kept(form, lambda: Statement(select(self._queryset(self._bound))))

    def _kept(self, form: Hashable, make: Callable[[], T]) -> T:
        if self._key is None or form is None:
            return make()
        return kept((self._key, form), make)


def _ids(queryset: Any) -> Any:
    return queryset.order_by().values_list("pk")


def _order(queryset: Any) -> str:
    # What comes after the id decides nothing.
    first = (*(queryset.query.order_by or queryset.model._meta.ordering), "")[0]
    return first if first in {"id", "-id"} else ""
