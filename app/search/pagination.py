from collections.abc import Callable
from typing import Any

from django.core import paginator
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from app.core.pagination import NO_SUCH_PAGE, Pagination
from app.search.querysets import MOST, Page


class SearchPagination(Pagination):
    """Pages by number alone: what is in the order of its rank has no id to go on at."""

    def page_of(self, find: Callable[..., Page], request: Request) -> Page:
        """Find the page that the request names. Raises NotFound when there is none."""
        size = self.get_page_size(request) or self.page_size
        raw = request.query_params.get("page") or "1"
        # A page further on would begin beyond 2^63, where the database's numbers end.
        number = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 17 else 0
        found = find(offset=(number - 1) * size, limit=size) if number else Page([], 0)
        if number != 1 and not found.results:
            raise exceptions.NotFound(NO_SUCH_PAGE)
        # What REST framework makes the links of.
        pages = paginator.Paginator(range(found.total), size)
        self.request, self.page = request, paginator.Page(found.results, number, pages)
        return found

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        answer = super().get_paginated_response_schema(schema)
        answer["properties"].pop("count_is_estimate")
        answer["properties"]["count"]["description"] = (
            f"Of each type the newest {MOST:,} that match are found and counted."
        )
        return answer

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        others = {"after", "before", "count"}
        return [p for p in super().get_schema_operation_parameters(view) if p["name"] not in others]
