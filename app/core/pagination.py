"""Pages by number for what stays small, by cursor for what grows for ever."""

from typing import Any

from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.views import APIView


class Pagination(pagination.PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


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
