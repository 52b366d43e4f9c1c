"""What is read of a bracket: to be drawn as it is, as a picture, for a viewer; and the standings.

tests/tournaments/bracket has what is in each; tests/tournaments/test_exports.py the other format.
"""

import random
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.tournaments import services
from app.tournaments.board import Board
from app.tournaments.bracket.structure import Result
from app.tournaments.models import Series, Team
from app.tournaments.services.brackets import write
from tests.factories import TeamFactory, TournamentFactory, running_tournament
from tests.tournaments.steps import decide, invalid, play, refused, series

pytestmark = pytest.mark.django_db

ROUTES = ["bracket/", "bracket.svg", "standings/", "bracket/?format=brackets-manager"]


def path_of(tournament, route="bracket/"):
    return f"/api/tournaments/{tournament.pk}/{route}"


def bracket(api, tournament):
    response = api.get(path_of(tournament))
    assert response.status_code == 200
    return response.json()


def standings(api, tournament):
    return api.get(path_of(tournament, "standings/")).json()


def by_name(page):
    return {
        each["name"]: each
        for section in page["sections"]
        for each_round in section["rounds"]
        for each in each_round["series"]
    }


class TestBracket:
    @pytest.fixture
    def tournament(self, member):
        return running_tournament(
            5, organiser=member, tournament_type="double_elimination", best_of=3, name="Winter Cup"
        )

    def test_it_has_all_to_be_drawn(self, api, tournament):
        decide(tournament, "Upper 1.2", 1, 2)

        page = bracket(api, tournament)

        assert page["tournament"] == {
            "id": tournament.pk,
            "name": "Winter Cup",
            "tournament_type": "double_elimination",
            "status": "running",
            "version": 2,
        }
        assert page["champion_id"] is None
        ids = list(tournament.teams.order_by("seed").values_list("pk", flat=True))
        assert page["teams"] == [
            {"id": pk, "name": f"Team {n}", "seed": n, "logo": "", "is_out": False}
            for n, pk in enumerate(ids, start=1)
        ]
        assert [
            (section["section"], section["name"], [each["name"] for each in section["rounds"]])
            for section in page["sections"]
        ] == [
            (
                "upper",
                "Upper bracket",
                ["Upper quarter-finals", "Upper semi-finals", "Upper final"],
            ),
            ("lower", "Lower bracket", page_rounds(page, "lower")),
            ("grand_final", "Grand final", ["Grand final"]),
        ]
        played = by_name(page)["Upper 1.2"]
        row = series(tournament, "Upper 1.2")
        to, dropped = series(tournament, "Upper 2.1"), played.pop("loser_to")
        assert played == {
            "id": row.pk,
            "name": "Upper 1.2",
            "row": played["row"],
            "status": "finished",
            "outcome": "played",
            "team_a_id": ids[3],
            "team_b_id": ids[4],
            "score_a": 1,
            "score_b": 2,
            "winner_id": ids[4],
            "winner_to": [to.pk, "b"],
        }
        [lower, side] = dropped
        assert getattr(Series.objects.get(pk=lower), f"team_{side}_id") == ids[3]
        waiting = by_name(page)["Upper 3.1"]
        assert (waiting["outcome"], waiting["label_a"]) == ("", "Winner of Upper 2.1")

    def test_all_know_where_they_go_and_who_comes(self, api, tournament):
        found = by_name(bracket(api, tournament))

        ends = [series for series in found.values() if "winner_to" not in series]
        assert [each["name"] for each in ends] == ["Grand final"]
        ids = {each["id"] for each in found.values()}
        targets = [
            tuple(each[to])
            for each in found.values()
            for to in ("winner_to", "loser_to")
            if to in each
        ]
        assert len({*targets}) == len(targets)
        assert {pk for pk, _ in targets} <= ids
        for each in found.values():
            for side in "ab":
                comes = (each["id"], side) in targets
                assert comes == (f"label_{side}" in each)

    def test_the_reset_is_there_while_it_is_needed(self, api, member, member_api):
        tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
        decide(tournament, "Upper 1.1")
        final = by_name(bracket(api, tournament))["Grand final"]
        assert not {"winner_to", "loser_to"} & {*final}

        decide(tournament, "Grand final", 0, 1)

        page = bracket(api, tournament)
        reset = by_name(page)["Grand final reset"]
        final = by_name(page)["Grand final"]
        assert (final["winner_to"], final["loser_to"]) == ([reset["id"], "b"], [reset["id"], "a"])
        assert [each["name"] for each in page["sections"][-1]["rounds"]] == [
            "Grand final",
            "Grand final reset",
        ]

    def test_there_is_a_champion_once_all_is_played(self, api, tournament):
        play(tournament, a=2)

        page = bracket(api, tournament)

        assert page["champion_id"] == page["teams"][0]["id"]

    def test_groups_come_with_their_standings(self, api, member):
        tournament = running_tournament(
            5,
            organiser=member,
            tournament_type="round_robin",
            groups=2,
            playoff="single_elimination",
            qualifiers=2,
        )

        page = bracket(api, tournament)

        assert [section["name"] for section in page["sections"]] == [
            "Group A",
            "Group B",
            "Bracket",
        ]
        assert [group["name"] for group in page["standings"]] == ["Group A", "Group B"]
        assert page["standings"] == standings(api, tournament)["groups"]
        assert not page["standings"][0]["is_complete"]
        playoff = by_name(page)["Series 1.1"]
        assert (playoff["label_a"], playoff["label_b"]) == ("1st of Group A", "2nd of Group B")

    def test_a_bye_is_shown_as_one(self, api, member):
        tournament = running_tournament(3, organiser=member, tournament_type="swiss")

        bye = by_name(bracket(api, tournament))["Swiss 1.2"]

        assert (bye["outcome"], bye["status"], bye["label_b"]) == ("bye", "finished", "Bye")

    @pytest.mark.parametrize("kind", ["single_elimination", "swiss", "round_robin"])
    def test_before_the_start_there_is_nothing_to_draw(self, api, member, kind):
        tournament = TournamentFactory(organiser=member, tournament_type=kind)
        TeamFactory(tournament=tournament)
        seeded = TeamFactory(tournament=tournament, seed=3)

        page = bracket(api, tournament)

        assert (page["sections"], page["standings"], page["champion_id"]) == ([], [], None)
        # Who is seeded already.
        assert [team["id"] for team in page["teams"]] == [seeded.pk]
        assert standings(api, tournament) == {"groups": [], "places": []}
        for route in ROUTES:
            assert api.get(path_of(tournament, route)).status_code == 200


