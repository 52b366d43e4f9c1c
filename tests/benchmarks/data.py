"""What every peer's database holds, and so what its answers must say. The ids count from one."""

from datetime import UTC, datetime, timedelta
from typing import Any

TOURNAMENTS = 50
TEAMS = 16  # in each tournament
GAMES = 40  # in each tournament
# Pages are read from the others, so that they stay as long as they were.
WRITTEN = TOURNAMENTS


def tournament(number: int) -> dict[str, Any]:
    return {
        "name": f"Tournament {number}",
        "description": "Best of three, the final best of five.",
        "tournament_type": "round_robin",
    }


def team(number: int) -> dict[str, Any]:
    seed = (number - 1) % TEAMS + 1
    return {
        "name": f"Team {seed}",
        "seed": seed,
        "tournament_id": (number - 1) // TEAMS + 1,
    }


def game(number: int) -> dict[str, Any]:
    tournament_id = (number - 1) // GAMES + 1
    return _game_in(tournament_id, number)


def new_game(number: int) -> dict[str, Any]:
    """Answer what the number-th POST sends."""
    values = _game_in(WRITTEN, number)
    return values | {"played_at": values["played_at"].isoformat()}


def _game_in(tournament_id: int, number: int) -> dict[str, Any]:
    first = (tournament_id - 1) * TEAMS + 1
    radiant = first + number % TEAMS
    dire = first + (number + 1 + number // TEAMS % (TEAMS - 1)) % TEAMS
    return {
        "tournament_id": tournament_id,
        "radiant_id": radiant,
        "dire_id": dire,
        "winner_id": (radiant, dire, None)[number % 3],
        "duration": 1800 + number,
        "played_at": datetime(2026, 1, 1, 20, tzinfo=UTC) + timedelta(minutes=number),
    }
