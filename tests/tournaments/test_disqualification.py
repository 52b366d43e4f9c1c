"""A team is put out, plays again, or gives its place to another."""

import pytest

from app.tournaments import services
from app.tournaments.models import BracketChange, Team, Tournament
from app.tournaments.services import Score
from tests.factories import GameFactory, TeamFactory, TournamentFactory, running_tournament
from tests.tournaments.steps import (
    course,
    decide,
    invalid,
    nothing_changes,
    play,
    refused,
    series,
    teams,
)

pytestmark = pytest.mark.django_db

GROUPS = {
    "tournament_type": "round_robin",
    "groups": 2,
    "playoff": "single_elimination",
    "qualifiers": 2,
}


@pytest.fixture
def tournament(member):
    return running_tournament(4, organiser=member, best_of=3)


def team(tournament, number) -> Team:
    found: Team = tournament.teams.get(name=f"Team {number}")
    return found


def asked(client, team, action, **body):
    response = client.post(f"/api/teams/{team.pk}/{action}/", body)
    assert response.status_code == 200, response.json()
    return response.json()


class TestDisqualify:
    @pytest.mark.parametrize("who", ["member_api", "staff_api"])
    def test_what_is_to_be_played_is_forfeited(self, request, api, tournament, who):
        four = team(tournament, 4)

        found = asked(request.getfixturevalue(who), four, "disqualify", reason="Cheats.")

        row = series(tournament, "Series 1.1")
        assert (row.status, row.outcome, row.decided_by) == ("finished", "walkover", "bracket")
        assert (row.winner.name, row.score_a, row.score_b) == ("Team 1", 2, 0)
        assert teams(series(tournament, "Series 2.1")) == ["Team 1", None]
        assert api.get(f"/api/teams/{four.pk}/").json()["disqualified_at"]
        assert found["lost"] == []
        assert [each["before"]["name"] for each in found["series"]] == ["Series 1.1", "Series 2.1"]
        change = BracketChange.objects.order_by("id").last()
        assert (change.action, change.reason, change.series) == ("disqualify", "Cheats.", None)
        entrant = {"id": four.pk, "name": "Team 4", "seed": 4}
        assert change.before["teams"] == [entrant | {"is_out": False}]
        assert change.after["teams"] == [entrant | {"is_out": True}]
        bracket = api.get(f"/api/tournaments/{tournament.pk}/bracket/").json()
        assert {each["name"] for each in bracket["teams"] if each["is_out"]} == {"Team 4"}

    def test_what_it_has_played_stays(self, member_api, tournament):
        decide(tournament, "Series 1.1", 0, 2)
        decide(tournament, "Series 1.2", 2, 1)

        asked(member_api, team(tournament, 4), "disqualify")

        assert series(tournament, "Series 1.1").winner.name == "Team 4"
        final = series(tournament, "Series 2.1")
        assert (final.winner.name, final.outcome) == ("Team 2", "walkover")

    def test_where_it_would_have_come_it_forfeits_as_well(self, member_api, tournament):
        decide(tournament, "Series 1.1", 0, 2)
        asked(member_api, team(tournament, 4), "disqualify")
        assert series(tournament, "Series 2.1").status == "waiting"

        decide(tournament, "Series 1.2", 2, 1)

        assert series(tournament, "Series 2.1").winner.name == "Team 2"

    def test_of_two_who_are_out_the_later_goes_on(self, member_api, tournament):
        asked(member_api, team(tournament, 1), "disqualify")
        asked(member_api, team(tournament, 4), "disqualify")

        row = series(tournament, "Series 1.1")
        assert (row.winner.name, row.outcome) == ("Team 4", "walkover")
        decide(tournament, "Series 1.2", 2, 0)
        assert series(tournament, "Series 2.1").winner.name == "Team 2"

    def test_a_report_that_waits_goes_with_it_by_force(self, member_api, tournament):
        row = series(tournament, "Series 1.1")
        services.report(series=row, score=Score(0, 2), by=row.team_b.captain)
        four = team(tournament, 4)

        with nothing_changes():
            response = member_api.post(f"/api/teams/{four.pk}/disqualify/", {})
            assert "Series 1.1" in refused(response, "results_followed")
        asked(member_api, four, "disqualify", force=True)

        row = series(tournament, "Series 1.1")
        assert (row.status, row.outcome, row.reported_score_a) == ("finished", "walkover", None)

    def test_a_double_elimination_is_left_through_the_lower_bracket(self, member_api, member):
        tournament = running_tournament(4, organiser=member, tournament_type="double_elimination")

        asked(member_api, team(tournament, 4), "disqualify")
        play(tournament)

        assert series(tournament, "Upper 1.1").outcome == "walkover"
        lower = series(tournament, "Lower 1.1")
        assert (lower.outcome, lower.winner.name) == ("walkover", "Team 3")
        assert services.finish_tournament(tournament=tournament, by=member).finished_at

    def test_the_winner_of_all_who_is_out_is_no_champion(self, api, member_api, tournament):
        play(tournament, a=2)
        path = f"/api/tournaments/{tournament.pk}/bracket/"
        assert api.get(path).json()["champion_id"] == team(tournament, 1).pk

        asked(member_api, team(tournament, 1), "disqualify")

        assert api.get(path).json()["champion_id"] is None

    def test_before_the_playoff_it_is_the_last_and_the_next_one_qualifies(
        self, api, member_api, member
    ):
        tournament = running_tournament(8, organiser=member, **GROUPS)
        for row in tournament.series.filter(section="group").order_by("id"):
            a, b = (1, 0) if row.team_a.seed < row.team_b.seed else (0, 1)
            decide(tournament, row.name, a, b)
        # Of Group A are 1, 4, 5 and 8, and of Group B 2, 3, 6 and 7.
        assert [teams(series(tournament, f"Series 1.{n}")) for n in (1, 2)] == [
            ["Team 1", "Team 3"],
            ["Team 2", "Team 4"],
        ]

        asked(member_api, team(tournament, 1), "disqualify")

        assert team(tournament, 1).is_unranked
        assert [teams(series(tournament, f"Series 1.{n}")) for n in (1, 2)] == [
            ["Team 4", "Team 3"],
            ["Team 2", "Team 5"],
        ]
        page = api.get(f"/api/tournaments/{tournament.pk}/standings/").json()
        assert [row["team"]["name"] for row in page["groups"][0]["rows"]] == [
            "Team 4",
            "Team 5",
            "Team 8",
            "Team 1",
        ]
        assert page["places"][-1]["team"]["name"] == "Team 1"

    def test_once_the_playoff_has_begun_it_keeps_its_rank(self, api, member_api, member):
        tournament = running_tournament(8, organiser=member, **GROUPS)
        for row in tournament.series.filter(section="group").order_by("id"):
            a, b = (1, 0) if row.team_a.seed < row.team_b.seed else (0, 1)
            decide(tournament, row.name, a, b)
        decide(tournament, "Series 1.2")

        asked(member_api, team(tournament, 1), "disqualify")

        assert not team(tournament, 1).is_unranked
        row = series(tournament, "Series 1.1")
        assert (teams(row), row.winner.name) == (["Team 1", "Team 3"], "Team 3")
        page = api.get(f"/api/tournaments/{tournament.pk}/standings/").json()
        assert page["groups"][0]["rows"][0]["team"]["name"] == "Team 1"

    def test_a_playoff_that_is_reported_already_needs_force(self, member_api, member):
        tournament = running_tournament(4, organiser=member, **GROUPS)
        decide(tournament, "Group A 1.1")
        decide(tournament, "Group B 1.1")
        row = series(tournament, "Series 1.1")
        services.report(series=row, score=Score(1, 0), by=row.team_a.captain)

        with nothing_changes():
            response = member_api.post(f"/api/teams/{team(tournament, 1).pk}/disqualify/")
            refused(response, "results_followed")
        found = asked(member_api, team(tournament, 1), "disqualify", force=True)
        assert [each["name"] for each in found["lost"]] == ["Series 1.1"]

    def test_in_swiss_rounds_it_forfeits_this_one_and_is_in_no_other(self, member_api, member):
        tournament = running_tournament(5, organiser=member, tournament_type="swiss")
        decide(tournament, "Swiss 1.1")

        asked(member_api, team(tournament, 4), "disqualify")

        row = series(tournament, "Swiss 1.2")
        assert (teams(row), row.winner.name) == (["Team 2", "Team 4"], "Team 2")
        met = [teams(row) for row in tournament.series.filter(round=2).order_by("id")]
        assert {name for each in met for name in each} == {
            "Team 1",
            "Team 2",
            "Team 3",
            "Team 5",
            None,
        }
        assert met[-1] == [None, None]
        play(tournament)
        assert services.finish_tournament(tournament=tournament, by=member).finished_at

    def test_when_all_are_out_the_tournament_is_over(self, member_api, member):
        tournament = running_tournament(5, organiser=member, tournament_type="swiss")

        for number in range(1, 6):
            asked(member_api, team(tournament, number), "disqualify")

        assert services.finish_tournament(tournament=tournament, by=member).finished_at


