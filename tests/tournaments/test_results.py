"""A captain reports, the other confirms or disputes; what the organiser says is final."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.tournaments import services
from app.tournaments.errors import BracketChanged
from app.tournaments.models import BracketChange, Series, Team, Tournament
from app.tournaments.services import Order, Score
from tests.factories import TeamFactory, TournamentFactory, UserFactory, running_tournament
from tests.tournaments.steps import decide, invalid, nothing_changes, play, refused, series, teams

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return running_tournament(8, organiser=member, best_of=3)


@pytest.fixture
def first(tournament):
    """Team 1 against Team 8."""
    return series(tournament, "Series 1.1")


@pytest.fixture
def one(first, sign_in):
    return sign_in(first.team_a.captain)


@pytest.fixture
def eight(first, sign_in):
    return sign_in(first.team_b.captain)


@pytest.fixture
def path(first):
    return f"/api/series/{first.pk}/"


def last_change() -> BracketChange:
    found = BracketChange.objects.order_by("id").last()
    assert found
    return found


class TestReport:
    def test_what_a_captain_reports_waits_for_the_other(self, api, one, path, first):
        response = one.post(f"{path}report/", {"score_a": 2, "score_b": 1})

        body = response.json()
        assert response.status_code == 200
        assert body == api.get(path).json()
        assert (body["name"], body["label_a"]) == ("Series 1.1", None)
        assert (body["status"], body["reported_by_id"]) == ("reported", first.team_a_id)
        assert (body["reported_score_a"], body["reported_score_b"]) == (2, 1)
        assert (body["score_a"], body["winner_id"], body["outcome"]) == (None, None, "")
        change = last_change()
        assert (change.action, change.actor, change.series) == (
            "report",
            first.team_a.captain,
            first,
        )
        # The bracket stands as it did.
        assert Tournament.objects.get().version == 1
        assert teams(series(first.tournament, "Series 2.1")) == [None, None]

    def test_the_second_team_reports_as_well(self, eight, path, first):
        body = eight.post(f"{path}report/", {"score_a": 0, "score_b": 2}).json()

        assert (body["reported_by_id"], body["reported_score_b"]) == (first.team_b_id, 2)

    def test_who_has_reported_may_put_it_right(self, one, eight, path, first):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})

        body = one.post(f"{path}report/", {"score_a": 1, "score_b": 2}).json()

        assert (body["status"], body["reported_score_a"], body["reported_score_b"]) == (
            "reported",
            1,
            2,
        )
        assert eight.post(f"{path}confirm/").json()["winner_id"] == first.team_b_id

    def test_the_other_captain_cannot_report_over_it(self, one, eight, path):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})

        with nothing_changes():
            response = eight.post(f"{path}report/", {"score_a": 2, "score_b": 1})
            refused(response, "already_reported")

    @pytest.mark.parametrize("score", [(2, 2), (1, 1), (1, 0), (0, 0), (3, 0), (2, 3), (0, 3)])
    @pytest.mark.parametrize("who", ["one", "member_api"])
    def test_a_score_that_cannot_be_is_refused(self, request, path, who, score):
        client, (a, b) = request.getfixturevalue(who), score

        with nothing_changes():
            details = invalid(client.post(f"{path}report/", {"score_a": a, "score_b": b}))
            said = f"A best of 3 cannot end {a}:{b}; who wins it has won 2."
            assert details == {"non_field_errors": [said]}

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["score_a", "score_b"]),
            ({"score_a": 2}, ["score_b"]),
            ({"score_a": 2, "score_b": None}, ["score_b"]),
            ({"score_a": -1, "score_b": 2}, ["score_a"]),
            ({"score_a": "two", "score_b": 100}, ["score_a", "score_b"]),
            ({"score_a": 2, "score_b": 0, "outcome": "open"}, ["outcome"]),
            ({"score_a": 2, "score_b": 0, "outcome": "bye"}, ["outcome"]),
        ],
    )
    @pytest.mark.parametrize("who", ["one", "member_api"])
    def test_what_is_no_score_is_said_by_field(self, request, path, who, body, fields):
        with nothing_changes():
            response = request.getfixturevalue(who).post(f"{path}report/", body)
            assert [*invalid(response)] == fields

    @pytest.mark.parametrize("outcome", ["walkover", "double_forfeit"])
    def test_a_captain_gives_no_walkover(self, one, path, first, outcome):
        body = {"outcome": outcome, "winner_id": first.team_a_id, "score_a": 2, "score_b": 0}

        with nothing_changes():
            refused(one.post(f"{path}report/", body), "permission_denied", 403)

    def test_before_both_teams_are_known_there_is_nothing_to_report(
        self, member_api, one, tournament
    ):
        decide(tournament, "Series 1.1", 2, 0)
        waiting = series(tournament, "Series 2.1")
        assert teams(waiting) == ["Team 1", None]

        with nothing_changes():
            for client in (member_api, one):
                path = f"/api/series/{waiting.pk}/report/"
                refused(client.post(path, {"score_a": 2, "score_b": 0}), "series_not_ready")

    @pytest.mark.parametrize("route", ["report/", "confirm/", "dispute/"])
    def test_a_series_with_a_result_has_it(self, member_api, one, tournament, path, route):
        decide(tournament, "Series 1.1", 2, 0)

        with nothing_changes():
            for client in (member_api, one):
                response = client.post(path + route, {"score_a": 0, "score_b": 2})
                refused(response, "series_finished")

    def test_a_series_that_is_not_there(self, member_api, tournament):
        for route in ("report/", "confirm/", "dispute/", "correct/"):
            response = member_api.post(f"/api/series/999999/{route}", {"reason": "x"})
            refused(response, "not_found", 404)


class TestConfirm:
    @pytest.fixture
    def reported(self, one, path):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})

    @pytest.mark.parametrize("who", ["eight", "member_api", "staff_api"])
    def test_once_it_is_agreed_on_the_winner_goes_on(self, request, reported, path, first, who):
        before = timezone.now()

        response = request.getfixturevalue(who).post(f"{path}confirm/")

        body = response.json()
        assert response.status_code == 200
        assert (body["status"], body["outcome"], body["decided_by"]) == (
            "finished",
            "played",
            "report",
        )
        assert (body["score_a"], body["score_b"], body["winner_id"]) == (2, 1, first.team_a_id)
        assert (body["reported_by_id"], body["reported_score_a"]) == (None, None)
        row = series(first.tournament, "Series 1.1")
        assert row.finished_at >= before
        assert teams(series(first.tournament, "Series 2.1")) == ["Team 1", None]
        assert Tournament.objects.get().version == 2
        change = last_change()
        assert (change.action, change.series) == ("confirm", row)

    def test_the_loser_of_a_double_elimination_drops(self, member, sign_in):
        tournament = running_tournament(4, organiser=member, tournament_type="double_elimination")
        row = series(tournament, "Upper 1.2")
        path = f"/api/series/{row.pk}/"
        sign_in(row.team_b.captain).post(f"{path}report/", {"score_a": 0, "score_b": 1})

        sign_in(row.team_a.captain).post(f"{path}confirm/")

        assert teams(series(tournament, "Upper 2.1")) == [None, "Team 3"]
        assert teams(series(tournament, "Lower 1.1")) == [None, "Team 2"]

    def test_nobody_agrees_with_themselves(self, one, reported, path):
        for route in ("confirm/", "dispute/"):
            with nothing_changes():
                refused(one.post(path + route), "own_report")

    def test_who_captains_both_teams_cannot_either(self, sign_in, first, path):
        both = first.team_a.captain
        Team.objects.filter(pk=first.team_b_id).update(captain=both)
        client = sign_in(both)
        client.post(f"{path}report/", {"score_a": 2, "score_b": 0})

        with nothing_changes():
            refused(client.post(f"{path}confirm/"), "own_report")

    def test_a_new_captain_agrees_for_the_other_team_alone(self, sign_in, reported, first, path):
        # Whoever takes over from the one who has reported speaks for the same team.
        heir = UserFactory()
        Team.objects.filter(pk=first.team_a_id).update(captain=heir)

        with nothing_changes():
            refused(sign_in(heir).post(f"{path}confirm/"), "own_report")
            response = sign_in(first.team_a.captain).post(f"{path}confirm/")
            refused(response, "permission_denied", 403)

    @pytest.mark.parametrize("who", ["eight", "one", "member_api"])
    @pytest.mark.parametrize("route", ["confirm/", "dispute/"])
    def test_where_nothing_is_reported_there_is_nothing_to_say(self, request, path, who, route):
        with nothing_changes():
            response = request.getfixturevalue(who).post(path + route)
            refused(response, "not_reported")

    def test_nobody_agrees_with_a_score_that_was_put_right_since(self, one, eight, reported, path):
        seen = {"score_a": 2, "score_b": 1}
        one.post(f"{path}report/", {"score_a": 2, "score_b": 0})

        with nothing_changes():
            said = refused(eight.post(f"{path}confirm/", seen), "already_reported")
            assert said == "By now 2:0 has been reported; confirm or dispute that."
        response = eight.post(f"{path}confirm/", {"score_a": 2, "score_b": 0})
        assert (response.status_code, response.json()["score_b"]) == (200, 0)

    def test_a_score_is_of_both_teams(self, eight, reported, path):
        with nothing_changes():
            details = invalid(eight.post(f"{path}confirm/", {"score_a": 2}))
            assert details == {"non_field_errors": ["Send both scores, or neither."]}

    def test_the_organiser_overrules_a_report(self, member_api, reported, path, first):
        body = member_api.post(f"{path}report/", {"score_a": 0, "score_b": 2}).json()

        assert (body["status"], body["winner_id"]) == ("finished", first.team_b_id)
        assert body["reported_score_a"] is body["reported_by_id"] is None


class TestDispute:
    @pytest.fixture
    def disputed(self, one, eight, path):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})
        return eight.post(f"{path}dispute/", {"reason": "We won the second game."})

    def test_what_is_disputed_waits_for_the_organiser(self, disputed, first):
        body = disputed.json()

        assert disputed.status_code == 200
        assert (body["status"], body["reported_score_a"]) == ("disputed", 2)
        change = last_change()
        assert (change.action, change.actor, change.reason) == (
            "dispute",
            first.team_b.captain,
            "We won the second game.",
        )

    def test_captains_have_no_more_say(self, disputed, one, eight, path):
        with nothing_changes():
            for client in (one, eight):
                response = client.post(f"{path}report/", {"score_a": 2, "score_b": 0})
                refused(response, "already_reported")
                refused(client.post(f"{path}confirm/"), "not_reported")
                refused(client.post(f"{path}dispute/"), "not_reported")

    @pytest.mark.parametrize("who", ["member_api", "staff_api"])
    def test_the_organiser_settles_it_by_a_report(self, request, disputed, path, first, who):
        client = request.getfixturevalue(who)

        body = client.post(f"{path}report/", {"score_a": 1, "score_b": 2}).json()

        assert (body["status"], body["winner_id"]) == ("finished", first.team_b_id)
        assert body["reported_score_a"] is None

    def test_or_by_agreeing_after_all(self, member_api, disputed, path, first):
        body = member_api.post(f"{path}confirm/").json()

        assert (body["status"], body["winner_id"]) == ("finished", first.team_a_id)

    def test_a_reason_is_of_a_certain_length(self, one, eight, path):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})

        with nothing_changes():
            response = eight.post(f"{path}dispute/", {"reason": "x" * 501})
            assert [*invalid(response)] == ["reason"]
        assert eight.post(f"{path}dispute/", {"reason": ""}).status_code == 200


class TestWhoMay:
    @pytest.fixture
    def strangers(self, tournament, outsider_api, sign_in):
        """Everybody who might think that it is theirs."""
        organiser = TournamentFactory().organiser
        assert organiser
        other = running_tournament(2)
        captain_elsewhere = series(other, "Series 1.1").team_a.captain
        another_captain = series(tournament, "Series 1.2").team_a.captain
        return [outsider_api, *map(sign_in, (organiser, captain_elsewhere, another_captain))]

    @pytest.mark.parametrize("route", ["report/", "confirm/", "dispute/", "correct/"])
    def test_a_series_is_nobody_elses(self, api, one, path, strangers, route):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})
        body = {"score_a": 0, "score_b": 2, "reason": "We are better."}

        with nothing_changes():
            for client in strangers:
                refused(client.post(path + route, body), "permission_denied", 403)
            refused(api.post(path + route, body), "not_authenticated", 401)

    @pytest.mark.parametrize("route", ["report/", "confirm/", "dispute/"])
    def test_who_was_captain_is_so_no_more(self, one, eight, path, first, route):
        one.post(f"{path}report/", {"score_a": 2, "score_b": 1})
        Team.objects.update(captain=None)

        with nothing_changes():
            for client in (one, eight):
                response = client.post(path + route, {"score_a": 0, "score_b": 2})
                refused(response, "permission_denied", 403)

    def test_a_captain_who_is_replaced_meanwhile_is_told_so(self, first, path):
        # Looked at as captain, and then, under the lock, as one no more.
        captain = first.team_a.captain
        Team.objects.filter(pk=first.team_a_id).update(captain=None)

        with nothing_changes(), pytest.raises(PermissionDenied):
            services.report(series=first, score=Score(2, 0), by=captain)

    def test_a_captain_corrects_nothing(self, tournament, one, eight, path):
        decide(tournament, "Series 1.1", 2, 0)

        with nothing_changes():
            for client in (one, eight):
                body = {"score_a": 0, "score_b": 2, "reason": "No."}
                refused(client.post(f"{path}correct/", body), "permission_denied", 403)

    @pytest.mark.parametrize("changes", [{"best_of": 1}, {"scheduled_at": None}])
    def test_a_captain_does_not_say_when_and_how_long_they_play(self, api, one, path, changes):
        with nothing_changes():
            refused(one.patch(path, changes), "permission_denied", 403)
            refused(api.patch(path, changes), "not_authenticated", 401)


class TestForfeits:
    @pytest.mark.parametrize("side", ["a", "b"])
    def test_a_walkover_has_the_score_that_wins(self, member_api, tournament, path, first, side):
        winner_id = getattr(first, f"team_{side}_id")

        body = member_api.post(
            f"{path}report/", {"outcome": "walkover", "winner_id": winner_id}
        ).json()

        assert (body["outcome"], body["winner_id"]) == ("walkover", winner_id)
        assert (body["score_a"], body["score_b"]) == ((2, 0) if side == "a" else (0, 2))
        assert (body["status"], body["decided_by"]) == ("finished", "report")
        winner = first.team_a if side == "a" else first.team_b
        assert teams(series(tournament, "Series 2.1")) == [winner.name, None]

    @pytest.mark.parametrize("winner", ["none", "missing", "other"])
    def test_it_is_given_to_one_of_the_two(self, member_api, tournament, path, winner):
        other = series(tournament, "Series 1.2").team_a_id
        body = {"outcome": "walkover", "winner_id": {"none": None, "other": other}.get(winner)}
        if winner == "missing":
            del body["winner_id"]

        with nothing_changes():
            details = invalid(member_api.post(f"{path}report/", body))
            assert details == {"winner_id": ["Say which of the two teams goes on."]}

    def test_who_meets_nobody_goes_on_by_a_bye(self, member_api, tournament, path):
        body = member_api.post(f"{path}report/", {"outcome": "double_forfeit"}).json()

        assert (body["status"], body["outcome"]) == ("finished", "double_forfeit")
        assert (body["score_a"], body["score_b"], body["winner_id"]) == (0, 0, None)
        decide(tournament, "Series 1.2", 2, 0)
        bye = series(tournament, "Series 2.1")
        assert (teams(bye), bye.outcome, bye.decided_by) == ([None, "Team 4"], "bye", "bracket")
        assert (bye.status, bye.score_a, bye.score_b) == ("finished", None, None)
        assert bye.winner_id == bye.team_b_id
        assert teams(series(tournament, "Series 3.1")) == ["Team 4", None]

    def test_where_all_forfeit_nobody_wins(self, api, member_api, tournament):
        for number in range(1, 5):
            decide(tournament, f"Series 1.{number}", outcome="double_forfeit")

        assert {row.outcome for row in tournament.series.filter(round__gt=1)} == {"bye"}
        assert api.get(f"/api/tournaments/{tournament.pk}/bracket/").json()["champion_id"] is None
        response = member_api.post(f"/api/tournaments/{tournament.pk}/finish/")
        assert response.json()["status"] == "finished"


class TestDraws:
    @pytest.fixture
    def group(self, member):
        return running_tournament(4, organiser=member, tournament_type="round_robin", best_of=2)

    def test_two_games_can_be_drawn(self, api, sign_in, group):
        row = series(group, "Group A 1.1")
        path = f"/api/series/{row.pk}/"
        sign_in(row.team_a.captain).post(f"{path}report/", {"score_a": 1, "score_b": 1})

        body = sign_in(row.team_b.captain).post(f"{path}confirm/").json()

        assert (body["status"], body["outcome"], body["winner_id"]) == ("finished", "played", None)
        assert (body["score_a"], body["score_b"]) == (1, 1)
        [table] = api.get(f"/api/tournaments/{group.pk}/standings/").json()["groups"]
        points = {each["team"]["name"]: (each["points"], each["drawn"]) for each in table["rows"]}
        assert sorted(points.values()) == [(0, 0), (0, 0), (1, 1), (1, 1)]

    @pytest.mark.parametrize("score", [(2, 0), (0, 2), (1, 1)])
    def test_or_won_by_two(self, group, score):
        assert decide(group, "Group A 1.1", *score).status == "finished"

    @pytest.mark.parametrize("score", [(1, 0), (0, 1), (2, 1), (0, 0), (2, 2)])
    def test_but_not_by_one(self, member_api, group, score):
        path = f"/api/series/{series(group, 'Group A 1.1').pk}/report/"
        body = {"score_a": score[0], "score_b": score[1]}

        with nothing_changes():
            [[said]] = invalid(member_api.post(path, body)).values()
            assert said.endswith("; who wins it has won 2, and it is drawn at 1.")

    def test_a_final_cannot_be_drawn_though_it_had_an_even_number_of_games(
        self, member_api, tournament
    ):
        # As the rules refuse to have it.
        Series.objects.update(best_of=2)

        with nothing_changes():
            response = member_api.post(
                f"/api/series/{series(tournament, 'Series 1.1').pk}/report/",
                {"score_a": 1, "score_b": 1},
            )
            assert [*invalid(response)] == ["non_field_errors"]


class TestSeries:
    def test_the_organiser_says_when_it_is_played(self, api, member_api, path):
        response = member_api.patch(path, {"scheduled_at": "2026-11-01T21:00:00+01:00"})

        assert response.status_code == 200
        assert response.json()["scheduled_at"] == "2026-11-01T20:00:00Z"
        assert response.json() == api.get(path).json()

    def test_and_how_many_games_it_has_until_something_is_known_of_it(
        self, member_api, tournament, path, one
    ):
        assert member_api.patch(path, {"best_of": 5}).json()["best_of"] == 5
        one.post(f"{path}report/", {"score_a": 3, "score_b": 1})

        with nothing_changes():
            refused(member_api.patch(path, {"best_of": 3}), "series_finished")
        # The same is no change.
        assert member_api.patch(path, {"best_of": 5}).status_code == 200
        decide(tournament, "Series 1.1", 3, 1)
        with nothing_changes():
            refused(member_api.patch(path, {"best_of": 3}), "series_finished")

    def test_neither_of_one_that_is_being_played_nor_of_a_bye(self, member_api, tournament):
        Series.objects.filter(section="upper", round=1).update(score_a=1, score_b=0)
        with nothing_changes():
            path = f"/api/series/{series(tournament, 'Series 1.1').pk}/"
            refused(member_api.patch(path, {"best_of": 5}), "series_finished")
        for number in (1, 2):
            decide(tournament, f"Series 1.{number}", outcome="double_forfeit")
        with nothing_changes():
            path = f"/api/series/{series(tournament, 'Series 2.1').pk}/"
            refused(member_api.patch(path, {"best_of": 5}), "series_finished")

    @pytest.mark.parametrize("best_of", [0, 10, 2, 4])
    def test_an_elimination_has_no_even_number_of_games(self, member_api, path, best_of):
        with nothing_changes():
            assert [*invalid(member_api.patch(path, {"best_of": best_of}))] == ["best_of"]

    def test_a_group_may(self, member_api, member):
        group = running_tournament(3, organiser=member, tournament_type="round_robin")
        path = f"/api/series/{series(group, 'Group A 1.1').pk}/"

        assert member_api.patch(path, {"best_of": 2}).json()["best_of"] == 2
        assert decide(group, "Group A 1.1", 1, 1).status == "finished"

    def test_its_teams_and_its_result_follow_from_the_bracket(self, member_api, path):
        body = {"score_a": 2, "winner_id": 1, "status": "finished", "round": 3, "team_a": None}

        before = member_api.get(path).json()
        after = member_api.patch(path, body).json()

        assert after | {"updated_at": None} == before | {"updated_at": None}

    @pytest.mark.parametrize("method", ["put", "delete"])
    def test_it_is_neither_replaced_nor_deleted(self, staff_api, path, method):
        with nothing_changes():
            refused(getattr(staff_api, method)(path, {}), "method_not_allowed", 405)

    def test_series_are_filtered_and_put_in_order(self, api, tournament, first):
        decide(tournament, "Series 1.1", 2, 0)
        running_tournament(2)

        def found(query):
            page = api.get(f"/api/series/?tournament={tournament.pk}&{query}").json()
            return [row["name"] for row in page["results"]]

        assert found("status=finished") == ["Series 1.1"]
        assert found("status=waiting") == ["Series 2.1", "Series 2.2", "Series 3.1"]
        assert found(f"team={first.team_a_id}") == ["Series 1.1", "Series 2.1"]
        assert found(f"team={first.team_b_id}") == ["Series 1.1"]
        assert found("section=lower") == []
        assert len(found("")) == 7
        assert found("ordering=-id")[0] == "Series 3.1"

    def test_who_is_not_known_yet_has_a_label(self, api, tournament):
        rows = api.get(f"/api/series/?tournament={tournament.pk}").json()["results"]

        labels = {row["name"]: (row["label_a"], row["label_b"]) for row in rows}
        assert labels["Series 1.1"] == (None, None)
        assert labels["Series 2.1"] == ("Winner of Series 1.1", "Winner of Series 1.2")


def test_the_grand_final_is_played_again_once_it_must_be(member):
    tournament = running_tournament(4, organiser=member, tournament_type="double_elimination")
    for name in ("Upper 1.1", "Upper 1.2", "Upper 2.1", "Lower 1.1", "Lower 2.1"):
        decide(tournament, name)
    assert not tournament.series.filter(section="grand_final", round=2).exists()

    decide(tournament, "Grand final", 0, 1)

    reset = series(tournament, "Grand final reset")
    assert (teams(reset), reset.status) == (["Team 1", "Team 2"], "ready")
    assert (reset.source_a, reset.source_b) == (
        "loser:grand_final.0.1.1",
        "winner:grand_final.0.1.1",
    )
    change = last_change()
    assert [row["id"] for row in change.after["series"]] == [
        series(tournament, "Grand final").pk,
        reset.pk,
    ]
    assert len(change.before["series"]) == 1


@pytest.mark.parametrize(("rules", "score"), [({"grand_final_reset": False}, (0, 1)), ({}, (1, 0))])
def test_and_only_then(member, rules, score):
    tournament = running_tournament(
        2, organiser=member, tournament_type="double_elimination", **rules
    )
    decide(tournament, "Upper 1.1")

    decide(tournament, "Grand final", *score)

    assert tournament.series.count() == 2
    assert services.finish_tournament(tournament=tournament, by=member).status == "finished"


def test_the_losers_of_the_semi_finals_play_for_the_third_place(member, api):
    tournament = running_tournament(4, organiser=member, third_place=True)
    decide(tournament, "Series 1.1")
    decide(tournament, "Series 1.2")

    assert teams(series(tournament, "Third place")) == ["Team 4", "Team 3"]

    decide(tournament, "Third place", 0, 1)
    decide(tournament, "Series 2.1")
    places = api.get(f"/api/tournaments/{tournament.pk}/standings/").json()["places"]
    assert [(place["rank"], place["rank_to"], place["team"]["name"]) for place in places] == [
        (1, 1, "Team 1"),
        (2, 2, "Team 2"),
        (3, 3, "Team 3"),
        (4, 4, "Team 4"),
    ]


def test_a_groups_winners_meet_once_their_groups_are_over(member):
    tournament = running_tournament(
        4,
        organiser=member,
        tournament_type="round_robin",
        groups=2,
        playoff="single_elimination",
        qualifiers=2,
    )
    rows = [series(tournament, f"Series 1.{number}") for number in (1, 2)]
    assert [teams(row) for row in rows] == [[None, None], [None, None]]

    # 1 and 4 are in Group A, 2 and 3 in Group B.
    decide(tournament, "Group A 1.1", 0, 1)
    rows = [series(tournament, f"Series 1.{number}") for number in (1, 2)]
    assert [teams(row) for row in rows] == [["Team 4", None], [None, "Team 1"]]

    decide(tournament, "Group B 1.1")
    rows = [series(tournament, f"Series 1.{number}") for number in (1, 2)]
    assert [(teams(row), row.status) for row in rows] == [
        (["Team 4", "Team 3"], "ready"),
        (["Team 2", "Team 1"], "ready"),
    ]


def test_a_swiss_round_is_paired_when_the_one_before_is_over(member):
    tournament = running_tournament(5, organiser=member, tournament_type="swiss")
    bye = series(tournament, "Swiss 1.3")
    assert (teams(bye), bye.outcome) == (["Team 5", None], "bye")

    decide(tournament, "Swiss 1.1")
    assert teams(series(tournament, "Swiss 2.1")) == [None, None]
    decide(tournament, "Swiss 1.2")

    # 1, 2 and 5 have won. Who has had the bye does not meet a weaker one again, nor has another.
    rows = [teams(series(tournament, f"Swiss 2.{number}")) for number in (1, 2, 3)]
    assert rows == [["Team 1", "Team 5"], ["Team 2", "Team 3"], ["Team 4", None]]


class TestLarge:
    """A double elimination of 256 teams."""

    @pytest.fixture
    def large(self, member):
        tournament = TournamentFactory(
            organiser=member, tournament_type="double_elimination", best_of=3
        )
        captains = [UserFactory.build() for _ in range(256)]
        type(member).objects.bulk_create(captains)
        Team.objects.bulk_create(
            Team(tournament=tournament, name=f"Team {n}", seed=n, captain=captain)
            for n, captain in enumerate(captains, start=1)
        )
        return services.start_tournament(tournament=tournament, by=member).tournament

    def test_a_report_costs_at_most_twelve_queries(self, large, member_api, sign_in):
        row = series(large, "Upper 1.1")
        path, score = f"/api/series/{row.pk}/", {"score_a": 2, "score_b": 0}
        counted = {}
        for step, client, route in (
            ("report", sign_in(row.team_a.captain), "report/"),
            ("put right", sign_in(row.team_a.captain), "report/"),
            ("confirm", sign_in(row.team_b.captain), "confirm/"),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.post(path + route, score).status_code == 200
            counted[step] = len(queries)
        path = f"/api/series/{series(large, 'Upper 1.2').pk}/"
        with CaptureQueriesContext(connection) as queries:
            assert member_api.post(f"{path}report/", score).status_code == 200
        counted["organiser"] = len(queries)

        assert max(counted.values()) <= 12, counted
        assert large.series.filter(status="finished").count() == 2


def test_what_was_built_on_a_result_that_is_taken_back_is_let_go_by_force(member_api, member):
    tournament = running_tournament(4, organiser=member, tournament_type="swiss", swiss_rounds=2)
    for name in ("Swiss 1.1", "Swiss 1.2", "Swiss 2.1"):
        decide(tournament, name)
    reported = series(tournament, "Swiss 2.2")
    services.report(series=reported, score=Score(1, 0), by=reported.team_a.captain)
    for name in ("Swiss 1.1", "Swiss 2.1"):
        path = f"/api/series/{series(tournament, name).pk}/correct/"
        member_api.post(path, {"outcome": "open", "reason": "x", "force": True})
    path, body = f"/api/series/{series(tournament, 'Swiss 1.1').pk}/report/", {"score_a": 0}

    with nothing_changes():
        refused(member_api.post(path, body | {"score_b": 1}), "results_followed")
    response = member_api.post(path, body | {"score_b": 1, "force": True})

    assert response.status_code == 200
    assert series(tournament, "Swiss 2.2").status == "ready"


def test_a_series_that_is_gone_by_now_is_a_conflict(member):
    """Its grand final is not played again after all, as somebody has just corrected it."""
    tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
    decide(tournament, "Upper 1.1")
    decide(tournament, "Grand final", 0, 1)
    reset = series(tournament, "Grand final reset")
    services.correct(
        series=series(tournament, "Grand final"), score=Score(1, 0), order=Order(member)
    )

    for by in (member, reset.team_a.captain):
        with nothing_changes(), pytest.raises(BracketChanged):
            services.report(series=reset, score=Score(1, 0), by=by)
        with nothing_changes(), pytest.raises(BracketChanged):
            services.confirm(series=reset, by=by)


def test_a_tournament_with_fewer_teams_than_seats_is_played_to_its_end(member):
    for number in (2, 3, 5, 7):
        tournament = running_tournament(number, organiser=member)
        TeamFactory(tournament=tournament)  # in reserve

        play(tournament)

        assert services.finish_tournament(tournament=tournament, by=member).finished_at
