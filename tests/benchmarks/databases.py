"""The databases: each schema is made and filled once, and copied for the peers that read it."""

from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.benchmarks import data

# Says in SQL what data.py says: the tournaments and teams of games up to a number, then these.
GROW = """
    INSERT INTO tournaments_tournament
        (name, description, tournament_type, organiser_id, created_at, updated_at)
    SELECT 'Tournament ' || number, '', 'round_robin', 1, now(), now()
    FROM generate_series({tournaments} + 1, {last_tournament}) number;

    INSERT INTO tournaments_team (tournament_id, name, captain_id, seed, created_at, updated_at)
    SELECT tournament.id, 'Team ' || seed, 1, seed, now(), now()
    FROM tournaments_tournament tournament CROSS JOIN generate_series(1, {teams}) seed
    WHERE tournament.id > {tournaments}
    ORDER BY tournament.id, seed;

    INSERT INTO tournaments_game (tournament_id, radiant_id, dire_id, winner_id, duration,
        played_at, created_at, updated_at)
    SELECT tournament, radiant, dire, (ARRAY[radiant, dire, NULL])[number % 3 + 1], 1800 + number,
        timestamptz '2026-01-01T20:00Z' + number * interval '1 minute', now(), now()
    FROM (
        SELECT number, CASE later % {share}
            WHEN 0 THEN {large} ELSE {large} + 1 + (later - later / {share} - 1) / {games} END
        FROM (
            SELECT number, number - {first_games}
            FROM generate_series({first_games} + 1, {last_game}) number
        ) AS numbers (number, later)
    ) AS placed (number, tournament)
    CROSS JOIN LATERAL (SELECT (tournament - 1) * {teams} + 1) AS enrolled (first)
    CROSS JOIN LATERAL (SELECT first + number % {teams},
        first + (number + 1 + number / {teams} % ({teams} - 1)) % {teams}) AS sides (radiant, dire)
    ORDER BY number;
"""


def url(server: str, name: str) -> str:
    """Answer the URL of a database on the server, in the form that every driver reads."""
    parameters = conninfo_to_dict(server)
    return f"postgresql://{parameters['user']}@/{name}?host={quote(str(parameters['host']))}"


def create(server: str, name: str, template: str = "template1") -> str:
    """Create a database as a copy of the template, and answer its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return url(server, name)


def grow(database: str, games: int) -> None:
    """Add games until there are so many, and the tournaments and teams that play them."""
    numbers = {
        "tournaments": data.TOURNAMENTS,
        "last_tournament": max(
            data.LARGE, data.tournament_of(games - 1), data.tournament_of(games)
        ),
        "teams": data.TEAMS,
        "games": data.GAMES,
        "first_games": data.FIRST_GAMES,
        "last_game": games,
        "large": data.LARGE,
        "share": data.LARGE_SHARE,
    }
    statements = sql.SQL(GROW).format(**{name: sql.Literal(n) for name, n in numbers.items()})
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statements)
        connection.execute("VACUUM ANALYZE")
