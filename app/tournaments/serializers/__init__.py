"""Writes name others by id, as radiant_id; reads have the id and, where it helps, the whole."""

from app.tournaments.serializers.brackets import (
    BracketSerializer,
    StandingsSerializer,
    ThemeSerializer,
)
from app.tournaments.serializers.changes import BracketChangeSerializer, ConsequencesSerializer
from app.tournaments.serializers.games import GameSerializer
from app.tournaments.serializers.orders import (
    DryRunSerializer,
    ForceSerializer,
    OrderSerializer,
)
from app.tournaments.serializers.series import (
    ConfirmSerializer,
    CorrectSerializer,
    DisputeSerializer,
    ReportSerializer,
    SeriesSerializer,
)
from app.tournaments.serializers.settlements import SettlementSerializer
from app.tournaments.serializers.teams import (
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
    "ConfirmSerializer",
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
