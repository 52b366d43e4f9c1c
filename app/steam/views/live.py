from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.steam.models import Hero, LiveGame, LiveGamePlayer
from app.steam.serializers import HeroesSerializer, LiveGamesSerializer


class HeroesView(APIView):
    permission_classes = [AllowAny]
    cached_on = [Hero]

    @documented(responses={200: HeroesSerializer})
    def get(self, request: Request) -> HttpResponse:
        """All heroes by their names, of which matches and players have the ids alone."""
        return response_cache.answer(
            request,
            self.cached_on,
            lambda: HeroesSerializer({"results": Hero.objects.all()}).data,
        )


class LiveGamesView(APIView):
    permission_classes = [AllowAny]
    cached_on = [LiveGame, LiveGamePlayer, User]

    @documented(responses={200: LiveGamesSerializer})
    def get(self, request: Request) -> HttpResponse:
        """Games with members in them that are on, as far as Steam shows them.

        Those are games of leagues and about ten top ones: nobody tells which games others play.
        """
        return response_cache.answer(request, self.cached_on, self._games)

    def _games(self) -> Any:
        players = LiveGamePlayer.objects.select_related("member")
        members = players.exclude(member=None)
        games = LiveGame.objects.filter(
            seen_at__gt=timezone.now() - LiveGame.STALE
        ).prefetch_related(Prefetch("players", players), Prefetch("players", members, "members"))
        return LiveGamesSerializer({"results": games}).data
