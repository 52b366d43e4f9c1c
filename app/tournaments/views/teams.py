from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.documentation import documented
from app.core.permissions import IsOrganiser
from app.core.serializers import validated
from app.core.statements import Bind
from app.core.throttles import WritesThrottled
from app.core.viewsets import ModelViewSet, ReadOnlyModelViewSet
from app.media.errors import UploadNotReady, UploadUsed
from app.tournaments import services
from app.tournaments.errors import (
    AlreadyInTeam,
    BracketChanged,
    NoSubstitute,
    NotInTeam,
    ResultsFollowed,
    SignUpClosed,
    TeamDeleted,
    TeamDisqualified,
    TeamHasPlayed,
    TeamNotDisqualified,
    TeamNotPlaying,
    TournamentFull,
    TournamentNotOpen,
    TournamentNotRunning,
    TournamentNotStarted,
    TournamentStarted,
)
from app.tournaments.filters import TeamFilter, TeamMemberFilter
from app.tournaments.models import Team, TeamMember
from app.tournaments.permissions import IsCaptainOrOrganiser, IsCaptainOrOrganiserOrReadOnly
from app.tournaments.serializers import (
    ConsequencesSerializer,
    DryRunSerializer,
    OrderSerializer,
    SubstituteSerializer,
    TeamMemberSerializer,
    TeamSerializer,
)
from app.tournaments.views.orders import order_of


def team_of(view: APIView) -> Team:
    """Answer the team of the view's path, if the caller may do there what the view does."""
    teams = Team.objects.select_related("tournament", "captain")
    team: Team = get_object_or_404(teams, pk=view.kwargs["team_id"])
    view.check_object_permissions(view.request, team)
    return team


class TeamViewSet(WritesThrottled, ModelViewSet[Team]):
    """A team is its captain's to change, and the organiser's of its tournament, and staff's."""

    serializer_class = TeamSerializer
    permission_classes = [IsCaptainOrOrganiserOrReadOnly]
    filterset_class = TeamFilter
    lookup_value_converter = "int"
    cached_on = [Team]
    throttle_scope = "tournaments"

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.select_related("tournament", "captain")

    @documented(
        errors=[
            TournamentNotOpen,
            SignUpClosed,
            TournamentFull,
            AlreadyInTeam,
            TournamentStarted,
            UploadNotReady,
            UploadUsed,
        ]
    )
    def perform_create(self, serializer: BaseSerializer[Team]) -> None:
        """A member signs up a team and is its captain; the organiser enters any team."""
        serializer.instance = services.create_team(
            by=cast(User, self.request.user), **serializer.validated_data
        )

    @documented(errors=[TournamentStarted, TeamDeleted, UploadNotReady, UploadUsed])
    def perform_update(self, serializer: BaseSerializer[Team]) -> None:
        """Its seed and rating are the organiser's, and the seed stays once it has started."""
        assert serializer.instance is not None
        serializer.instance = services.update_team(
            team=serializer.instance,
            by=cast(User, self.request.user),
            **serializer.validated_data,
        )

    @documented(errors=[TeamHasPlayed, TournamentStarted, TeamDeleted])
    def perform_destroy(self, instance: Team) -> None:
        """One that has played in the tournament stays."""
        services.delete_team(team=instance)


class TeamMemberViewSet(ReadOnlyModelViewSet[TeamMember]):
    """Who plays for a team, and who stands in."""

    serializer_class = TeamMemberSerializer
    filterset_class = TeamMemberFilter

    def get_permissions(self) -> list[Any]:
        # To leave is one's own; the view asks about others.
        own = self.request.method in {"GET", "HEAD", "OPTIONS", "DELETE"}
        return [IsAuthenticated() if own else IsCaptainOrOrganiser()]

    def get_queryset(self) -> QuerySet[TeamMember]:
        # Who is suspended is nowhere to be seen.
        members = TeamMember.objects.filter(member__is_active=True).select_related("member")
        return members.filter(team=Bind("team", Team._meta.pk)).order_by("id")

    def binds(self) -> dict[str, Any]:
        return {"team": self.kwargs["team_id"]}

    def list(  # type: ignore[override]  # as ReadOnlyModelViewSet's own
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        team_of(self)
        return super().list(request)

    @documented(
        request=TeamMemberSerializer,
        responses={201: TeamMemberSerializer},
        errors=[AlreadyInTeam, TeamDeleted],
    )
    def create(self, request: Request, team_id: int) -> Response:
        """Let a member play for the team, or stand in."""
        team = team_of(self)
        added = services.add_member(team=team, **validated(TeamMemberSerializer, request.data))
        return Response(TeamMemberSerializer(added).data, status=status.HTTP_201_CREATED)

    @documented(errors=[NotInTeam])
    def destroy(self, request: Request, team_id: int, member_id: int) -> Response:
        """Leave the team; or take a member out of it, as its captain and the organiser may."""
        team = team_of(self)
        may = IsCaptainOrOrganiser().has_object_permission(request, self, team)
        if member_id != request.user.pk and not may:
            raise PermissionDenied
        services.remove_member(team=team, member_id=member_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamCheckInView(APIView):
    permission_classes = [IsCaptainOrOrganiser]

    @documented(
        request=None,
        responses={200: TeamSerializer},
        errors=[TournamentNotOpen, TournamentStarted, TeamDeleted],
    )
    def post(self, request: Request, team_id: int) -> Response:
        """Say that the team is there; to say so again changes nothing."""
        return Response(TeamSerializer(services.check_in_team(team=team_of(self))).data)


_OF_A_CHANGE = [
    TeamNotPlaying,
    TournamentNotStarted,
    TournamentNotRunning,
    ResultsFollowed,
    BracketChanged,
]


class DisqualifyView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        query=DryRunSerializer,
        request=OrderSerializer,
        responses={200: ConsequencesSerializer},
        errors=[TeamDisqualified, *_OF_A_CHANGE],
    )
    def post(self, request: Request, team_id: int) -> Response:
        """Put a team out: what it has played stays, and what it has not is forfeited.

        Before the playoff begins it ranks last, so that the next one qualifies.
        """
        team, (order, _) = team_of(self), order_of(request, OrderSerializer)
        found = services.disqualify_team(team=team, order=order)
        return Response(ConsequencesSerializer(found).data)


class ReinstateView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        query=DryRunSerializer,
        request=OrderSerializer,
        responses={200: ConsequencesSerializer},
        errors=[TeamNotDisqualified, *_OF_A_CHANGE],
    )
    def post(self, request: Request, team_id: int) -> Response:
        """Let a disqualified team play on: what it has forfeited is to be played."""
        team, (order, _) = team_of(self), order_of(request, OrderSerializer)
        found = services.reinstate_team(team=team, order=order)
        return Response(ConsequencesSerializer(found).data)


class SubstituteView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        query=DryRunSerializer,
        request=SubstituteSerializer,
        responses={200: ConsequencesSerializer},
        errors=[NoSubstitute, TeamHasPlayed, *_OF_A_CHANGE],
    )
    def post(self, request: Request, team_id: int) -> Response:
        """Let a team in reserve take the place and the seed of one that has not played yet."""
        team, (order, wanted) = team_of(self), order_of(request, SubstituteSerializer)
        substitute = Team.objects.filter(pk=wanted["team_id"]).first()
        if substitute is None:
            raise NoSubstitute
        found = services.substitute_team(team=team, substitute=substitute, order=order)
        return Response(ConsequencesSerializer(found).data)
