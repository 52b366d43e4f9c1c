"""What our backend spares PostgreSQL, and that nothing else is spared."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, ProgrammingError, close_old_connections, connection, transaction

from app.core.json import JSONRenderer
from app.core.postgresql import Prepared
from app.core.statements import Bind, Statement
from app.steam.models import Match
from app.tournaments.models import Team
from tests.factories import GameFactory, MatchFactory, TeamFactory, TournamentFactory

# Commits for real: the start of a request drops a connection that is inside of a transaction.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="This is PostgreSQL's backend."),
]


@pytest.fixture
def other():
    """Another connection to the same database, which looks at the first one's."""
    other = connection.copy()
    yield other
    other.close()


def ask(wrapper, sql, *params):
    with wrapper.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def pid():
    return connection.connection.info.backend_pid


def begin_request():
    """Do what Django does before a request's first query."""
    close_old_connections()
    with connection.cursor():
        pass


def last_asked(other):
    """Answer what the connection asked last."""
    [(query,)] = ask(other, "SELECT query FROM pg_stat_activity WHERE pid = %s", pid())
    return query


class TestHealthCheck:
    @pytest.fixture(autouse=True)
    def request_just_now(self):
        connection.close()
        ask(connection, "SELECT 'the first request'")
        begin_request()
        ask(connection, "SELECT 'a request just now'")

    def test_right_after_a_request_the_server_is_not_asked(self, other):
        for _ in range(3):
            begin_request()

        assert last_asked(other) == "SELECT 'a request just now'"

    def test_after_a_pause_it_is_asked_once(self, other):
        connection._asked_at -= 6
        begin_request()
        assert last_asked(other) == "SELECT 1"

        ask(connection, "SELECT 'another request'")
        begin_request()
        assert last_asked(other) == "SELECT 'another request'"

    def test_when_the_clock_was_put_back_it_is_asked(self, other):
        connection._asked_at += 3600
        begin_request()

        assert last_asked(other) == "SELECT 1"

    def test_after_an_error_it_is_asked(self, other):
        with pytest.raises(ProgrammingError):
            ask(connection, "SELECT nothing")
        begin_request()

        assert last_asked(other) == "SELECT 1"

    @pytest.mark.parametrize("pause", [0, 6])
    def test_a_backend_that_was_ended_is_noticed_before_the_next_request(self, api, other, pause):
        ended = pid()
        [(gone,)] = ask(other, "SELECT pg_terminate_backend(%s, 5000)", ended)
        connection._asked_at -= pause

        begin_request()

        assert gone
        assert pid() != ended
        assert api.get("/api/teams/").status_code == 200

    def test_a_connection_that_we_closed_is_noticed_too(self):
        ended = pid()
        connection.connection.close()

        begin_request()

        assert pid() != ended