class TestRefused:
    def test_it_is_out_once(self, member_api, tournament):
        asked(member_api, team(tournament, 4), "disqualify")

        with nothing_changes():
            response = member_api.post(f"/api/teams/{team(tournament, 4).pk}/disqualify/")
            refused(response, "team_disqualified")

    def test_who_is_not_out_is_not_taken_back(self, member_api, tournament):
        with nothing_changes():
            response = member_api.post(f"/api/teams/{team(tournament, 4).pk}/reinstate/")
            refused(response, "team_not_disqualified")

    @pytest.mark.parametrize("action", ["disqualify", "reinstate", "substitute"])
    def test_who_is_in_reserve_does_not_play(self, member_api, tournament, action):
        reserve, other = TeamFactory.create_batch(2, tournament=tournament)

        with nothing_changes():
            path = f"/api/teams/{reserve.pk}/{action}/"
            refused(member_api.post(path, {"team_id": other.pk}), "team_not_playing")

    @pytest.mark.parametrize("action", ["disqualify", "reinstate", "substitute"])
    @pytest.mark.parametrize("query", ["", "?dry_run=true"])
    def test_it_is_the_organisers(self, api, sign_in, outsider_api, tournament, action, query):
        four, reserve = team(tournament, 4), TeamFactory(tournament=tournament)
        organiser = TournamentFactory().organiser
        path = f"/api/teams/{four.pk}/{action}/{query}"
        body = {"team_id": reserve.pk, "force": True}

        with nothing_changes():
            for client in (
                outsider_api,
                *map(sign_in, (four.captain, reserve.captain, organiser)),
                sign_in(team(tournament, 1).captain),
            ):
                refused(client.post(path, body), "permission_denied", 403)
            refused(api.post(path, body), "not_authenticated", 401)

    @pytest.mark.parametrize("action", ["disqualify", "reinstate", "substitute"])
    def test_thought_out_for_another_version_it_is_refused(self, member_api, tournament, action):
        body = {"team_id": TeamFactory(tournament=tournament).pk, "version": 17}

        with nothing_changes():
            path = f"/api/teams/{team(tournament, 4).pk}/{action}/"
            refused(member_api.post(path, body), "bracket_changed")

    @pytest.mark.parametrize("action", ["disqualify", "reinstate", "substitute"])
    def test_there_is_no_such_team(self, member_api, action):
        response = member_api.post(f"/api/teams/999999/{action}/", {"team_id": 1})
        refused(response, "not_found", 404)


