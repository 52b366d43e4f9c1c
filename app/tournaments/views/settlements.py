from typing import cast

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.documentation import documented
from app.core.permissions import IsOrganiser
from app.core.serializers import validated
from app.core.throttles import WritesThrottled
from app.tournaments import services
from app.tournaments.errors import (
    BracketChanged,
    MatchTaken,
    ResultsFollowed,
    SettlementSettled,
    TournamentNotRunning,
)
from app.tournaments.filters import SettlementFilter
from app.tournaments.models import Settlement
from app.tournaments.serializers import ForceSerializer, SettlementSerializer
from app.tournaments.views.tournaments import OrganisersViewSet


class SettlementViewSet(OrganisersViewSet[Settlement]):
    """The Steam matches that may be games of the tournament, the newest first: for its organiser
    and staff.

    What is sure is recorded by itself, and what is pending waits for them.
    """

    serializer_class = SettlementSerializer
    filterset_class = SettlementFilter
    queryset = Settlement.objects.select_related("match")


class _SettlingView(WritesThrottled, APIView):
    permission_classes = [IsOrganiser]
    throttle_scope = "tournaments"

    def found(self, settlement_id: int) -> Settlement:
        """Answer it, if the caller may settle it."""
        settlements = Settlement.objects.select_related("tournament")
        found = get_object_or_404(settlements, pk=settlement_id)
        self.check_object_permissions(self.request, found)
        return found

    def order(self) -> "services.Order":
        return services.Order(
            actor=cast(User, self.request.user),
            force=validated(ForceSerializer, self.request.data)["force"],
        )


class AcceptView(_SettlingView):
    @documented(
        request=ForceSerializer,
        responses={200: SettlementSerializer},
        errors=[
            SettlementSettled,
            BracketChanged,
            MatchTaken,
            ResultsFollowed,
            TournamentNotRunning,
        ],
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Record the match as a game of the series, sure or not, dismissed before or not.

        The series' score and the bracket follow, unless people have said its result: that is
        theirs to correct.
        """
        found = self.found(settlement_id)
        settled = services.accept_settlement(settlement=found, order=self.order())
        return Response(SettlementSerializer(settled).data)


class DismissView(_SettlingView):
    @documented(
        request=ForceSerializer,
        responses={200: SettlementSerializer},
        errors=[SettlementSettled, ResultsFollowed, TournamentNotRunning],
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Say that the match is no game of the series; it does not come back by itself.

        A game that it is recorded as is deleted: the series' score and the bracket follow.
        """
        found = self.found(settlement_id)
        settled = services.dismiss_settlement(settlement=found, order=self.order())
        return Response(SettlementSerializer(settled).data)