class TestNumberOfGames:
    """A round has that of the rules, and a series its own where that is another."""

    @pytest.fixture
    def tournament(self, member):
        rules = [{"section": "upper", "round": -1, "best_of": 5}]
        return running_tournament(4, organiser=member, best_of=3, best_of_rounds=rules)

    def test_a_series_of_its_own_number_says_so_alone(self, api, member_api, tournament):
        [first, second, final] = tournament.series.order_by("id")

        member_api.patch(f"/api/series/{first.pk}/", {"best_of": 5})
        member_api.patch(f"/api/series/{final.pk}/", {"best_of": 3})

        page = bracket(api, tournament)
        assert [each["best_of"] for each in page["sections"][0]["rounds"]] == [3, 5]
        found = {each["id"]: each.get("best_of") for each in by_name(page).values()}
        assert found == {first.pk: 5, second.pk: None, final.pk: 3}

    def test_the_picture_says_it_of_that_series_alone(self, api, member_api, tournament):
        first = series(tournament, "Series 1.1")

        member_api.patch(f"/api/series/{first.pk}/", {"best_of": 1})

        root = ElementTree.fromstring(api.get(path_of(tournament, "bracket.svg")).content)
        texts = [*root.itertext()]
        assert [each.partition(":")[0] for each in texts if "(best of" in each] == [
            "Series 1.1 (best of 1)",
            "Series 1.2 (best of 3)",
            "Series 2.1 (best of 5)",
        ]
        assert [each for each in texts if "Best of" in each] == [
            "Best of 3",
            "Series 1.1 · Best of 1",
            "Best of 5",
        ]

    @pytest.mark.parametrize(
        ("kind", "number", "section", "rounds"),
        [
            # The last round of the groups, of which the smaller one has none.
            ("round_robin", 5, "group", [[3, 3, 5], [3]]),
            # The last grand final is the reset, though it is not needed yet.
            ("double_elimination", 2, "grand_final", [[3]]),
            ("swiss", 5, "swiss", [[3, 3, 5]]),
        ],
    )
    def test_rounds_are_counted_as_the_rules_count_them(
        self, api, member, kind, number, section, rounds
    ):
        rules = [{"section": section, "round": -1, "best_of": 5}]
        tournament = running_tournament(
            number,
            organiser=member,
            tournament_type=kind,
            groups=2,
            best_of=3,
            best_of_rounds=rules,
        )

        page = bracket(api, tournament)

        assert [
            [each["best_of"] for each in found["rounds"]]
            for found in page["sections"]
            if found["section"] == section
        ] == rounds
        assert not [each for each in by_name(page).values() if "best_of" in each]


