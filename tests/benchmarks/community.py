"""Members, tournaments, events and registrations, as many as wanted, made in SQL.

However many events there are, a member comes to as many of them, an organiser has as many, and a
rare word is found as often: what grows is how much there is of others' around it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from psycopg import Connection, sql

from tests.benchmarks.databases import insert_like_one

LASTING = timedelta(days=730)  # from the first event to the last
RARE = "Aegis"  # a word of five events, five tournaments, five teams and five members
COMMON = "Ranked"  # a word of a quarter of the events

# The first are used more than the last. Had it fewer than a hundred to count, PostgreSQL would
# take the beginning of any word for one that each fiftieth row has.
_WORDS = " ".join(map("".join, product("bcdfgjklmprstvz", "aeiou", "lnr")))

_FILL = """
    CREATE FUNCTION pg_temp.word(number bigint) RETURNS text LANGUAGE sql
    RETURN initcap(split_part({words}, ' ', (1 + (number % 225) ^ 2 / 225)::int));

    INSERT INTO accounts_user (id, password, is_superuser, email, email_verified, username,
        nickname, avatar, discord_nickname, guild_nickname, in_guild, is_active, is_staff,
        date_joined, session_epoch)
    SELECT {first} + number, '', false, 'one' || number || '@guildhall.example', true,
        'one' || number,
        CASE WHEN number % ({members} / 5) = 1 THEN {rare} ELSE pg_temp.word(number * 31) END,
        '', '', '', false, true, false, {since}, 0
    FROM generate_series(1, {members} - 1) number;

    INSERT INTO accounts_tokenfamily (id, user_id, jti, created_at, expires_at)
    SELECT gen_random_uuid(), id, md5(id::text), now(), now() + interval '1 week'
    FROM accounts_user WHERE id > {first};

    -- What is not said here is as in a tournament and a team that are there.
    WITH cup AS (
        {insert_cups} FROM (TABLE tournaments_tournament LIMIT 1) AS one
        CROSS JOIN generate_series(1, {events} / 2) number
        RETURNING id, name, organiser_id
    )
    {insert_teams} FROM (TABLE tournaments_team LIMIT 1) AS one
    CROSS JOIN cup CROSS JOIN generate_series(1, 8) entered (seed);

    -- Ten in a row are for one group of members, and by two organisers of the next group.
    INSERT INTO events_event (id, title, description, location, cover, start_date, end_date,
        status, max_participants, waiting_list, created_by_id, uid, sequence, created_at,
        updated_at)
    SELECT number,
        concat_ws(' ', pg_temp.word(number * 13), CASE WHEN number % 4 = 2 THEN {common} END,
            CASE WHEN number % ({events} / 5) = 1 THEN {rare} END, pg_temp.word(number * 7)),
        'Ten players, captains draft, and a word about each game afterwards.',
        'Voice channel ' || number % 7, '', start, start + interval '3 hours',
        CASE WHEN number % 20 = 0 THEN 'draft' WHEN number % 10 = 7 THEN 'cancelled'
            ELSE 'published' END,
        {seats}, true, {first} + (rank / 10 + 1) % {groups} * {each} + rank % 2,
        gen_random_uuid(), 0, {since} + number * interval '1 minute', {since}
    FROM generate_series(1, {events}) number
    -- They begin in about the order in which they were made.
    CROSS JOIN LATERAL (SELECT (number - 1) / 100 * 100 + number * 37 % 100) AS placed (rank)
    CROSS JOIN LATERAL (SELECT {since} + rank * {apart}) AS dated (start);

    -- People come one by one in the weeks before, so an event's lie among those of others.
    INSERT INTO events_registration (event_id, member_id, status, ended_at, checked_in_at,
        no_show, created_at, updated_at)
    SELECT event.id,
        {first} + ((created_by_id - {first}) / {each} + {groups} - 1) % {groups} * {each}
            + (place * 7 + event.id) % {each},
        entered.status, CASE WHEN entered.status = 'cancelled' THEN came END,
        CASE WHEN over AND place % 5 > 0 THEN start_date END, over AND place % 5 = 0, came, came
    FROM events_event event CROSS JOIN generate_series(0, {each} - 1) place
    CROSS JOIN LATERAL (
        SELECT CASE WHEN event.status = 'draft' OR place % 10 = 9 THEN 'cancelled'
            WHEN place - place / 10 < {seats} THEN 'registered' ELSE 'waitlisted' END
    ) AS entered (status)
    CROSS JOIN LATERAL (
        SELECT start_date - ({each} - place) * interval '6 hours',
            start_date < now() AND entered.status = 'registered'
    ) AS attended (came, over)
    ORDER BY came;

    SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), max(id)) FROM accounts_user;
    SELECT setval(pg_get_serial_sequence('events_event', 'id'), max(id)) FROM events_event;
"""

_CUP = {
    "id": "nextval(pg_get_serial_sequence('tournaments_tournament', 'id'))",
    "name": """concat_ws(' ', pg_temp.word(number * 17),
        CASE WHEN number % ({events} / 10) = 1 THEN {rare} END, 'Cup')""",
    "description": "'Best of three, the final best of five.'",
    "organiser_id": "{first} + number",
}
_TEAM = {
    "id": "nextval(pg_get_serial_sequence('tournaments_team', 'id'))",
    "tournament_id": "cup.id",
    "name": """concat_ws(' ', pg_temp.word(cup.id * 29 + entered.seed),
        CASE WHEN entered.seed = 1 AND strpos(cup.name, {rare}) > 0 THEN {rare}
            ELSE pg_temp.word(cup.id * 7 + entered.seed * 11) END)""",
    "captain_id": "organiser_id",
    "seed": "entered.seed",
}


@dataclass(frozen=True)
class Community:
    """Events from `since` on with so many registrations each, and all that they are of.

    There are twice as many members as events. The first is there already, and organises 25 events,
    drafts among them; so are a tournament, which is no draft, and a team. The events' ids count
    from one.
    """

    connection: Connection[Any]
    since: datetime
    events: int
    """A multiple of 100."""
    each: int = 100
    """A multiple of 10."""
    first: int = 1
    """The id of the first member."""

    @property
    def seats(self) -> int:
        """How many are registered for an event."""
        return self.each * 4 // 10

    @property
    def line(self) -> int:
        """How many wait for a seat at an event; the others have left."""
        return self.each // 2

    def fill(self) -> None:
        values = {
            "since": self.since,
            "apart": LASTING / self.events,
            "events": self.events,
            "each": self.each,
            "seats": self.seats,
            "first": self.first,
            "members": self.events * 2,
            "groups": self.events // 50,
            "words": _WORDS,
            "rare": RARE,
            "common": COMMON,
        }
        literals = {name: sql.Literal(value) for name, value in values.items()}
        inserts = {
            "insert_cups": insert_like_one(
                self.connection, "tournaments_tournament", _CUP, **literals
            ),
            "insert_teams": insert_like_one(self.connection, "tournaments_team", _TEAM, **literals),
        }
        with self.connection.cursor() as cursor:
            cursor.execute(sql.SQL(_FILL).format(**literals, **inserts))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            return cursor.execute(query).fetchall()

    def ids(self, query: str) -> list[int]:
        return [row[0] for row in self.rows(query)]
