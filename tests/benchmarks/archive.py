"""Matches with their players, as many as wanted, made in SQL.

However many there are, a regular has played as many of them, a tournament has as many games, the
last day as many matches, and as few have no details: what grows is how much there is around it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from tests.benchmarks.databases import insert_like_one

APART = timedelta(minutes=1)  # from one match to the next
REGULARS = 50  # members who play in parties of five
NEWCOMERS = REGULARS // 5  # one plays against each party, and is no member yet
PLAYED = 80  # matches of a regular, and of a newcomer
CUPS = 20  # tournaments with games that Steam recorded
GAMES = 30  # in each of them
RETIRED = 1_000  # matches, and a few more, of one who has not played since
OLD_HERO = 1_000  # whom nobody else has played
PENDING = 500
UNAVAILABLE = 300
DUE = 2_000  # members to be checked, a quarter of whom are to be looked at in any case
NEWCOMER_ACCOUNT, MEMBER_ACCOUNT, OTHER_ACCOUNT = 90_000_000, 100_000_000, 300_000_000
STEAM_ID = 76_561_197_960_265_728  # plus the account

_TABLES = ("steam_match", "steam_matchplayer")

# Ids tell nothing of what a row is: each question has its own draw, the same in any run.
_DRAW = """
    CREATE FUNCTION pg_temp.draw(number bigint, question int, choices int) RETURNS int
    LANGUAGE sql IMMUTABLE
    RETURN ((hashint8extended(number, question) & 1048575) * choices / 1048576)::int;
"""

# What is not said here is as of the member and the match that Guildhall itself has made.
_MEMBERS = """
    {insert_users} FROM (TABLE accounts_user LIMIT 1) AS one
    CROSS JOIN generate_series(0, {members} - 1) number;
    {insert_newcomers} FROM (TABLE accounts_user LIMIT 1) AS one
    CROSS JOIN generate_series(0, {newcomers} - 1) number;
    {insert_syncs} FROM (TABLE steam_membersync LIMIT 1) AS one
    CROSS JOIN generate_series(0, {members} - 1) number
    CROSS JOIN LATERAL (SELECT now() + pg_temp.draw(number, 1, 43200) * interval '1 second')
        AS later (due_at);
    SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), max(id)) FROM accounts_user;
"""
_USER = {
    "id": "{first} + number",
    "username": "'one' || number",
    "nickname": "'Player ' || number",
    "email": "'one' || number || '@guildhall.example'",
    "steam_id": "{steam_id} + {member_account} + number",
}
_NEWCOMER = _USER | {
    "id": "{first} + {members} + number",
    "username": "'newcomer' || number",
    "email": "'newcomer' || number || '@guildhall.example'",
    "steam_id": "NULL",
}
_SYNC = {
    "member_id": "{first} + number",
    "steam_id": "{steam_id} + {member_account} + number",
    "status": "(ARRAY['private', 'failing', 'ok'])[1 + LEAST(pg_temp.draw(number, 2, 40), 2)]",
    "due_at": "CASE WHEN number < {due} THEN now() - number * interval '1 second'"
    " ELSE later.due_at END",
    "look_at": "CASE WHEN number < {due} AND number % 4 = 0 THEN now() END",
    "synced_at": "now() - interval '1 hour'",
    "played_at": "now() - pg_temp.draw(number, 3, 100) * interval '1 day'",
    "persona_name": "'Player ' || number",
}

_MATCHES = """
    {insert_matches} FROM (TABLE steam_match LIMIT 1) AS one
    CROSS JOIN generate_series(1, {matches}) number
    CROSS JOIN LATERAL (SELECT CASE
        WHEN number > {matches} - 2 * {pending} AND number % 2 = 1 THEN 'pending'
        WHEN number % ({matches} / {unavailable}) = 5 THEN 'unavailable'
        ELSE 'stored' END) AS known (state)
    ORDER BY number;