class TestReinstate:
    def test_what_it_has_forfeited_is_to_be_played(self, api, member_api, tournament):
        before = course(tournament)
        four = team(tournament, 4)
        asked(member_api, four, "disqualify")

        found = asked(member_api, four, "reinstate", reason="It was another one.")

        assert course(tournament) == before
        assert api.get(f"/api/teams/{four.pk}/").json()["disqualified_at"] is None
        assert not team(tournament, 4).is_unranked
        assert found["lost"] == []
        assert BracketChange.objects.order_by("id").last().action == "reinstate"

    def test_what_was_built_on_a_forfeit_needs_force(self, member_api, tournament):
        four = team(tournament, 4)
        asked(member_api, four, "disqualify")
        play(tournament, a=2)

        with nothing_changes():
            detail = refused(
                member_api.post(f"/api/teams/{four.pk}/reinstate/"), "results_followed"
            )
            assert "Series 2.1" in detail
        asked(member_api, four, "reinstate", force=True)

        row = series(tournament, "Series 1.1")
        assert (row.status, row.winner) == ("ready", None)
        assert teams(series(tournament, "Series 2.1")) == [None, "Team 2"]

    @pytest.mark.parametrize("played", [0, 1, 2])
    def test_in_swiss_rounds_it_is_as_if_nothing_had_been(self, member_api, member, played):
        tournament = running_tournament(5, organiser=member, tournament_type="swiss")
        for number in range(1, played + 1):
            decide(tournament, f"Swiss 1.{number}")
        before = course(tournament)

        for number in (4, 5):
            asked(member_api, team(tournament, number), "disqualify")
        for number in (5, 4):
            asked(member_api, team(tournament, number), "reinstate")

        assert course(tournament) == before

    def test_a_swiss_round_that_has_begun_without_it_stays(self, member_api, member):
        tournament = running_tournament(
            4, organiser=member, tournament_type="swiss", swiss_rounds=3
        )
        decide(tournament, "Swiss 1.1")
        four = team(tournament, 4)
        asked(member_api, four, "disqualify")
        decide(tournament, "Swiss 2.1")
        met = [teams(row) for row in tournament.series.filter(round=2).order_by("id")]
        assert met == [["Team 1", "Team 2"], ["Team 3", None]]

        asked(member_api, four, "reinstate", force=True)

        assert [teams(row) for row in tournament.series.filter(round=2).order_by("id")] == met
        decide(tournament, "Swiss 1.2")
        third = [teams(row) for row in tournament.series.filter(round=3).order_by("id")]
        assert {name for each in third for name in each} == {f"Team {n}" for n in range(1, 5)}


