"""What grows is read by its indexes, not from end to end; tests/benchmarks has it at full size."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from app.tournaments.models import BracketChange, Series
from tests.benchmarks.brackets import lists_of
from tests.benchmarks.plans import explained
from tests.benchmarks.season import Season
from tests.factories import SettlementFactory, running_tournament
from tests.tournaments.steps import play, series

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans as it likes."),
]


@pytest.fixture
def tournament(member):
    """One of 300 that are over; ten are running. Each has its changes and a Steam match."""
    tournament, running = (
        running_tournament(8, organiser=member, tournament_type="double_elimination")
        for _ in range(2)
    )
    play(tournament)
    SettlementFactory(series=series(tournament, "Upper 1.1"))
    season = Season(connection.connection)
    season.copy(tournament.pk, 300)
    season.copy(running.pk, 10)
    season.dispute()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # Tables as small as these are soonest read whole: what counts is whether they must be.
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    return tournament


@pytest.fixture
def ask(member_api):
    def ask(request):
        response = member_api.get(request.path, request.query)
        return response.status_code, response.json()

    return ask


def test_no_list_reads_a_whole_table(ask, tournament):
    for case in lists_of(Season(connection.connection), tournament.pk):
        with explained() as steps:
            case.verify(ask)
        assert steps
        assert not [step for step in steps if step.whole], case.title


def test_the_steam_matches_of_a_tournament_read_no_whole_table(member_api, tournament):
    path = f"/api/tournaments/{tournament.pk}/settlements/"

    with explained() as steps:
        assert len(member_api.get(path).json()["results"]) == 1

    assert not [step for step in steps if step.whole]


def test_what_nobody_was_told_of_is_found_by_its_index(tournament):
    BracketChange.objects.exclude(tournament=tournament).update(told_at=timezone.now())
    forgotten = BracketChange.objects.forgotten(timezone.now() + timedelta(hours=1))

    with explained() as steps:
        found = [*forgotten.order_by("created_at")]

    assert {*found} == {*tournament.changes.all()}
    assert not [step for step in steps if step.whole]


def test_what_has_no_index_shows(tournament):
    with explained() as steps:
        list(Series.objects.filter(best_of=5))

    assert [step.whole for step in steps] == [["tournaments_series"]]
