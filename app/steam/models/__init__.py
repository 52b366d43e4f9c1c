from app.steam.models.live import Hero, LiveGame, LiveGamePlayer
from app.steam.models.match import Match, MatchPlayer
from app.steam.models.player import HeroRecord, PeerRecord, PlayerRecord
from app.steam.models.sync import MemberSync, QuarantinedAnswer, SyncRun, Usage

__all__ = [
    "Hero",
    "HeroRecord",
    "LiveGame",
    "LiveGamePlayer",
    "Match",
    "MatchPlayer",
    "MemberSync",
    "PeerRecord",
    "PlayerRecord",
    "QuarantinedAnswer",
    "SyncRun",
    "Usage",
]
