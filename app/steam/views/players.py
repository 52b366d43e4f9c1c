from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.core.serializers import validated
from app.core.steam_id import to_steam_id
from app.core.throttles import AccountThrottle
from app.steam.errors import SteamNotSearched
from app.steam.models import Hero, HeroRecord, MemberSync, PeerRecord, PlayerRecord
from app.steam.serializers import PlayerSerializer, SteamAccountsSerializer, SteamSearchSerializer

MOST_PEERS = 20
NOTHING = {
    "games": 0,
    "wins": 0,
    "abandons": 0,
    "kills": 0,
    "deaths": 0,
    "assists": 0,
    "streak": 0,
    "last_played_at": None,
}


class PlayerView(APIView):
    permission_classes = [AllowAny]
    cached_on = [User, MemberSync, PlayerRecord, HeroRecord, PeerRecord, Hero]

    @documented(responses={200: PlayerSerializer})
    def get(self, request: Request, account_id: int) -> HttpResponse:
        """A member as a player: what they have played, on which heroes and with whom.

        It is of the account that they have linked, and of no other.
        """
        return response_cache.answer(
            request, self.cached_on, lambda: PlayerSerializer(_player(account_id)).data
        )


def _player(account_id: int) -> dict[str, Any]:
    members = User.objects.active().select_related("steam_sync", "steam_record")
    member: Any = get_object_or_404(members, steam_id=to_steam_id(account_id))
    sync = getattr(member, "steam_sync", None)
    record = getattr(member, "steam_record", None)
    if sync is None or sync.steam_id != member.steam_id:
        # What there is, is of an account that they had before.
        sync, record, summed = MemberSync(steam_id=member.steam_id), None, None
    else:
        summed = member
    names = Hero.objects.filter(hero_id=OuterRef("hero_id")).values("localized_name")
    heroes = HeroRecord.objects.filter(member=summed).order_by("-games", "hero_id")
    return {
        "account_id": account_id,
        "steam_id": member.steam_id,
        "member": member,
        "persona_name": sync.persona_name,
        "avatar": sync.avatar,
        "sync": sync,
        "record": record or PlayerRecord(**NOTHING),
        "heroes": heroes.annotate(localized_name=Coalesce(Subquery(names), Value(""))),
        "with": _peers(summed, "games_with"),
        "against": _peers(summed, "games_against"),
    }


def _peers(member: User | None, games: str) -> QuerySet[PeerRecord]:
    peers = PeerRecord.objects.filter(member=member, peer__is_active=True, **{f"{games}__gt": 0})
    return peers.select_related("peer").order_by(f"-{games}", "peer_id")[:MOST_PEERS]


class SteamSearchView(APIView):
    permission_classes = [IsAuthenticated]
    throttle_classes = [AccountThrottle]
    throttle_scope = "steam_search"

    @documented(
        query=SteamSearchSerializer,
        responses={200: SteamAccountsSerializer},
        errors=[SteamNotSearched],
    )
    def get(self, request: Request) -> Response:
        """Find Steam accounts: those of members by any name, and one of anybody by what Steam has.

        Members come first, up to 10; then the one account that Steam knows by that id or address.
        """
        from app.steam import search  # with httpx

        wanted = validated(SteamSearchSerializer, request.query_params)
        return Response(SteamAccountsSerializer({"results": search.find(wanted["q"])}).data)