def page_rounds(page, name):
    [found] = [each for each in page["sections"] if each["section"] == name]
    return [each["name"] for each in found["rounds"]]


class TestStandings:
    def test_each_rank_has_its_reason(self, api, member):
        tournament = running_tournament(
            3, organiser=member, tournament_type="round_robin", points_win=3
        )
        play(tournament)

        [group] = standings(api, tournament)["groups"]

        assert (group["group"], group["name"], group["is_complete"]) == (1, "Group A", True)
        assert [row["rank"] for row in group["rows"]] == [1, 2, 3]
        assert {row["points"] for row in group["rows"]} <= {0, 3, 6}
        assert all(row["reason"] for row in group["rows"])
        assert [row["team_id"] for row in group["rows"]] == [
            row["team"]["id"] for row in group["rows"]
        ]

    def test_places_come_as_they_are_decided(self, api, member):
        tournament = running_tournament(4, organiser=member, best_of=3)
        assert standings(api, tournament)["places"] == []

        decide(tournament, "Series 1.1", 1, 2)
        decide(tournament, "Series 1.2", outcome="walkover", winner_id=team_id(tournament, 2))
        decide(tournament, "Series 2.1", 2, 0)

        places = standings(api, tournament)["places"]
        assert [(each["rank"], each["rank_to"], each["reason"]) for each in places] == [
            (1, 1, "Won Series 2.1 against Team 2, 2:0."),
            (2, 2, "Lost Series 2.1 against Team 4, 2:0."),
            (3, 4, "Lost Series 1.1 against Team 4, 2:1."),
            (3, 4, "Lost Series 1.2 against Team 2, by walkover."),
        ]
        assert places[0]["team"] == {"id": team_id(tournament, 4), "name": "Team 4", "seed": 4}

    def test_who_met_nobody_has_a_place_all_the_same(self, api, member):
        tournament = running_tournament(4, organiser=member)
        decide(tournament, "Series 1.1", outcome="double_forfeit")
        decide(tournament, "Series 1.2")

        reasons = {
            each["team"]["name"]: each["reason"] for each in standings(api, tournament)["places"]
        }

        assert reasons == {
            "Team 2": "Had no opponent left in Series 2.1.",
            "Team 1": "Neither team played Series 1.1.",
            "Team 4": "Neither team played Series 1.1.",
            "Team 3": "Lost Series 1.2 against Team 2, 1:0.",
        }

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [("round_robin", "1st of Group A."), ("swiss", "1st of the Swiss rounds.")],
    )
    def test_without_a_playoff_the_ranks_are_the_places(self, api, member, kind, reason):
        tournament = running_tournament(4, organiser=member, tournament_type=kind)
        play(tournament)

        found = standings(api, tournament)

        assert found["places"][0]["reason"] == reason
        [group] = found["groups"]
        assert [(row["rank"], row["team_id"]) for row in group["rows"]] == [
            (place["rank"], place["team_id"]) for place in found["places"]
        ]


def team_id(tournament, number):
    return tournament.teams.get(seed=number).pk


class TestPicture:
    @pytest.fixture
    def tournament(self, member):
        tournament = running_tournament(4, organiser=member)
        Team.objects.filter(seed=1).update(name="<script>alert('&')</script>")
        return tournament

    @pytest.mark.parametrize("theme", ["", "?theme=", "?theme=auto", "?theme=light", "?theme=dark"])
    def test_it_is_a_picture(self, api, tournament, theme):
        response = api.get(path_of(tournament, f"bracket.svg{theme}"))

        assert response.status_code == 200
        assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
        root = ElementTree.fromstring(response.content)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        texts = "".join(root.itertext())
        assert "Team 2" in texts
        assert b"<script" not in response.content

    def test_opened_as_a_page_it_loads_and_runs_nothing(self, api, tournament):
        response = api.get(path_of(tournament, "bracket.svg"))

        assert response["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'unsafe-inline'"
        )

    @pytest.mark.parametrize("theme", ["blue", "<svg>"])
    def test_a_theme_is_one_of_three(self, api, tournament, theme):
        response = api.get(path_of(tournament, f"bracket.svg?theme={theme}"))

        assert [*invalid(response)] == ["theme"]
        assert response["Content-Type"] == "application/json"


