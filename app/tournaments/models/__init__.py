from app.tournaments.models.game import Game
from app.tournaments.models.series import BracketChange, Series
from app.tournaments.models.settlement import Settlement
from app.tournaments.models.team import Team, TeamMember
from app.tournaments.models.tournament import Tournament

__all__ = [
    "BracketChange",
    "Game",
    "Series",
    "Settlement",
    "Team",
    "TeamMember",
    "Tournament",
]
