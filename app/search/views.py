from functools import partial
from typing import Any

from django.http import HttpResponse
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from app.core import response_cache
from app.core.documentation import documented
from app.core.serializers import validated
from app.events.models import Event
from app.search.pagination import SearchPagination
from app.search.querysets import KINDS, find
from app.search.serializers import SearchResultSerializer, SearchSerializer
from app.tournaments.models import Team, Tournament


class SearchView(generics.ListAPIView[Any]):
    serializer_class = SearchResultSerializer
    permission_classes = [AllowAny]
    filter_backends = []
    pagination_class = SearchPagination
    # For nobody, to whom no member is shown.
    cached_on = [Event, Team, Tournament]

    @documented(query=SearchSerializer)
    def get(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Search events, tournaments, teams and members: the best matches first.

        Who is not signed in finds no members, and an event that is a draft is found by its
        organiser and staff alone.
        """
        wanted = validated(SearchSerializer, request.query_params)
        kinds = [wanted["type"]] if wanted.get("type") else KINDS
        search = partial(find, wanted["q"], kinds=kinds, user=request.user)
        return response_cache.answer_to_viewer(request, self.cached_on, lambda: self._page(search))

    def _page(self, search: Any) -> Any:
        assert isinstance(self.paginator, SearchPagination)
        found = self.paginator.page_of(search, self.request)
        results = self.get_serializer(found.results, many=True).data
        return self.get_paginated_response(results).data