class TestViewer:
    def test_another_format_is_asked_for(self, api, member):
        tournament = running_tournament(4, organiser=member)

        response = api.get(path_of(tournament, "bracket/?format=brackets-manager"))

        assert response["Content-Type"] == "application/vnd.brackets-manager+json"
        assert response.json().keys() == {
            "participant",
            "stage",
            "group",
            "round",
            "match",
            "match_game",
        }
        assert len(response.json()["match"]) == 3

    def test_there_is_no_third_one(self, api, member):
        tournament = running_tournament(2, organiser=member)

        refused(api.get(path_of(tournament, "bracket/?format=xml")), "not_found", 404)


class TestReading:
    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("who", ["api", "outsider_api", "member_api", "staff_api"])
    def test_all_read_the_same(self, request, api, member, route, who):
        tournament = running_tournament(3, organiser=member)

        response = request.getfixturevalue(who).get(path_of(tournament, route))

        assert response.status_code == 200
        assert response.content == api.get(path_of(tournament, route)).content
        assert response["Cache-Control"] == "public, max-age=0, s-maxage=5"

    @pytest.mark.parametrize("route", ROUTES)
    def test_who_has_it_already_is_told_so(self, api, member, route):
        tournament = running_tournament(4, organiser=member)
        path = path_of(tournament, route)
        first = api.get(path)

        again = api.get(path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

        decide(tournament, "Series 1.1")
        decide(tournament, "Series 1.2")
        changed = api.get(path, headers={"If-None-Match": first["ETag"]})
        assert changed.status_code == 200
        assert changed["ETag"] != first["ETag"]

    def test_a_team_that_is_renamed_is_shown_by_its_new_name(self, api, member_api, member):
        tournament = running_tournament(2, organiser=member)
        first = api.get(path_of(tournament))

        member_api.patch(f"/api/teams/{team_id(tournament, 1)}/", {"name": "Night Owls"})

        again = api.get(path_of(tournament), headers={"If-None-Match": first["ETag"]})
        assert [team["name"] for team in again.json()["teams"]] == ["Night Owls", "Team 2"]

    @pytest.mark.parametrize("route", ROUTES)
    def test_what_is_not_there_is_not_found(self, api, route):
        for wanted in ("999999", str(2**70)):
            response = api.get(f"/api/tournaments/{wanted}/{route}")
            refused(response, "not_found", 404)

    @pytest.mark.parametrize("route", ROUTES)
    def test_it_is_only_read(self, member_api, member, route):
        tournament = running_tournament(2, organiser=member)

        for method in ("post", "put", "patch", "delete"):
            response = getattr(member_api, method)(path_of(tournament, route))
            refused(response, "method_not_allowed", 405)


class TestLarge:
    """A double elimination of 256 teams, with names as people have them, and logos."""

    @pytest.fixture
    def large(self, member):
        drawn = random.Random(5)
        tournament = TournamentFactory(organiser=member, tournament_type="double_elimination")
        Team.objects.bulk_create(
            Team(
                tournament=tournament,
                name="".join(drawn.choices("abcdefghij klmnopqrstuvwxyz", k=15)).strip() + str(n),
                logo=f"https://pictures.example/teams/{n:0>20}.png",
                seed=n,
            )
            for n in range(1, 257)
        )
        return services.start_tournament(tournament=tournament, by=member).tournament

    def test_its_pages_cost_at_most_six_queries(self, api, large):
        for route in ROUTES:
            with CaptureQueriesContext(connection) as queries:
                assert api.get(path_of(large, route)).status_code == 200
            assert len(queries) <= 6, route

    def test_it_fits_into_150_kb(self, api, large):
        board = Board.load(large)
        while ready := {
            key: state for key, state in board.resolve().states.items() if state.is_ready
        }:
            for key, (a, b, _) in ready.items():
                board.results[key], board.decided_by[key] = Result.played(a, b, 0, 1), "report"
        write(board.update_rows(board.resolve(), timezone.now()))

        # The longest is the one in which all has a score.
        page = api.get(path_of(large)).content

        assert not Series.objects.exclude(status="finished").exists()
        names = Team.objects.values_list("name", flat=True)
        assert 15 <= sum(map(len, names)) / 256 <= 19
        assert len(page) <= 150_000