"""
_MATCH = {
    "match_id": "{before} + number",
    "match_seq_num": "{before} + number",
    "state": "known.state",
    "reason": "CASE WHEN known.state = 'unavailable' THEN 'hidden' ELSE '' END",
    "retry_at": "CASE WHEN known.state != 'stored' THEN now() END",
    "start_time": "{since} + number * {apart}",
    "created_at": "{since} + number * {apart}",
    "updated_at": "{since} + number * {apart}",
    "lobby_type": "(ARRAY[7, 0, 1])[1 + (pg_temp.draw(number, 4, 100) >= 70)::int"
    " + (pg_temp.draw(number, 4, 100) >= 95)::int]",
    **{
        column: f"CASE WHEN known.state = 'stored' THEN {stored} END"
        for column, stored in {
            "duration": "1200 + pg_temp.draw(number, 6, 2400)",
            "radiant_win": "pg_temp.draw(number, 7, 2) = 1",
            "game_mode": "(ARRAY[22, 23, 2])[1 + (pg_temp.draw(number, 5, 100) >= 80)::int"
            " + (pg_temp.draw(number, 5, 100) >= 95)::int]",
            "league_id": "0",
        }.items()
    },
}

# Parties meet in turns, on Radiant. Of the other seats a fifth are members', each seat of others.
# An OFFSET keeps PostgreSQL from working out a seat again wherever it is named.
_PLAYERS = """
    WITH made AS MATERIALIZED (
        SELECT *, player_slot % 128 + player_slot / 128 * 5 AS seat
        FROM steam_matchplayer WHERE match_id < {before}
    )
    {insert_players} FROM steam_match played
    CROSS JOIN LATERAL (SELECT played.match_id - {before} AS number, made.* FROM made) AS one
    CROSS JOIN LATERAL (SELECT CASE
        WHEN number % ({matches} / {met}) = 0 AND number / ({matches} / {met}) <= {met}
        THEN number / ({matches} / {met}) % {newcomers} END) AS meeting (party)
    CROSS JOIN LATERAL (SELECT number * 10 + seat, CASE
        WHEN party IS NOT NULL AND seat < 5 THEN party * 5 + seat
        WHEN party IS NOT NULL AND seat = 5 THEN NULL
        WHEN seat = 6 AND number % ({matches} / 3 / {retired}) = 1 AND number < {matches} / 3
        THEN {regulars}
        WHEN pg_temp.draw(number * 10 + seat, 8, 5) = 0 THEN {regulars} + 1
            + seat * (({members} - {regulars} - 1) / 10)
            + pg_temp.draw(number * 10 + seat, 9, ({members} - {regulars} - 1) / 10)
        END OFFSET 0) AS seated (row, member)
    WHERE played.match_id > {before} AND (played.state = 'stored' OR member IS NOT NULL);
"""
# Regulars have ten heroes each; of the others, some have far more games than others.
_PLAYER = {
    "match_id": "played.match_id",
    "member_id": "{first} + member",
    "account_id": "CASE WHEN member IS NOT NULL THEN {member_account} + member"
    " WHEN party IS NOT NULL AND seat = 5 THEN {newcomer_account} + party"
    " WHEN pg_temp.draw(row, 10, 5) >= 2"
    " THEN {other_account} + seat * 300000 + pg_temp.draw(row, 11, 300000) END",
    "won": "CASE WHEN played.state = 'stored' THEN (seat < 5) = played.radiant_win END",
    "hero_id": "CASE WHEN member = {regulars} THEN {old_hero} ELSE {heroes}[1 + CASE"
    " WHEN member < {regulars} THEN (member * 11 + pg_temp.draw(row, 12, 10)) % {choices}"
    " ELSE ({choices} * (pg_temp.draw(row, 12, 1000) / 1000.0::float8) ^ 1.5)::int % {choices}"
    " END] END",
    **{name: f"pg_temp.draw(row, {13 + at}, 20)" for at, name in enumerate(("kills", "deaths"))},
}

_CUPS = """
    UPDATE tournaments_game game
    SET match_id = {before} + game.tournament_id * ({matches} / ({cups} + 1)) + place * 7
    FROM (
        SELECT id, row_number() OVER (PARTITION BY tournament_id ORDER BY id) AS place
        FROM tournaments_game WHERE tournament_id <= {cups}
    ) AS placed
    WHERE placed.id = game.id AND place <= {games};