class TestSubstitute:
    @pytest.fixture
    def reserve(self, tournament):
        return TeamFactory(tournament=tournament, name="Late Arrivals")

    def test_it_takes_the_place_and_the_seed(self, api, member_api, tournament, reserve):
        four = team(tournament, 4)

        found = asked(member_api, four, "substitute", team_id=reserve.pk, reason="Ill.")

        row = series(tournament, "Series 1.1")
        assert (teams(row), row.status) == (["Team 1", "Late Arrivals"], "ready")
        assert [api.get(f"/api/teams/{each.pk}/").json()["seed"] for each in (four, reserve)] == [
            None,
            4,
        ]
        [changed] = found["series"]
        assert changed["after"] == changed["before"] | {"team_b_id": reserve.pk}
        change = BracketChange.objects.order_by("id").last()
        assert (change.action, change.reason) == ("substitute", "Ill.")
        entrant = {"seed": 4, "is_out": False}
        assert change.before["teams"] == [{"id": four.pk, "name": "Team 4", **entrant}]
        assert change.after["teams"] == [{"id": reserve.pk, "name": "Late Arrivals", **entrant}]

    def test_its_captain_reports(self, sign_in, member_api, tournament, reserve):
        four = team(tournament, 4)
        asked(member_api, four, "substitute", team_id=reserve.pk)
        path = f"/api/series/{series(tournament, 'Series 1.1').pk}/report/"
        score = {"score_a": 0, "score_b": 2}

        refused(sign_in(four.captain).post(path, score), "permission_denied", 403)
        assert sign_in(reserve.captain).post(path, score).json()["status"] == "reported"

    def test_it_can_be_taken_back(self, member_api, tournament, reserve):
        before = course(tournament)
        four = team(tournament, 4)

        asked(member_api, four, "substitute", team_id=reserve.pk)
        asked(member_api, reserve, "substitute", team_id=four.pk)

        assert course(tournament) == before
        assert (team(tournament, 4).seed, Team.objects.get(pk=reserve.pk).seed) == (4, None)

    @pytest.mark.parametrize("begun", ["decided", "reported", "disputed", "played"])
    def test_not_of_one_that_has_played(self, member_api, tournament, reserve, begun):
        row = series(tournament, "Series 1.1")
        if begun == "decided":
            decide(tournament, "Series 1.1", 2, 0)
        elif begun == "played":
            body = {
                "tournament_id": tournament.pk,
                "series_id": row.pk,
                "radiant_id": row.team_a_id,
                "dire_id": row.team_b_id,
                "winner_id": row.team_a_id,
            }
            assert member_api.post("/api/games/", body).status_code == 201
        else:
            services.report(series=row, score=Score(2, 0), by=row.team_a.captain)
        if begun == "disputed":
            services.dispute(series=row, by=row.team_b.captain)

        with nothing_changes():
            for number in (1, 4):
                path = f"/api/teams/{team(tournament, number).pk}/substitute/"
                refused(member_api.post(path, {"team_id": reserve.pk}), "team_has_played")
        # Of the others it may.
        asked(member_api, team(tournament, 2), "substitute", team_id=reserve.pk)

    def test_a_friendly_game_is_none_of_the_bracket(self, member_api, tournament, reserve):
        one, four = team(tournament, 1), team(tournament, 4)
        GameFactory(tournament=tournament, radiant=one, dire=four)

        asked(member_api, four, "substitute", team_id=reserve.pk)

    @pytest.mark.parametrize("who", ["missing", "elsewhere", "playing", "out"])
    def test_only_one_in_reserve_takes_a_place(self, member_api, tournament, reserve, who):
        substitute = {
            "missing": 999_999,
            "elsewhere": TeamFactory().pk,
            "playing": team(tournament, 2).pk,
            "out": reserve.pk,
        }[who]
        if who == "out":
            four = team(tournament, 4)
            asked(member_api, four, "disqualify")
            asked(member_api, four, "substitute", team_id=reserve.pk)
            substitute = four.pk

        with nothing_changes():
            path = f"/api/teams/{team(tournament, 3).pk}/substitute/"
            refused(member_api.post(path, {"team_id": substitute}), "no_substitute")

    @pytest.mark.parametrize("body", [{}, {"team_id": None}, {"team_id": 0}, {"team_id": "next"}])
    def test_it_is_named(self, member_api, tournament, body):
        with nothing_changes():
            path = f"/api/teams/{team(tournament, 4).pk}/substitute/"
            assert [*invalid(member_api.post(path, body))] == ["team_id"]

    def test_it_plays_what_one_that_was_out_has_forfeited(self, member_api, tournament, reserve):
        four = team(tournament, 4)
        asked(member_api, four, "disqualify")

        asked(member_api, four, "substitute", team_id=reserve.pk)

        row = series(tournament, "Series 1.1")
        assert (teams(row), row.status) == (["Team 1", "Late Arrivals"], "ready")

    def test_what_was_built_on_that_needs_force(self, member_api, tournament, reserve):
        four = team(tournament, 4)
        asked(member_api, four, "disqualify")
        play(tournament, a=2)
        body = {"team_id": reserve.pk}

        with nothing_changes():
            response = member_api.post(f"/api/teams/{four.pk}/substitute/", body)
            refused(response, "results_followed")
        asked(member_api, four, "substitute", **body, force=True)
        assert series(tournament, "Series 2.1").status == "waiting"

    def test_the_organiser_may_enter_it_when_all_places_are_taken(self, member_api, member):
        tournament = running_tournament(4, organiser=member, max_teams=4)
        body = {"tournament_id": tournament.pk, "name": "Late Arrivals"}

        late = member_api.post("/api/teams/", body).json()

        asked(member_api, team(tournament, 3), "substitute", team_id=late["id"])
        assert tournament.teams.get(seed=3).name == "Late Arrivals"


class TestDryRun:
    @pytest.mark.parametrize("rules", [{}, GROUPS, {"tournament_type": "swiss"}])
    @pytest.mark.parametrize("action", ["disqualify", "reinstate", "substitute"])
    def test_it_changes_nothing_and_says_what_then_happens(self, member_api, member, rules, action):
        tournament = running_tournament(4, organiser=member, **rules)
        body = {"team_id": TeamFactory(tournament=tournament).pk, "force": True}
        path = f"/api/teams/{team(tournament, 3).pk}/"
        if action == "reinstate":
            member_api.post(f"{path}disqualify/", body)

        with nothing_changes():
            said = member_api.post(f"{path}{action}/?dry_run=true", body).json()
        done = member_api.post(f"{path}{action}/", body | {"version": said["version"]}).json()

        assert said["series"]
        assert done == said | {"version": Tournament.objects.get().version}
