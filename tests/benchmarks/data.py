"""What every peer's database holds, and so what its answers must say. The ids count from one.

There are 50 tournaments of 40 games. databases.grow adds to these: a quarter of the games that come
later are played in one large tournament, and between them the others, 40 to a tournament again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

TOURNAMENTS = 50
TEAMS = 16  # in each tournament
GAMES = 40  # in each tournament
# Pages are read from the others, so that they stay as long as they were.
WRITTEN = TOURNAMENTS
FIRST_GAMES = TOURNAMENTS * GAMES
LARGE = TOURNAMENTS + 1
LARGE_SHARE = 4  # every fourth of the games that come later


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
    return _game_in(tournament_of(number), number)


def tournament_of(number: int) -> int:
    """Answer the tournament of the number-th game. databases.grow says the same in SQL."""
    if number <= FIRST_GAMES:
        return (number - 1) // GAMES + 1
    later = number - FIRST_GAMES
    if later % LARGE_SHARE == 0:
        return LARGE
    return LARGE + 1 + (later - later // LARGE_SHARE - 1) // GAMES


def games_of(tournament_id: int) -> list[int]:
    """Answer the numbers of a tournament's 40 games, the newest first. Not for the large one."""
    if tournament_id < LARGE:
        return list(range(tournament_id * GAMES, (tournament_id - 1) * GAMES, -1))
    first = (tournament_id - LARGE - 1) * GAMES
    others = range(first + GAMES - 1, first - 1, -1)
    return [FIRST_GAMES + 1 + other + other // (LARGE_SHARE - 1) for other in others]


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
        "series_id": None,
        "match_id": None,
        "duration": 1800 + number,
        "played_at": datetime(2026, 1, 1, 20, tzinfo=UTC) + timedelta(minutes=number),
    }
