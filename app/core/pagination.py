"""Pages by number for what stays small, by cursor for what grows for ever."""

from typing import Any

from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from app.core.listing import Listing, Rows

# Counting takes PostgreSQL 45 ns a row: what is longer is estimated, unless it is asked for.
COUNTED = 5_000
NO_SUCH_PAGE = "There is no such page."


class Pagination(pagination.PageNumberPagination):
    """Pages by number, whose links say at which id to go on.

    PostgreSQL reads all the rows that it skips, and none when it is told where to begin. A page
    that is asked for by its number alone is skipped to.
    """

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def answer(self, listing: Listing, request: Request) -> dict[str, Any]:
        """Answer the page that the request names. Raises NotFound when there is none."""
        size = self.get_page_size(request) or self.page_size
        number = _number(listing, request, size)
        side, anchor = _anchor(listing, request)
        exact = _wants_exact(request)
        # One row more than is shown tells whether there is another page.
        found = _beside(listing, side, anchor, size + 1) if side else []
        if side == "before" and not found:
            side, number = "", 1  # all that was before has gone, so this is where the list begins
        if not side and number == 1:
            found = listing.rows(size, lambda queryset: queryset[: size + 1])
        elif not side and not (found := _skip(listing, (number - 1) * size, size + 1)):
            raise exceptions.NotFound(NO_SUCH_PAGE)
        rows, has_more = found[:size], len(found) > size
        if side == "before":
            rows.reverse()

        if not side and not has_more:
            count, is_estimate = (number - 1) * size + len(rows), False
        else:
            count, is_estimate = _count(listing, exact=exact)
        has_next = has_more or side == "before"
        has_previous = has_more if side == "before" else bool(side) or number > 1
        ends = (rows[0]["id"], rows[-1]["id"]) if rows and listing.by_id else (None, None)
        return {
            "count": count,
            **({"count_is_estimate": True} if is_estimate else {}),
            "next": _link(request, number + 1, after=ends[1]) if has_next else None,
            "previous": _link(request, number - 1, before=ends[0]) if has_previous else None,
            "results": rows,
        }

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = super().get_paginated_response_schema(schema)
        properties = answer["properties"]
        properties["count"]["description"] = "Exact, unless `count_is_estimate` is there."
        properties["count_is_estimate"] = {
            "type": "boolean",
            "description": "There, and true, where the count is one.",
        }
        return answer

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        integer, text = {"type": "integer"}, {"type": "string", "enum": ["exact"]}
        documented = {
            "after": (integer, "The id before the page, instead of its number, as `next` has it."),
            "before": (integer, "The id behind the page, as `previous` has it."),
            "count": (text, f"Count beyond {COUNTED:,} as well: the more there are, the slower."),
        }
        return super().get_schema_operation_parameters(view) + [
            {"name": name, "in": "query", "required": False, "description": words, "schema": schema}
            for name, (schema, words) in documented.items()
        ]


def _number(listing: Listing, request: Request, size: int) -> int:
    raw = request.query_params.get("page") or "1"
    if raw == "last":
        return max(1, -(-listing.count() // size))
    # A page further on would begin beyond 2^63, where the database's numbers end.
    if not (number := _integer(raw, 2**56)):
        raise exceptions.NotFound(NO_SUCH_PAGE)
    return number


def _anchor(listing: Listing, request: Request) -> tuple[str, int]:
    """Answer after or before, and the id; nothing where the list is not in the order of ids."""
    for side in ("after", "before"):
        if not (raw := request.query_params.get(side)):
            continue
        if (anchor := _integer(raw, 2**63)) is None:
            raise exceptions.ValidationError({side: ["This is not an id."]})
        if listing.by_id:
            return side, anchor
    return "", 0


def _integer(raw: str, below: int) -> int | None:
    # The length first: Python refuses to read thousands of digits.
    plain = raw.isascii() and raw.isdecimal() and len(raw) < 20
    return number if plain and (number := int(raw)) < below else None


def _beside(listing: Listing, side: str, anchor: int, limit: int) -> Rows:
    """Answer the rows after the id, or before it from the nearest on."""
    smaller = (listing.by_id == "-id") == (side == "after")

    def select(queryset: Any, anchor: Any) -> Any:
        found = queryset.filter(**{"pk__lt" if smaller else "pk__gt": anchor})
        return (found if side == "after" else found.reverse())[:limit]

    return listing.rows((side, limit), select, anchor=anchor)


def _skip(listing: Listing, offset: int, limit: int) -> Rows:
    """Answer the rows from the offset on.

    What is skipped is read for its ids alone: with all that hangs on a row it takes eight times as
    long.
    """
    return listing.rows(
        None,
        lambda queryset: queryset.filter(pk__in=queryset.values("pk")[offset : offset + limit]),
    )


def _wants_exact(request: Request) -> bool:
    wish = request.query_params.get("count", "")
    if wish not in {"", "exact"}:
        raise exceptions.ValidationError({"count": ["Say exact, or leave it out."]})
    return bool(wish)


def _count(listing: Listing, *, exact: bool) -> tuple[int, bool]:
    """Answer how many rows there are, and whether that is an estimate."""
    if exact:
        return listing.count(), False
    # What was long the last time is likely to be so still, and need not be counted to see it.
    estimate = listing.estimate() if listing.overflowed(COUNTED + 1) else None
    if estimate is None or estimate <= 2 * COUNTED:
        counted = listing.count(COUNTED + 1)
        if counted <= COUNTED:
            return counted, False
        estimate = estimate or listing.estimate()
    return (listing.count(), False) if estimate is None else (max(estimate, COUNTED + 1), True)


def _link(request: Request, number: int, **anchor: int | None) -> str:
    url: str = request.build_absolute_uri()
    for name in ("page", "after", "before"):
        url = remove_query_param(url, name)
    for name, value in {"page": number if number > 1 else None, **anchor}.items():
        if value is not None:
            url = replace_query_param(url, name, value)
    return url


class CursorPagination(pagination.CursorPagination):
    """Order by a unique column, which then is the cursor's position."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except ValueError:
            # The position inside a cursor comes from the caller, who may have made it up.
            raise exceptions.NotFound(self.invalid_cursor_message) from None
