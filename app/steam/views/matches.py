from typing import Any

from django.db.models import Prefetch
from rest_framework.permissions import AllowAny
from rest_framework.serializers import BaseSerializer

from app.accounts.models import User
from app.core.pagination import CursorPagination
from app.core.viewsets import ReadOnlyModelViewSet
from app.steam.filters import MatchFilter
from app.steam.models import Match, MatchPlayer
from app.steam.querysets import MatchQuerySet
from app.steam.serializers import MatchListSerializer, MatchSerializer

# Of tournaments, which build on steam and are not to be imported here.
Game: Any = Match._meta.get_field("games").related_model


class MatchPagination(CursorPagination):
    ordering = "-match_id"


class MatchViewSet(ReadOnlyModelViewSet[Match]):
    """Dota 2 matches that members played, as Steam recorded them. The newest come first."""

    permission_classes = [AllowAny]
    pagination_class = MatchPagination
    filterset_class = MatchFilter
    cached_on = [Match, MatchPlayer, User, Game]
    lookup_field = "match_id"
    lookup_value_converter = "int"

    def get_queryset(self) -> MatchQuerySet:
        players = MatchPlayer.objects.select_related("member")
        if self.action == "list":
            members = players.exclude(member=None)
            return Match.objects.prefetch_related(Prefetch("players", members, "members"))
        return Match.objects.prefetch_related(Prefetch("players", players))

    def get_serializer_class(self) -> type[BaseSerializer[Match]]:
        return MatchListSerializer if self.action == "list" else MatchSerializer
