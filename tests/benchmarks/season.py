"""Tournaments with their brackets: some that Guildhall draws, and as many copies, made in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from psycopg import Connection, sql

from tests.benchmarks.cases import Ask
from tests.benchmarks.databases import insert_like_one
from tests.benchmarks.events import Request

_TOURNAMENT, _TEAM, _SERIES, _CHANGE, _SETTLEMENT = (
    f"tournaments_{name}"
    for name in ("tournament", "team", "series", "bracketchange", "settlement")
)
# What a tournament is made of, and which columns name a row of its own.
_COPIED = {
    _TOURNAMENT: {"id": _TOURNAMENT},
    _TEAM: {"id": _TEAM, "tournament_id": _TOURNAMENT},
    _SERIES: {
        "id": _SERIES,
        "tournament_id": _TOURNAMENT,
        "team_a_id": _TEAM,
        "team_b_id": _TEAM,
        "winner_id": _TEAM,
        "reported_by_id": _TEAM,
    },
    _CHANGE: {"id": _CHANGE, "tournament_id": _TOURNAMENT, "series_id": _SERIES},
    _SETTLEMENT: {"id": _SETTLEMENT, "tournament_id": _TOURNAMENT, "series_id": _SERIES},
}

# Their names have 16 letters.
_ENTERED = {
    "id": "nextval(pg_get_serial_sequence('tournaments_team', 'id'))",
    "tournament_id": "{tournament}",
    "name": "'Night Owls ' || lpad(entered.seed::text, 5, '0')",
    "seed": "entered.seed",
}
_ENROL = """
    {insert_users} FROM (TABLE accounts_user LIMIT 1) AS one
    CROSS JOIN generate_series(1, {members}) number;

    {insert_tokens} FROM (TABLE accounts_tokenfamily LIMIT 1) AS one
    CROSS JOIN (SELECT id AS member FROM accounts_user WHERE username ~ '^one') AS enrolled;

    UPDATE tournaments_tournament SET organiser_id = organiser_id + id % {members}
    WHERE id != {tournament};
    UPDATE tournaments_bracketchange SET actor_id = actor_id + id % {members}
    WHERE tournament_id != {tournament};
