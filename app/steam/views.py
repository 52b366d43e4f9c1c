import secrets
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Prefetch
from rest_framework import permissions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from app.accounts.errors import (
    SignInCancelled,
    SignInLost,
    SteamAccountTaken,
    SteamAlreadyLinked,
)
from app.accounts.models import User
from app.accounts.views import social
from app.core.documentation import documented
from app.core.pagination import CursorPagination
from app.core.viewsets import ReadOnlyModelViewSet
from app.steam.errors import SteamDoesNotAnswer, SteamNotProven
from app.steam.filters import MatchFilter
from app.steam.models import Match, MatchPlayer
from app.steam.querysets import MatchQuerySet
from app.steam.serializers import MatchListSerializer, MatchSerializer, SyncSerializer


class MatchPagination(CursorPagination):
    ordering = "-match_id"


class MatchViewSet(ReadOnlyModelViewSet[Match]):
    """Dota 2 matches that members played, as Steam recorded them. The newest come first."""

    permission_classes = [permissions.AllowAny]
    pagination_class = MatchPagination
    filterset_class = MatchFilter
    cached_on = [Match, MatchPlayer, User]
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


class SteamView(social.SocialView):
    provider = "steam"


class SteamLoginView(SteamView, social.BeginView):
    """Link one's Steam account, by signing in at Steam."""

    permission_classes = [permissions.IsAuthenticated]

    def login_url(self, request: Request, errand: social.Errand) -> str:
        from app.steam import openid  # with httpx

        state = secrets.token_urlsafe(24)
        errand.details["return_to"] = f"{self.callback_url(request)}?{urlencode({'state': state})}"
        return openid.login_url(
            endpoint=settings.STEAM_OPENID_URL, return_to=errand.details["return_to"]
        )


@documented(
    errors=[
        SignInLost,
        SignInCancelled,
        SteamNotProven,
        SteamAccountTaken,
        SteamAlreadyLinked,
        SteamDoesNotAnswer,
    ]
)
class SteamCompleteView(SteamView, social.CompleteView):
    """The member's Steam account is linked, and its first sync begins."""

    def complete(self, request: Request, errand: social.Errand) -> None:
        from app.steam import linking

        member = errand.member()
        if member is None:
            raise SignInLost
        linking.link(
            member=member,
            query=request.META["QUERY_STRING"],
            return_to=errand.details["return_to"],
        )


class SyncView(APIView):
    """Look for new matches now, instead of when the schedule next does. For staff."""

    permission_classes = [permissions.IsAdminUser]

    @documented(request=None, responses={202: SyncSerializer})
    def post(self, request: Request) -> Response:
        from app.steam import tasks  # with httpx, which no other request needs: 22 ms

        result = tasks.plan_sync.enqueue()
        return Response({"task": result.id}, status=status.HTTP_202_ACCEPTED)
