from app.steam.serializers.live import HeroesSerializer, LiveGamesSerializer
from app.steam.serializers.matches import MatchListSerializer, MatchSerializer
from app.steam.serializers.players import (
    PlayerSerializer,
    SteamAccountsSerializer,
    SteamSearchSerializer,
)
from app.steam.serializers.sync import BudgetSerializer, SyncRunSerializer, SyncSerializer

__all__ = [
    "BudgetSerializer",
    "HeroesSerializer",
    "LiveGamesSerializer",
    "MatchListSerializer",
    "MatchSerializer",
    "PlayerSerializer",
    "SteamAccountsSerializer",
    "SteamSearchSerializer",
    "SyncRunSerializer",
    "SyncSerializer",
]
