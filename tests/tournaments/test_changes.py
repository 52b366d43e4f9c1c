"""Who did what to a bracket, when and why, is kept; tests beside say what each step changes."""

import pytest

from app.tournaments import services
from app.tournaments.models import BracketChange
from app.tournaments.services import Order, Score
from tests.factories import TeamFactory, TournamentFactory, UserFactory, running_tournament
from tests.tournaments.steps import decide, invalid, nothing_changes, refused, series

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return running_tournament(4, organiser=member)


@pytest.fixture
def path(tournament):
    return f"/api/tournaments/{tournament.pk}/changes/"


@pytest.fixture
def course(tournament, member):
    """One step of each kind."""
    first, second = (series(tournament, f"Series 1.{number}") for number in (1, 2))
    services.report(series=first, score=Score(1, 0), by=first.team_a.captain)
    services.dispute(series=first, by=first.team_b.captain, reason="No, we did.")
    services.confirm(series=first, by=member)
    services.correct(
        series=first, score=Score(0, 1), order=Order(member, reason="They were right.")
    )
    services.create_game(
        tournament_id=tournament.pk,
        radiant=second.team_a,
        dire=second.team_b,
        order=Order(member),
        series_id=second.pk,
        winner_id=second.team_a_id,
    )
    final = series(tournament, "Series 2.1")
    services.disqualify_team(team=final.team_b, order=Order(member, reason="Late."))
    services.reinstate_team(team=final.team_b, order=Order(member))
    decide(tournament, "Series 2.1")
    services.finish_tournament(tournament=tournament, by=member)


def test_all_that_is_done_is_listed_the_newest_first(member_api, path, course, tournament, member):
    page = member_api.get(path).json()

    rows = page["results"][::-1]
    assert [row["action"] for row in rows] == [
        "start",
        "report",
        "dispute",
        "confirm",
        "correct",
        "games",
        "disqualify",
        "reinstate",
        "report",
        "finish",
    ]
    first = series(tournament, "Series 1.1")
    assert [row["actor"]["id"] for row in rows[1:4]] == [
        first.team_a.captain_id,
        first.team_b.captain_id,
        member.pk,
    ]
    assert [row["reason"] for row in rows if row["reason"]] == [
        "No, we did.",
        "They were right.",
        "Late.",
    ]
    assert [row["series_id"] for row in rows[1:5]] == [first.pk] * 4
    assert rows[0]["series_id"] is rows[6]["series_id"] is None
    assert all(row["created_at"].endswith("Z") for row in rows)


def test_each_says_what_was_before_and_after(member_api, path, course):
    rows = {row["id"]: row for row in member_api.get(path).json()["results"]}

    known = {}
    for _, row in sorted(rows.items()):
        before, after = row["before"], row["after"]
        assert {*before} == {*after} == {"series", "games", "teams"}
        for each in before["series"]:
            # What one leaves is what the next one finds.
            assert known.setdefault(each["id"], each) == each
        known |= {each["id"]: each for each in after["series"]}
    correct = next(row for row in rows.values() if row["action"] == "correct")
    was, now = correct["before"]["series"][0], correct["after"]["series"][0]
    assert (was["score_a"], was["score_b"], now["score_a"], now["score_b"]) == (1, 0, 0, 1)


def test_what_is_refused_or_tried_is_not_kept(member_api, path, tournament):
    decide(tournament, "Series 1.1")
    first = f"/api/series/{series(tournament, 'Series 1.1').pk}/"
    body = {"score_a": 0, "score_b": 1, "reason": "x"}

    with nothing_changes():
        member_api.post(f"{first}correct/?dry_run=true", body)
        member_api.post(f"{first}report/", body)

    assert [row["action"] for row in member_api.get(path).json()["results"]] == ["report", "start"]


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("action=correct", ["correct"]),
        ("action=report", ["report", "report"]),
        ("series={first}", ["correct", "confirm", "dispute", "report"]),
        ("series={first}&action=confirm", ["confirm"]),
        ("series=999999", []),
    ],
)
def test_changes_are_filtered(member_api, path, course, tournament, query, actions):
    query = query.format(first=series(tournament, "Series 1.1").pk)

    rows = member_api.get(f"{path}?{query}").json()["results"]

    assert [row["action"] for row in rows] == actions


@pytest.mark.parametrize("query", ["action=cheat", "series=first"])
def test_a_filter_that_makes_no_sense_says_so(member_api, path, query):
    assert [*invalid(member_api.get(f"{path}?{query}"))] == [query.split("=")[0]]


def test_it_is_the_organisers_to_read(api, outsider_api, sign_in, staff_api, path, tournament):
    captain = sign_in(series(tournament, "Series 1.1").team_a.captain)
    organiser = sign_in(TournamentFactory().organiser)

    for client in (outsider_api, captain, organiser):
        refused(client.get(path), "permission_denied", 403)
    refused(api.get(path), "not_authenticated", 401)
    assert staff_api.get(path).json()["count"] == 1
    refused(staff_api.get("/api/tournaments/999999/changes/"), "not_found", 404)


def test_only_those_of_the_tournament(member_api, member, path, course):
    other = running_tournament(2, organiser=member)

    page = member_api.get(f"/api/tournaments/{other.pk}/changes/").json()

    assert [row["action"] for row in page["results"]] == ["start"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_not_written(staff_api, path, method):
    with nothing_changes():
        refused(getattr(staff_api, method)(path, {}), "method_not_allowed", 405)


def test_what_somebody_did_who_is_gone_stays(member_api, path, tournament):
    gone = UserFactory(is_staff=True)
    services.report(series=series(tournament, "Series 1.1"), score=Score(1, 0), by=gone)

    gone.delete()

    row, _ = member_api.get(path).json()["results"]
    assert (row["action"], row["actor"]) == ("report", None)


def test_what_was_done_to_a_series_that_is_gone_stays(member_api, member):
    tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
    decide(tournament, "Upper 1.1")
    decide(tournament, "Grand final", 0, 1)
    decide(tournament, "Grand final reset")
    order = Order(member, reason="x", force=True)

    services.correct(series=series(tournament, "Grand final"), score=Score(1, 0), order=order)

    rows = member_api.get(f"/api/tournaments/{tournament.pk}/changes/").json()["results"]
    assert rows[1]["series_id"] is None
    assert rows[1]["after"]["series"][0]["name"] == "Grand final reset"


def test_changes_go_with_their_tournament(member_api, tournament, course):
    TeamFactory()

    assert member_api.delete(f"/api/tournaments/{tournament.pk}/").status_code == 204

    assert not BracketChange.objects.exists()
