"""Every write to tournaments, their teams, their brackets and their games."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.tournaments.services.brackets import Consequences, Order
    from app.tournaments.services.games import create_game, delete_game, update_game
    from app.tournaments.services.results import (
        Score,
        confirm,
        correct,
        dispute,
        report,
        update_series,
    )
    from app.tournaments.services.settlement import (
        accept_settlement,
        dismiss_settlement,
        settle_games,
    )
    from app.tournaments.services.teams import (
        add_member,
        check_in_team,
        create_team,
        delete_team,
        disqualify_team,
        reinstate_team,
        remove_member,
        substitute_team,
        update_team,
    )
    from app.tournaments.services.tournaments import (
        Started,
        create_tournament,
        delete_tournament,
        finish_tournament,
        seed_teams,
        start_tournament,
        update_tournament,
    )

__all__ = [
    "Consequences",
    "Order",
    "Score",
    "Started",
    "accept_settlement",
    "add_member",
    "check_in_team",
    "confirm",
    "correct",
    "create_game",
    "create_team",
    "create_tournament",
    "delete_game",
    "delete_team",
    "delete_tournament",
    "dismiss_settlement",
    "dispute",
    "disqualify_team",
    "finish_tournament",
    "reinstate_team",
    "remove_member",
    "report",
    "seed_teams",
    "settle_games",
    "start_tournament",
    "substitute_team",
    "update_game",
    "update_series",
    "update_team",
    "update_tournament",
]

_MODULES = ["brackets", "games", "results", "settlement", "teams", "tournaments"]


def __getattr__(name: str) -> Any:
    # https://peps.python.org/pep-0562/: a read has no use for these, nor for the engine that they
    # bring along, which is 20 modules of a cold start.
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f"{__name__}.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(name)
