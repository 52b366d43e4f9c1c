from typing import cast

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import BaseSerializer

from app.accounts.models import User
from app.core.documentation import documented
from app.core.permissions import IsOrganiserOrReadOnly
from app.core.serializers import validated
from app.core.throttles import WritesThrottled
from app.core.viewsets import ModelViewSet
from app.tournaments import services
from app.tournaments.errors import (
    GameDeleted,
    MatchTaken,
    ResultsFollowed,
    SeriesNotReady,
    TournamentNotRunning,
    TournamentNotStarted,
)
from app.tournaments.filters import GameFilter
from app.tournaments.models import Game, Team
from app.tournaments.serializers import ForceSerializer, GameSerializer

_CONFLICTS = [
    MatchTaken,
    SeriesNotReady,
    ResultsFollowed,
    TournamentNotStarted,
    TournamentNotRunning,
]


class GameViewSet(WritesThrottled, ModelViewSet[Game]):
    """A game is the organiser's of its tournament to write, and staff's.

    Those of a series make its score, and end it, unless people have said its result. Lists begin
    with the newest.
    """

    serializer_class = GameSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = GameFilter
    lookup_value_converter = "int"
    cached_on = [Game, Team]
    throttle_scope = "tournaments"
    # A series takes so many games and no more, until one of them is changed or deleted.
    throttled_methods = frozenset({"PUT", "PATCH", "DELETE"})

    def get_queryset(self) -> QuerySet[Game]:
        if self.request.method in SAFE_METHODS:
            return Game.objects.with_teams()
        return Game.objects.select_related("tournament", "radiant", "dire")

    @documented(query=ForceSerializer, errors=_CONFLICTS)
    def perform_create(self, serializer: BaseSerializer[Game]) -> None:
        self.check_object_permissions(self.request, serializer.validated_data["radiant"].tournament)
        serializer.instance = services.create_game(order=self._order(), **serializer.validated_data)

    @documented(query=ForceSerializer, errors=[*_CONFLICTS, GameDeleted])
    def perform_update(self, serializer: BaseSerializer[Game]) -> None:
        assert serializer.instance is not None
        serializer.instance = services.update_game(
            game=serializer.instance, order=self._order(), **serializer.validated_data
        )

    @documented(query=ForceSerializer, errors=[*_CONFLICTS, GameDeleted])
    def perform_destroy(self, instance: Game) -> None:
        """Its series goes by the games that are left."""
        services.delete_game(game=instance, order=self._order())

    def _order(self) -> "services.Order":
        force = validated(ForceSerializer, self.request.query_params)["force"]
        return services.Order(actor=cast(User, self.request.user), force=force)