"""
_MEMBER = {
    "id": "one.id + number",
    "username": "'one' || number",
    "email": "'one' || number || '@guildhall.example'",
}
_TOKEN = {"id": "gen_random_uuid()", "user_id": "member", "jti": "md5(member::text)"}
SCORE = {"score_a": 2, "score_b": 1}
_FINISHED = """status = 'finished', score_a = 2, score_b = 1, winner_id = team_a_id,
    outcome = 'played', decided_by = 'report', finished_at = now()"""
_REPORTED = "reported_score_a = 2, reported_score_b = 1, reported_by_id = team_b_id, status = "


def series_of(teams: int) -> int:
    """Answer how many series so many teams play, while the grand final is not played again."""
    return 2 * teams - 2


@dataclass(frozen=True)
class Season:
    """A database with tournaments of double elimination: there must be one with a team already.

    Its first member organises them, and is the captain of all teams.
    """

    connection: Connection[Any]

    def announce(self, ask: Ask, teams: int) -> int:
        """Make a tournament of so many teams that can be started, and answer its id."""
        body = {
            "name": f"Cup of {teams}",
            "tournament_type": "double_elimination",
            "status": "registration",
            "best_of": 3,
        }
        tournament: int = _post(ask, "/api/tournaments/", body)["id"]
        literals = {"tournament": sql.Literal(tournament), "teams": sql.Literal(teams)}
        insert = insert_like_one(self.connection, _TEAM, _ENTERED, **literals)
        entered = sql.SQL(
            "{insert} FROM (TABLE tournaments_team LIMIT 1) AS one"
            " CROSS JOIN generate_series(1, {teams}) entered (seed)"
        )
        self._execute(entered.format(insert=insert, **literals))
        return tournament

    def enrol(self, members: int, tournament: int) -> None:
        """Let there be so many others, who organise all that there is but one tournament."""
        inserts = {
            "insert_users": insert_like_one(self.connection, "accounts_user", _MEMBER),
            "insert_tokens": insert_like_one(self.connection, "accounts_tokenfamily", _TOKEN),
        }
        self._execute(sql.SQL(_ENROL).format(members=members, tournament=tournament, **inserts))

    def play(self, ask: Ask, tournament: int, rounds: float = inf) -> None:
        """Start it, and let the first teams win what can be played, so many times in a row."""
        _post(ask, f"/api/tournaments/{tournament}/start/")
        while rounds > 0 and (ready := self.ready(tournament)):
            # What follows from the others, Guildhall sees when it is told of the last.
            self._set(ready[:-1], _FINISHED)
            _post(ask, f"/api/series/{ready[-1]}/report/", SCORE)
            rounds -= 1

    def report(self, series: Sequence[int]) -> None:
        """Let the captain of the second team have reported them."""
        self._set(series, f"{_REPORTED} 'reported'")

    def dispute(self) -> None:
        """Let five of all series that can be played be disputed."""
        ready = self.ids(f"SELECT id FROM {_SERIES} WHERE status = 'ready' ORDER BY id")
        self._set(ready[:: len(ready) // 5][:5], f"{_REPORTED} 'disputed'")

    def leave(self, tournaments: Sequence[int]) -> None:
        """Let nobody organise them."""
        leave = f"UPDATE {_TOURNAMENT} SET organiser_id = NULL WHERE id = ANY(%s)"
        self._execute(leave, [tournaments])

    def ready(self, tournament: int) -> list[int]:
        """Answer the series of the tournament that can be played."""
        where = f"status = 'ready' AND tournament_id = {tournament}"
        return self.ids(f"SELECT id FROM {_SERIES} WHERE {where} ORDER BY id")

    def copy(self, tournament: int, copies: int) -> list[int]:
        """Copy a tournament with its bracket so many times, and answer their ids."""
        literals = {"tournament": sql.Literal(tournament), "copies": sql.Literal(copies)}
        shifts = {table: self._shift(table, tournament) for table in _COPIED}
        for table, columns in _COPIED.items():
            shifted = {column: f"one.{column} + {shifts[of]}" for column, of in columns.items()}
            statement = sql.SQL("""
                {insert} FROM {table} one CROSS JOIN generate_series(1, {copies}) number
                WHERE one.{whose} = {tournament} ORDER BY number, one.id;
                SELECT setval(pg_get_serial_sequence({name}, 'id'), greatest(1, max(id)))
                FROM {table}
            """)
            names = {
                "insert": insert_like_one(self.connection, table, shifted),
                "table": sql.Identifier(table),
                "name": sql.Literal(table),
                "whose": sql.Identifier(_whose(table)),
            }
            self._execute(statement.format(**names, **literals))
        return self.ids(f"SELECT id FROM {_TOURNAMENT} ORDER BY id DESC LIMIT {copies}")[::-1]

    def _shift(self, table: str, tournament: int) -> str:
        """Answer, in SQL, by how much a row's id is more in a copy."""
        [(last, length)] = self.rows(f"""
            SELECT (SELECT max(id) FROM {table}) - max(id), 1 + max(id) - min(id) FROM {table}
            WHERE {_whose(table)} = {tournament}
        """)
        return f"{last or 0} + number * {length or 0}"

    def _set(self, series: Sequence[int], values: str) -> None:
        update = f"UPDATE {_SERIES} SET {values} WHERE id = ANY(%s)"
        self._execute(update, [series])

    def _execute(self, statement: Any, params: Sequence[Any] | None = None) -> None:
        # Django's cursors differ from those that psycopg's connection would open for itself.
        with self.connection.cursor() as cursor:
            cursor.execute(statement, params)

    def ids(self, query: str) -> list[int]:
        return [row[0] for row in self.rows(query)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            return cursor.execute(query).fetchall()


def _whose(table: str) -> str:
    """Answer the column that has the tournament's id."""
    return "id" if table == _TOURNAMENT else "tournament_id"


def _post(ask: Ask, path: str, body: Any = None) -> Any:
    status, answered = ask(Request(path, "POST", body=body, signed_in=True))
    assert status < 300, answered
    return answered
