"""The databases: each schema is made and filled once, and copied for the peers that read it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from tests.benchmarks import data

# Says in SQL what data.py says: the tournaments and teams of games up to a number, then these. What
# only one of the schemas has is as in the first of those that were loaded.
GROW = """
    {insert_tournaments} FROM tournaments_tournament one
    CROSS JOIN generate_series({tournaments} + 1, {last_tournament}) number
    WHERE one.id = 1;

    {insert_teams} FROM tournaments_team one
    CROSS JOIN generate_series({tournaments} + 1, {last_tournament}) number
    CROSS JOIN generate_series(1, {teams}) entered (seed)
    WHERE one.id = 1;

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


TOURNAMENTS = {"id": "number", "name": "'Tournament ' || number", "description": "''"}
TEAMS = {
    "id": "(number - 1) * {teams} + entered.seed",
    "tournament_id": "number",
    "name": "'Team ' || entered.seed",
    "seed": "entered.seed",
}


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
    literals = {name: sql.Literal(number) for name, number in numbers.items()}
    with psycopg.connect(database, autocommit=True) as connection:
        inserts = {
            "insert_tournaments": insert_like_one(
                connection, "tournaments_tournament", TOURNAMENTS, **literals
            ),
            "insert_teams": insert_like_one(connection, "tournaments_team", TEAMS, **literals),
        }
        connection.execute(sql.SQL(GROW).format(**literals, **inserts))
        connection.execute("VACUUM ANALYZE")


def insert_like_one(
    connection: Connection[Any],
    table: str,
    said: Mapping[str, str],
    **literals: sql.Composable,
) -> sql.Composed:
    """Answer how a statement begins that inserts rows like one of the table's.

    Its FROM has a row `one`; what is not `said` of a column, in SQL, is as there.
    """
    with connection.cursor() as cursor:
        columns = cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
        names = [name for (name,) in columns]
    return sql.SQL("INSERT INTO {} ({}) SELECT {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(
            sql.SQL(said[name]).format(**literals) if name in said else sql.Identifier("one", name)
            for name in names
        ),
    )
