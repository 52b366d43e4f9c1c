"""Writes name others by id, as radiant_id; reads have the id and, where it helps, the whole."""

from app.tournaments.serializers.brackets import (
    BracketChangeSerializer,
    BracketSerializer,
    ConsequencesSerializer,
    StandingsSerializer,
    ThemeSerializer,
)
from app.tournaments.serializers.games import GameSerializer
from app.tournaments.serializers.series import (
    CorrectSerializer,
    DisputeSerializer,
    DryRunSerializer,
    ForceSerializer,
    ReportSerializer,
    SeriesSerializer,
)
from app.tournaments.serializers.settlements import SettlementSerializer
from app.tournaments.serializers.teams import (
    OrderSerializer,
    SubstituteSerializer,
    TeamMemberSerializer,
    TeamSerializer,
)
from app.tournaments.serializers.tournaments import (
    SeedingSerializer,
    StartedSerializer,
    TournamentSerializer,
)

__all__ = [
    "BracketChangeSerializer",
    "BracketSerializer",
    "ConsequencesSerializer",
    "CorrectSerializer",
    "DisputeSerializer",
    "DryRunSerializer",
    "ForceSerializer",
    "GameSerializer",
    "OrderSerializer",
    "ReportSerializer",
    "SeedingSerializer",
    "SeriesSerializer",
    "SettlementSerializer",
    "StandingsSerializer",
    "StartedSerializer",
    "SubstituteSerializer",
    "TeamMemberSerializer",
    "TeamSerializer",
    "ThemeSerializer",
    "TournamentSerializer",
]