"""

_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = ANY(%s)
        AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u', 'x'))
"""


@dataclass(frozen=True)
class Archive:
    """So many matches up to now, one a minute, and the members in them.

    There are a match with its players and a MemberSync already, which Guildhall has made: the match
    goes. So are tournaments of 40 games each.
    """

    connection: Connection[Any]
    matches: int
    """A multiple of 10,000."""
    members: int
    now: datetime
    first: int = 1_000
    """The id of the first regular."""
    before: int = 8_000_000_000
    """All ids of the matches are above it."""

    @property
    def since(self) -> datetime:
        return self.now - self.matches * APART

    def fill(self) -> None:
        """Make the members and the matches. The members' sums are not made."""
        with self.connection.cursor() as cursor:
            # A key is looked up for each row, and an index is made faster than it is kept.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            indexes = cursor.execute(_INDEXES, [[*_TABLES]]).fetchall()
            for name, _ in indexes:
                cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
            cursor.execute(_DRAW)
            for statement in (_MEMBERS, _MATCHES, _PLAYERS, _CUPS):
                cursor.execute(self._sql(statement))
            for table in _TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE match_id < {self.before}")
            for _, definition in indexes:
                cursor.execute(definition)
            cursor.execute("RESET session_replication_role")

    def _sql(self, statement: str) -> sql.Composed:
        heroes = self.ids("SELECT hero_id FROM steam_hero ORDER BY hero_id")
        numbers = {
            "matches": self.matches,
            "members": self.members,
            "since": self.since,
            "apart": APART,
            "choices": len(heroes),
            "first": self.first,
            "before": self.before,
            "regulars": REGULARS,
            "newcomers": NEWCOMERS,
            "met": PLAYED * NEWCOMERS,
            "retired": RETIRED,
            "old_hero": OLD_HERO,
            "pending": PENDING,
            "unavailable": UNAVAILABLE,
            "due": DUE,
            "cups": CUPS,
            "games": GAMES,
            "steam_id": STEAM_ID,
            "newcomer_account": NEWCOMER_ACCOUNT,
            "member_account": MEMBER_ACCOUNT,
            "other_account": OTHER_ACCOUNT,
        }
        literals: dict[str, sql.Composable] = {
            name: sql.Literal(number) for name, number in numbers.items()
        }
        literals["heroes"] = sql.SQL("({}::int[])").format(heroes)
        inserts = {
            f"insert_{name}": insert_like_one(self.connection, table, said, **literals)
            for name, table, said in (
                ("users", "accounts_user", _USER),
                ("newcomers", "accounts_user", _NEWCOMER),
                ("syncs", "steam_membersync", _SYNC),
                ("matches", "steam_match", _MATCH),
                ("players", "steam_matchplayer", _PLAYER),
            )
        }
        return sql.SQL(statement).format(**literals, **inserts)

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Answer the megabytes of each large table, and of its indexes."""
        rows = self.rows("""
            SELECT relname, pg_table_size(oid) / 1048576, pg_indexes_size(oid) / 1048576
            FROM pg_class WHERE relname LIKE 'steam%' AND relkind = 'r'
            ORDER BY pg_total_relation_size(oid) DESC LIMIT 5
        """)
        return {name: (of_table, of_indexes) for name, of_table, of_indexes in rows}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            return cursor.execute(query).fetchall()

    def ids(self, query: str) -> list[int]:
        return [row[0] for row in self.rows(query)]