MOMENTS = [
    datetime(2026, 10, 1, 20, tzinfo=UTC),
    datetime(2026, 10, 1, 20, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 1, 20, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(2026, 10, 1, 20, tzinfo=timezone(-timedelta(hours=12))),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1883, 11, 18, 12, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_comes_back_equal_and_in_utc(moment):
    match = MatchFactory(start_time=moment)

    statement = Statement(Match.objects.values_list("start_time"))
    found = [
        Match.objects.get().start_time,
        statement.rows({})[0][0],
        next(Match.objects.iterator()).start_time,
        ask(connection, "SELECT start_time FROM steam_match")[0][0],
    ]

    for each in found:
        assert each == moment
        assert each.tzinfo is UTC
        assert JSONRenderer().render(each).endswith(b'Z"')
    assert Match.objects.filter(start_time=moment).get() == match


def test_a_moment_that_is_written_elsewhere_is_answered_in_utc(sign_in):
    game = GameFactory()
    organiser_api = sign_in(game.tournament.organiser)
    path = f"/api/games/{game.pk}/"

    written = organiser_api.patch(path, {"played_at": "2026-10-01T20:00:00+05:30"})

    assert written.json()["played_at"] == "2026-10-01T14:30:00Z"
    assert organiser_api.get(path).json()["played_at"] == "2026-10-01T14:30:00Z"


class TestNamedCursor:
    @pytest.fixture(autouse=True)
    def matches(self):
        return MatchFactory.create_batch(7)

    @pytest.mark.parametrize("atomic", [False, True])
    def test_it_brings_rows_in_parts(self, other, matches, atomic):
        with transaction.atomic() if atomic else nullcontext():
            found = Match.objects.order_by("match_id").iterator(chunk_size=2)
            assert next(found) == matches[0]
            assert last_asked(other).startswith("FETCH FORWARD 2")
            assert list(found) == matches[1:]

    def test_two_at_once_do_not_meet(self, matches):
        one, two = (Match.objects.order_by("match_id").iterator(chunk_size=2) for _ in range(2))

        assert list(zip(one, two, strict=True)) == list(zip(matches, matches, strict=True))


class TestPrepared:
    @pytest.fixture(autouse=True)
    def fresh(self):
        connection.close()

    def prepared(self, wrapper=connection):
        return {sql for (sql,) in ask(wrapper, "SELECT statement FROM pg_prepared_statements")}

    def teams(self, *names, **kwargs):
        binds = {name: Bind(name, Team._meta.pk) for name in names}
        teams = Team.objects.filter(**binds).order_by("pk").values_list("pk")
        return Statement(teams, **kwargs)

    @pytest.mark.parametrize("names", [[], ["tournament"]])
    def test_a_statement_with_one_value_or_none_is(self, names):
        statement = self.teams(*names)

        statement.rows({"tournament": 1})

        assert self.prepared() == {statement.sql.replace("%s", "$1")}

    def test_one_with_two_values_is_not_unless_it_asks_for_it(self):
        values = {"tournament": 1, "captain": 2}

        for _ in range(10):
            self.teams(*values).rows(values)
        assert self.prepared() == set()

        self.teams(*values, prepare=True).rows(values)
        [sql] = self.prepared()
        assert "$2" in sql

    def test_its_count_is_too_and_its_estimate_is_not(self):
        statement = self.teams("tournament")

        statement.estimate({"tournament": 1})
        assert self.prepared() == set()

        statement.count({"tournament": 1})
        [sql] = self.prepared()
        assert sql.startswith("SELECT COUNT(*)")

    def test_an_insert_of_one_row_is_and_of_many_is_not(self):
        cup = TournamentFactory()
        connection.close()

        Team.objects.bulk_create([Team(tournament=cup, name=name) for name in "abc"])
        assert self.prepared() == set()

        for name in "de":
            Team.objects.create(tournament=cup, name=name)
        [sql] = self.prepared()
        assert sql.startswith("INSERT")

    def test_no_other_sql_is(self):
        team = TeamFactory()
        connection.close()

        for _ in range(10):
            Team.objects.get(pk=team.pk)
            ask(connection, "SELECT %s::int", 1)

        assert self.prepared() == set()

    def test_nothing_is_where_a_pooler_would_not_bear_it(self, other):
        other.settings_dict["OPTIONS"]["prepare_threshold"] = None

        for _ in range(10):
            ask(other, Prepared("SELECT %s::int"), 1)

        assert self.prepared(other) == set()

    def test_it_is_one_plan_for_numbers_of_any_size(self):
        cup, other = TournamentFactory(), TournamentFactory(id=2**40)
        teams = {tournament.pk: TeamFactory(tournament=tournament) for tournament in (cup, other)}
        statement = self.teams("tournament")

        for value in (cup.pk, 2**40, 40_000, -1, 2**63 - 1, cup.pk):
            expected = [(teams[value].pk,)] if value in teams else []
            assert statement.rows({"tournament": value}) == expected

    def test_it_outlives_a_transaction_and_a_connection(self, other):
        team = TeamFactory()
        statement, values = self.teams("tournament"), {"tournament": team.tournament_id}
        with transaction.atomic():
            assert statement.rows(values) == [(team.pk,)]
            with pytest.raises(DataError):
                ask(connection, "SELECT 1 / 0")
            transaction.set_rollback(True)
        assert statement.rows(values) == [(team.pk,)]

        ask(other, "SELECT pg_terminate_backend(%s, 5000)", pid())
        begin_request()

        assert statement.rows(values) == [(team.pk,)]

    def test_it_bears_a_migration(self):
        team = TeamFactory()
        statement, values = self.teams("tournament"), {"tournament": team.tournament_id}
        statement.rows(values)

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tournaments_team ADD COLUMN later text")
            assert statement.rows(values) == [(team.pk,)]
            cursor.execute("ALTER TABLE tournaments_team DROP COLUMN later")

        assert statement.rows(values) == [(team.pk,)]

    def test_it_bears_a_column_of_another_type(self):
        TeamFactory(seed=7)
        seeds = Statement(Team.objects.values_list("seed"))
        seeds.rows({})

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tournaments_team ALTER COLUMN seed TYPE bigint")
        try:
            for _ in range(3):
                assert seeds.rows({}) == [(7,)]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE tournaments_team ALTER COLUMN seed TYPE smallint")
