"""Teams are seeded, the bracket is drawn, and in the end the tournament is finished."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.tournaments import services
from app.tournaments.models import BracketChange, Series, Team, Tournament
from app.tournaments.services import Order
from tests.factories import TeamFactory, TournamentFactory, running_tournament
from tests.tournaments.steps import (
    decide,
    invalid,
    names,
    nothing_changes,
    play,
    refused,
    series,
    stored,
    teams,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return TournamentFactory(organiser=member)


@pytest.fixture
def path(tournament):
    return f"/api/tournaments/{tournament.pk}/"


def entered(tournament, number):
    return [TeamFactory(tournament=tournament, name=f"Team {n + 1}") for n in range(number)]


class TestSeeding:
    def test_by_hand_in_the_order_given(self, member_api, tournament, path):
        one, two, three, four = entered(tournament, 4)

        body = {"seeding": "manual", "team_ids": [three.pk, one.pk, four.pk]}
        response = member_api.post(f"{path}seeding/", body)

        assert response.json() == {
            "seeding": "manual",
            "seeding_number": None,
            "teams": [
                {"id": team.pk, "name": team.name, "seed": seed, "rating": None}
                for team, seed in ((three, 1), (one, 2), (four, 3), (two, None))
            ],
        }
        assert dict(Team.objects.values_list("name", "seed")) == {
            "Team 1": 2,
            "Team 2": None,
            "Team 3": 1,
            "Team 4": 3,
        }

    def test_who_is_left_out_has_no_seed_any_more(self, member_api, tournament, path):
        teams = entered(tournament, 3)
        Team.objects.filter(pk=teams[0].pk).update(seed=1)

        body = {"seeding": "manual", "team_ids": [teams[2].pk]}
        found = member_api.post(f"{path}seeding/", body).json()

        assert [(each["id"], each["seed"]) for each in found["teams"]] == [
            (teams[2].pk, 1),
            (teams[0].pk, None),
            (teams[1].pk, None),
        ]
        assert dict(Team.objects.values_list("pk", "seed")) == {
            each["id"]: each["seed"] for each in found["teams"]
        }

    def test_by_rating_the_highest_first_and_those_without_last(self, member_api, tournament, path):
        for name, rating in (("A", None), ("B", 3000), ("C", 5000), ("D", 3000), ("E", 0)):
            TeamFactory(tournament=tournament, name=name, rating=rating)

        found = member_api.post(f"{path}seeding/", {"seeding": "rating"}).json()

        # Of equals who came first is first.
        assert [(team["name"], team["seed"]) for team in found["teams"]] == [
            ("C", 1),
            ("B", 2),
            ("D", 3),
            ("E", 4),
            ("A", 5),
        ]
        assert (found["seeding"], found["seeding_number"]) == ("rating", None)

    def test_at_random_as_anyone_can_repeat(self, api, member_api, tournament, path):
        entered(tournament, 9)

        found = member_api.post(f"{path}seeding/", {"seeding": "random"}).json()

        public = api.get(path).json()
        number = public["seeding_number"]
        assert (public["seeding"], found["seeding_number"]) == ("random", number)
        ids = [
            team["id"]
            for team in api.get(f"/api/teams/?tournament={tournament.pk}").json()["results"]
        ]
        order = sorted(ids, key=lambda team: sha256(f"{number}:{team}".encode()).hexdigest())
        assert [team["id"] for team in found["teams"]] == order
        assert [team["seed"] for team in found["teams"]] == list(range(1, 10))

    def test_a_number_that_is_given_is_the_one_that_counts(self, member_api, tournament, path):
        entered(tournament, 6)
        asked = {"seeding": "random", "seeding_number": 2**53 - 1}

        first = member_api.post(f"{path}seeding/", asked).json()
        drawn = member_api.post(f"{path}seeding/", {"seeding": "random"}).json()
        again = member_api.post(f"{path}seeding/", asked).json()

        assert first == again
        assert first["seeding_number"] == 2**53 - 1 != drawn["seeding_number"]

    def test_another_way_forgets_the_number(self, member_api, tournament, path):
        entered(tournament, 2)
        member_api.post(f"{path}seeding/", {"seeding": "random", "seeding_number": 5})

        found = member_api.post(f"{path}seeding/", {"seeding": "rating", "seeding_number": 5})

        assert found.json()["seeding_number"] is None
        tournament.refresh_from_db()
        assert (tournament.seeding, tournament.seeding_number) == ("rating", None)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "seeding"),
            ({"seeding": "alphabetical"}, "seeding"),
            ({"seeding": "manual"}, "team_ids"),
            ({"seeding": "manual", "team_ids": ["{mine}", "{mine}"]}, "team_ids"),
            ({"seeding": "manual", "team_ids": ["{mine}", "{stranger}"]}, "team_ids"),
            ({"seeding": "manual", "team_ids": [999_999]}, "team_ids"),
            ({"seeding": "manual", "team_ids": "all"}, "team_ids"),
            ({"seeding": "manual", "team_ids": [0]}, "team_ids"),
            ({"seeding": "random", "seeding_number": -1}, "seeding_number"),
            ({"seeding": "random", "seeding_number": 2**53}, "seeding_number"),
        ],
    )
    def test_what_makes_no_order_is_said_by_field(self, member_api, tournament, path, body, field):
        ids = {
            "{mine}": TeamFactory(tournament=tournament, seed=4).pk,
            "{stranger}": TeamFactory().pk,
        }
        if isinstance(body.get("team_ids"), list):
            body = body | {"team_ids": [ids.get(each, each) for each in body["team_ids"]]}

        with nothing_changes():
            assert [*invalid(member_api.post(f"{path}seeding/", body))] == [field]

    def test_it_is_the_organisers(self, api, outsider_api, sign_in, staff_api, tournament, path):
        [team, _] = entered(tournament, 2)
        body = {"seeding": "random"}

        with nothing_changes():
            for client in (outsider_api, sign_in(team.captain)):
                refused(client.post(f"{path}seeding/", body), "permission_denied", 403)
            refused(api.post(f"{path}seeding/", body), "not_authenticated", 401)
        assert staff_api.post(f"{path}seeding/", body).status_code == 200

    def test_it_is_locked_once_the_tournament_has_started(self, member_api, member):
        running = running_tournament(4, organiser=member)

        with nothing_changes():
            response = member_api.post(
                f"/api/tournaments/{running.pk}/seeding/", {"seeding": "random"}
            )
            refused(response, "tournament_started")


class TestStart:
    def test_the_bracket_is_drawn(self, api, member_api, tournament, path, member):
        for team, seed in zip(entered(tournament, 4), (4, 1, 3, 2), strict=True):
            Team.objects.filter(pk=team.pk).update(seed=seed)
        before = timezone.now()

        response = member_api.post(f"{path}start/")

        assert response.status_code == 200
        started = response.json()
        assert started["warnings"] == []
        assert started["tournament"] == api.get(path).json()
        assert (started["tournament"]["status"], started["tournament"]["version"]) == ("running", 1)
        assert names(tournament) == ["Series 1.1", "Series 1.2", "Series 2.1"]
        assert teams(series(tournament, "Series 1.1")) == ["Team 2", "Team 1"]
        assert teams(series(tournament, "Series 1.2")) == ["Team 4", "Team 3"]
        final = series(tournament, "Series 2.1")
        assert (teams(final), final.status, final.ready_at) == ([None, None], "waiting", None)
        first = series(tournament, "Series 1.1")
        assert (first.status, first.ready_at >= before) == ("ready", True)
        change = BracketChange.objects.get()
        assert (change.action, change.actor, change.series) == ("start", member, None)

    def test_who_has_no_seed_comes_after_those_who_have(self, member_api, tournament, path):
        for team, seed in zip(entered(tournament, 5), (None, 7, None, 3, None), strict=True):
            Team.objects.filter(pk=team.pk).update(seed=seed)

        warnings = member_api.post(f"{path}start/").json()["warnings"]

        assert warnings == ["Without a seed, and so after the others: Team 1, Team 3, Team 5."]
        seeds = Team.objects.order_by("seed").values_list("name", "seed")
        assert list(seeds) == [
            ("Team 4", 1),
            ("Team 2", 2),
            ("Team 1", 3),
            ("Team 3", 4),
            ("Team 5", 5),
        ]

    def test_who_has_not_checked_in_is_left_out_where_that_is_asked_for(
        self, member_api, member, tournament, path
    ):
        Tournament.objects.update(check_in=True)
        there, late, second = entered(tournament, 3)
        Team.objects.update(checked_in_at=timezone.now())
        Team.objects.filter(pk=late.pk).update(checked_in_at=None, seed=1)
        Team.objects.filter(pk=second.pk).update(seed=2)

        warnings = member_api.post(f"{path}start/").json()["warnings"]

        assert warnings == [
            "Without a seed, and so after the others: Team 1.",
            "Not checked in, and so left out: Team 2.",
        ]
        assert teams(series(tournament, "Series 1.1")) == ["Team 3", "Team 1"]
        late.refresh_from_db()
        assert late.seed is None
        # And so in reserve.
        services.substitute_team(team=there, substitute=late, order=Order(member))
        assert teams(series(tournament, "Series 1.1")) == ["Team 3", "Team 2"]

    def test_where_nobody_asks_for_check_in_all_play(self, member_api, tournament, path):
        entered(tournament, 2)

        assert member_api.post(f"{path}start/").json()["warnings"] == [
            "Without a seed, and so after the others: Team 1, Team 2."
        ]
        assert names(tournament) == ["Series 1.1"]

    @pytest.mark.parametrize(
        ("number", "rules", "said"),
        [
            (0, {}, "A bracket has 2 to 256 teams, not 0."),
            (1, {}, "A bracket has 2 to 256 teams, not 1."),
            (2, {"check_in": True}, "A bracket has 2 to 256 teams, not 0."),
            (
                5,
                {"tournament_type": "round_robin", "groups": 3},
                "3 groups need 6 teams or more, not 5.",
            ),
            (
                5,
                {
                    "tournament_type": "round_robin",
                    "groups": 2,
                    "playoff": "single_elimination",
                    "qualifiers": 3,
                },
                "3 cannot qualify where there are 2.",
            ),
            (
                3,
                {"tournament_type": "swiss", "playoff": "double_elimination", "qualifiers": 4},
                "4 cannot qualify where there are 3.",
            ),
            (
                4,
                {"tournament_type": "swiss", "swiss_rounds": 4},
                "4 teams play 3 Swiss rounds at most, not 4.",
            ),
        ],
    )
    def test_a_bracket_that_cannot_be_is_not_drawn(self, member_api, member, number, rules, said):
        tournament = TournamentFactory(organiser=member, **rules)
        entered(tournament, number)

        with nothing_changes():
            response = member_api.post(f"/api/tournaments/{tournament.pk}/start/")
            assert refused(response, "impossible_format") == said

    def test_nor_one_of_more_series_than_anyone_could_play(self, member_api, member):
        tournament = TournamentFactory(organiser=member, tournament_type="round_robin")
        Team.objects.bulk_create(Team(tournament=tournament, name=f"Team {n}") for n in range(101))

        with nothing_changes():
            response = member_api.post(f"/api/tournaments/{tournament.pk}/start/")
            assert refused(response, "impossible_format") == (
                "101 teams would play 5,050 series, and a bracket has 5,000 at most: "
                "make more groups."
            )

    def test_it_starts_once(self, member_api, member):
        running = running_tournament(2, organiser=member)

        with nothing_changes():
            response = member_api.post(f"/api/tournaments/{running.pk}/start/")
            refused(response, "tournament_started")

    def test_it_is_the_organisers(self, api, outsider_api, sign_in, staff_api, tournament, path):
        [team, _] = entered(tournament, 2)

        with nothing_changes():
            for client in (outsider_api, sign_in(team.captain)):
                refused(client.post(f"{path}start/"), "permission_denied", 403)
            refused(api.post(f"{path}start/"), "not_authenticated", 401)
        assert staff_api.post(f"{path}start/").status_code == 200
        assert BracketChange.objects.get().actor.is_staff

    @pytest.mark.parametrize(
        ("rules", "drawn"),
        [
            ({"third_place": True}, ["Series 1.1", "Series 1.2", "Series 2.1", "Third place"]),
            (
                {"tournament_type": "double_elimination"},
                [
                    "Upper 1.1",
                    "Upper 1.2",
                    "Upper 2.1",
                    "Lower 1.1",
                    "Lower 2.1",
                    "Grand final",
                ],
            ),
            (
                {"tournament_type": "round_robin", "groups": 2, "legs": 2},
                ["Group A 1.1", "Group A 2.1", "Group B 1.1", "Group B 2.1"],
            ),
            (
                {
                    "tournament_type": "round_robin",
                    "groups": 2,
                    "playoff": "single_elimination",
                    "qualifiers": 1,
                },
                ["Group A 1.1", "Group B 1.1", "Series 1.1"],
            ),
            (
                {"tournament_type": "swiss"},
                ["Swiss 1.1", "Swiss 1.2", "Swiss 2.1", "Swiss 2.2"],
            ),
        ],
    )
    def test_each_format_has_its_series(self, member, rules, drawn):
        tournament = running_tournament(4, organiser=member, **rules)

        assert names(tournament) == drawn
        play(tournament)
        assert names(tournament) == drawn

    def test_rounds_have_as_many_games_as_the_rules_say(self, member):
        tournament = running_tournament(
            4,
            organiser=member,
            tournament_type="double_elimination",
            best_of=1,
            best_of_rounds=[
                {"section": "upper", "round": -1, "best_of": 3},
                {"section": "lower", "best_of": 5},
                {"section": "grand_final", "round": 1, "best_of": 7},
                {"section": "grand_final", "round": 2, "best_of": 9},
            ],
        )
        games = {row.name: row.best_of for row in tournament.series.select_related("tournament")}

        assert games == {
            "Upper 1.1": 1,
            "Upper 1.2": 1,
            "Upper 2.1": 3,
            "Lower 1.1": 5,
            "Lower 2.1": 5,
            "Grand final": 7,
        }
        for name, score in (
            ("Upper 1.1", (1, 0)),
            ("Upper 1.2", (1, 0)),
            ("Upper 2.1", (2, 0)),
            ("Lower 1.1", (3, 0)),
            ("Lower 2.1", (3, 0)),
            ("Grand final", (0, 4)),
        ):
            decide(tournament, name, *score)
        assert series(tournament, "Grand final reset").best_of == 9

    def test_256_teams_cost_at_most_twelve_queries(self, member_api, member):
        tournament = TournamentFactory(organiser=member, tournament_type="double_elimination")
        Team.objects.bulk_create(Team(tournament=tournament, name=f"Team {n}") for n in range(256))

        with CaptureQueriesContext(connection) as queries:
            response = member_api.post(f"/api/tournaments/{tournament.pk}/start/")

        assert response.status_code == 200
        assert Series.objects.count() == 2 * 256 - 2
        # SQLite takes fewer values in a statement, and so more statements.
        assert len(queries) <= (12 if connection.vendor == "postgresql" else 40)


class TestFinish:
    @pytest.fixture
    def running(self, member):
        return running_tournament(4, organiser=member)

    def test_a_tournament_ends_once_all_is_played(self, member_api, member, running):
        play(running)
        version = Tournament.objects.get().version

        response = member_api.post(f"/api/tournaments/{running.pk}/finish/")

        body = response.json()
        assert (response.status_code, body["status"]) == (200, "finished")
        assert body["version"] == version + 1
        running.refresh_from_db()
        assert timezone.now() - running.finished_at < timedelta(minutes=1)
        change = BracketChange.objects.first()
        assert (change.action, change.actor) == ("finish", member)

    def test_not_while_something_is_to_be_played(self, member_api, running):
        path = f"/api/tournaments/{running.pk}/finish/"

        with nothing_changes():
            detail = refused(member_api.post(path), "series_open")
            assert detail == "There are 3 series left to be played."
        decide(running, "Series 1.1")
        decide(running, "Series 1.2")
        with nothing_changes():
            detail = refused(member_api.post(path), "series_open")
            assert detail == "There are series left to be played."

    def test_not_before_it_has_started_nor_twice(self, member_api, member, running):
        fresh = TournamentFactory(organiser=member)
        play(running)
        services.finish_tournament(tournament=running, by=member)

        with nothing_changes():
            for tournament, code in (
                (fresh, "tournament_not_started"),
                (running, "tournament_not_running"),
            ):
                response = member_api.post(f"/api/tournaments/{tournament.pk}/finish/")
                refused(response, code)

    def test_it_is_the_organisers(self, api, outsider_api, sign_in, staff_api, running):
        play(running)
        path = f"/api/tournaments/{running.pk}/finish/"
        winner = running.teams.get(seed=1).captain

        with nothing_changes():
            for client in (outsider_api, sign_in(winner)):
                refused(client.post(path), "permission_denied", 403)
            refused(api.post(path), "not_authenticated", 401)
        assert staff_api.post(path).status_code == 200

    def test_what_is_finished_is_not_played_on(self, member_api, sign_in, member, running):
        play(running)
        services.finish_tournament(tournament=running, by=member)
        final = series(running, "Series 2.1")
        body = {
            "tournament_id": running.pk,
            "series_id": final.pk,
            "radiant_id": final.team_a_id,
            "dire_id": final.team_b_id,
        }
        path = f"/api/series/{final.pk}/"

        with nothing_changes():
            for route in ("report/", "confirm/", "dispute/"):
                for client in (member_api, sign_in(final.team_a.captain)):
                    response = client.post(path + route, {"score_a": 1, "score_b": 0})
                    refused(response, "tournament_not_running")
            refused(member_api.post("/api/games/", body), "tournament_not_running")
            for route in ("disqualify/", "reinstate/"):
                response = member_api.post(f"/api/teams/{final.team_a_id}/{route}")
                refused(response, "tournament_not_running")

    def test_nothing_is_reported_before_the_start(self, member_api, tournament, path):
        team, other = entered(tournament, 2)

        with nothing_changes():
            for route in ("disqualify/", "reinstate/", "substitute/"):
                response = member_api.post(f"/api/teams/{team.pk}/{route}", {"team_id": other.pk})
                refused(response, "tournament_not_started")
        assert not stored(Series)["Series"]
