from typing import Any, cast

from django.db.models import Model, QuerySet
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import BaseSerializer

from app.accounts.models import User
from app.core.documentation import documented
from app.core.permissions import IsOrganiserOrReadOnly
from app.core.viewsets import ModelViewSet
from app.tournaments import services
from app.tournaments.errors import TeamHasPlayed
from app.tournaments.filters import GameFilter, TeamFilter, TournamentFilter
from app.tournaments.models import Game, Team, Tournament
from app.tournaments.serializers import GameSerializer, TeamSerializer, TournamentSerializer


class TournamentViewSet(ModelViewSet[Tournament]):
    """A tournament is its organiser's to change, and staff's."""

    serializer_class = TournamentSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = TournamentFilter
    lookup_value_converter = "int"
    cached_on = [Tournament, User]

    def get_queryset(self) -> QuerySet[Tournament]:
        return Tournament.objects.select_related("organiser")

    def perform_create(self, serializer: BaseSerializer[Tournament]) -> None:
        """Whoever does is its organiser."""
        serializer.instance = services.create_tournament(
            organiser=cast(User, self.request.user), **serializer.validated_data
        )

    def perform_update(self, serializer: BaseSerializer[Tournament]) -> None:
        serializer.instance = services.update_tournament(
            tournament=_instance(serializer), **serializer.validated_data
        )

    def perform_destroy(self, instance: Tournament) -> None:
        """Its teams and games go with it."""
        services.delete_tournament(tournament=instance)


class TeamViewSet(ModelViewSet[Team]):
    """A team is the organiser's of its tournament to write, and staff's."""

    serializer_class = TeamSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = TeamFilter
    lookup_value_converter = "int"
    cached_on = [Team]

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.select_related("tournament", "captain")

    def perform_create(self, serializer: BaseSerializer[Team]) -> None:
        self.check_object_permissions(self.request, serializer.validated_data["tournament"])
        serializer.instance = services.create_team(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Team]) -> None:
        serializer.instance = services.update_team(
            team=_instance(serializer), **serializer.validated_data
        )

    @documented(errors=[TeamHasPlayed])
    def perform_destroy(self, instance: Team) -> None:
        """One that has played in the tournament stays."""
        services.delete_team(team=instance)


class GameViewSet(ModelViewSet[Game]):
    """A game is the organiser's of its tournament to write, and staff's.

    Lists begin with the newest.
    """

    serializer_class = GameSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = GameFilter
    lookup_value_converter = "int"
    cached_on = [Game, Team]

    def get_queryset(self) -> QuerySet[Game]:
        if self.request.method in SAFE_METHODS:
            return Game.objects.with_teams()
        return Game.objects.select_related("tournament", "radiant", "dire")

    def perform_create(self, serializer: BaseSerializer[Game]) -> None:
        self.check_object_permissions(self.request, serializer.validated_data["radiant"].tournament)
        serializer.instance = services.create_game(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Game]) -> None:
        serializer.instance = services.update_game(
            game=_instance(serializer), **serializer.validated_data
        )

    def perform_destroy(self, instance: Game) -> None:
        services.delete_game(game=instance)


def _instance(serializer: BaseSerializer[Any]) -> Any:
    """The instance that an update is of, never None."""
    instance: Model | None = serializer.instance
    assert instance is not None
    return instance
