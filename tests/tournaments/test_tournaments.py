import pytest

from app.core.errors import exception_handler
from app.tournaments import services
from app.tournaments.errors import TournamentDeleted
from app.tournaments.models import Game, Team, Tournament
from tests.factories import (
    EventFactory,
    GameFactory,
    SettlementFactory,
    TeamFactory,
    TournamentFactory,
    running_tournament,
)
from tests.tournaments.steps import invalid, nothing_changes, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return TournamentFactory(organiser=member, name="Harvest Cup")


def test_whoever_makes_a_tournament_organises_it(member_api, member):
    response = member_api.post(
        "/api/tournaments/", {"name": "Winter Cup", "tournament_type": "swiss"}
    )

    assert response.status_code == 201
    body = response.json()
    assert body["organiser"]["id"] == member.pk
    assert body["created_at"].endswith("Z")
    assert Tournament.objects.get(pk=body["id"]).tournament_type == "swiss"


@pytest.mark.parametrize("who", ["member_api", "staff_api"])
def test_its_organiser_and_staff_may_write_a_tournament(request, tournament, who):
    client = request.getfixturevalue(who)
    path = f"/api/tournaments/{tournament.pk}/"

    assert client.patch(path, {"name": "Renamed"}).json()["name"] == "Renamed"
    assert client.delete(path).status_code == 204


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nobody_else_may(api, outsider_api, tournament, method):
    path = f"/api/tournaments/{tournament.pk}/"
    body = {"name": "Stolen", "tournament_type": "swiss"}

    assert getattr(api, method)(path, body).status_code == 401
    assert getattr(outsider_api, method)(path, body).status_code == 403

    tournament.refresh_from_db()
    assert tournament.name == "Harvest Cup"


def test_the_organiser_cannot_be_written(member_api, outsider, tournament, member):
    member_api.patch(f"/api/tournaments/{tournament.pk}/", {"organiser": outsider.pk})

    tournament.refresh_from_db()
    assert tournament.organiser == member


def test_a_tournament_goes_with_all_that_is_in_it(member_api, tournament):
    GameFactory(tournament=tournament)
    kept = GameFactory()

    assert member_api.delete(f"/api/tournaments/{tournament.pk}/").status_code == 204

    assert list(Game.objects.all()) == [kept]
    assert Team.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tournament_type": "swiss"}, "name"),
        ({"name": "", "tournament_type": "swiss"}, "name"),
        ({"name": "x" * 121, "tournament_type": "swiss"}, "name"),
        ({"name": "Cup", "tournament_type": "ladder"}, "tournament_type"),
    ],
)
def test_what_is_wrong_is_said_by_field(member_api, body, field):
    response = member_api.post("/api/tournaments/", body)

    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=cup", ["Summer Cup", "Autumn Cup"]),
        ("tournament_type=swiss", ["Swiss Nights"]),
        ("ordering=name", ["Autumn Cup", "Summer Cup", "Swiss Nights"]),
        ("ordering=-name", ["Swiss Nights", "Summer Cup", "Autumn Cup"]),
        ("organiser=999999", []),
    ],
)
def test_tournaments_are_filtered_and_put_in_order(api, query, names):
    TournamentFactory(name="Autumn Cup")
    TournamentFactory(name="Swiss Nights", tournament_type="swiss")
    TournamentFactory(name="Summer Cup")

    results = api.get(f"/api/tournaments/?{query}").json()["results"]

    assert [tournament["name"] for tournament in results] == names


@pytest.mark.parametrize("query", ["tournament_type=ladder", "organiser=me", "ordering=organiser"])
def test_a_filter_that_makes_no_sense_says_so(api, query):
    response = api.get(f"/api/tournaments/?{query}")

    assert response.status_code == 400
    assert list(response.json()["details"]) == [query.split("=")[0]]


class TestDrafts:
    @pytest.fixture
    def draft(self, member):
        return TournamentFactory(organiser=member, name="Secret Cup", status="draft")

    def test_a_tournament_begins_as_a_draft(self, member_api):
        body = {"name": "Winter Cup", "tournament_type": "swiss"}

        assert member_api.post("/api/tournaments/", body).json()["status"] == "draft"
        announced = member_api.post("/api/tournaments/", body | {"status": "registration"})
        assert announced.json()["status"] == "registration"

    @pytest.mark.parametrize(
        ("who", "is_seen"),
        [("api", False), ("outsider_api", False), ("member_api", True), ("staff_api", True)],
    )
    def test_a_draft_is_seen_by_its_organiser_and_staff(self, request, draft, who, is_seen):
        client = request.getfixturevalue(who)

        one = client.get(f"/api/tournaments/{draft.pk}/")
        listed = client.get("/api/tournaments/").json()["results"]
        filtered = client.get("/api/tournaments/?status=draft&q=secret").json()["results"]
        found = client.get("/api/search/?q=secret").json()["results"]

        assert one.status_code == (200 if is_seen else 404)
        for rows in (listed, filtered, found):
            assert [row["id"] for row in rows] == ([draft.pk] if is_seen else [])

    def test_a_draft_of_nobody_is_seen_by_staff_alone(self, api, outsider_api, staff_api):
        draft = TournamentFactory(organiser=None, status="draft")
        path = f"/api/tournaments/{draft.pk}/"

        assert api.get(path).status_code == outsider_api.get(path).status_code == 404
        assert staff_api.get(path).status_code == 200

    @pytest.mark.parametrize(
        ("method", "route"),
        [
            ("patch", ""),
            ("put", ""),
            ("delete", ""),
            ("post", "seeding/"),
            ("post", "start/"),
            ("post", "finish/"),
            ("get", "changes/"),
            ("get", "settlements/"),
        ],
    )
    def test_for_others_there_is_no_draft_to_do_anything_with(
        self, outsider_api, draft, method, route
    ):
        with nothing_changes():
            response = getattr(outsider_api, method)(f"/api/tournaments/{draft.pk}/{route}")
            refused(response, "not_found", 404)

    @pytest.mark.parametrize("who", ["api", "outsider_api", "member_api", "staff_api"])
    @pytest.mark.parametrize("route", ["bracket/", "bracket.svg", "standings/"])
    def test_a_draft_has_no_bracket_not_even_for_its_organiser(self, request, draft, who, route):
        client = request.getfixturevalue(who)

        refused(client.get(f"/api/tournaments/{draft.pk}/{route}"), "not_found", 404)

    def test_nobody_signs_up_for_a_draft_and_others_learn_nothing_of_it(
        self, member_api, outsider_api, draft
    ):
        body = {"tournament_id": draft.pk, "name": "Night Owls"}

        with nothing_changes():
            theirs = invalid(outsider_api.post("/api/teams/", body))
            none = invalid(outsider_api.post("/api/teams/", body | {"tournament_id": 999_999}))
            refused(member_api.post("/api/teams/", body), "tournament_not_open")

        said = 'Invalid pk "{}" - object does not exist.'
        assert theirs == {"tournament_id": [said.format(draft.pk)]}
        assert none == {"tournament_id": [said.format(999_999)]}

    def test_a_draft_cannot_start(self, member_api, draft):
        with nothing_changes():
            response = member_api.post(f"/api/tournaments/{draft.pk}/start/")
            refused(response, "tournament_not_open")


class TestStatus:
    @pytest.mark.parametrize(("was", "to"), [("draft", "registration"), ("registration", "draft")])
    def test_an_organiser_opens_and_closes_registration(self, member_api, tournament, was, to):
        Tournament.objects.update(status=was)

        response = member_api.patch(f"/api/tournaments/{tournament.pk}/", {"status": to})

        assert response.json()["status"] == to

    def test_with_teams_it_does_not_become_a_draft_again(self, member_api, tournament):
        TeamFactory(tournament=tournament)

        with nothing_changes():
            response = member_api.patch(f"/api/tournaments/{tournament.pk}/", {"status": "draft"})
            refused(response, "tournament_has_teams")

    @pytest.mark.parametrize("to", ["running", "finished"])
    def test_it_starts_and_ends_by_actions_of_its_own(self, member_api, tournament, to):
        created = {"name": "Cup", "tournament_type": "swiss", "status": to}

        with nothing_changes():
            path = f"/api/tournaments/{tournament.pk}/"
            assert [*invalid(member_api.patch(path, {"status": to}))] == ["status"]
            assert [*invalid(member_api.post("/api/tournaments/", created))] == ["status"]

    @pytest.mark.parametrize("to", ["draft", "registration", "finished"])
    def test_once_it_has_started_its_status_is_not_written(self, member_api, member, to):
        tournament = running_tournament(2, organiser=member)

        with nothing_changes():
            response = member_api.patch(f"/api/tournaments/{tournament.pk}/", {"status": to})
            refused(response, "tournament_started")

    def test_what_the_server_counts_and_draws_is_not_written(self, member_api, tournament):
        body = {
            "version": 9,
            "seeding": "random",
            "seeding_number": 1,
            "started_at": "2026-11-01T20:00:00Z",
        }

        before = member_api.get(f"/api/tournaments/{tournament.pk}/").json()
        after = member_api.patch(f"/api/tournaments/{tournament.pk}/", body).json()

        assert after | {"updated_at": None} == before | {"updated_at": None}


class TestAfterTheStart:
    @pytest.fixture
    def running(self, member):
        return running_tournament(2, organiser=member, best_of=3)

    def test_what_was_read_can_be_written_back(self, member_api, running):
        path = f"/api/tournaments/{running.pk}/"
        read = member_api.get(path).json()

        response = member_api.put(path, read)

        assert response.status_code == 200
        assert response.json() | {"updated_at": None} == read | {"updated_at": None}

    def test_what_people_read_can_be_changed(self, member_api, member, running):
        changes = {
            "name": "Autumn Cup",
            "description": "Two teams.",
            "rules": "Be kind.",
            "event_id": EventFactory(created_by=member).pk,
            "steam_league_id": 17,
        }

        response = member_api.patch(f"/api/tournaments/{running.pk}/", changes)

        assert response.status_code == 200
        assert response.json() | changes == response.json()

    @pytest.mark.parametrize(
        "changes",
        [
            {"tournament_type": "swiss"},
            {"max_teams": 2},
            {"sign_up": False},
            {"check_in": True},
            {"best_of": 1},
            {"best_of_rounds": [{"section": "upper", "best_of": 5}]},
            {"third_place": True},
            {"grand_final_reset": False},
            {"groups": 2},
            {"legs": 2},
            {"swiss_rounds": 2},
            {"points_win": 3},
            {"points_draw": 0},
            {"tie_breaks": ["seed"]},
            {"playoff": "single_elimination", "qualifiers": 2},
        ],
    )
    def test_how_it_is_played_stays(self, member_api, running, changes):
        with nothing_changes():
            path = f"/api/tournaments/{running.pk}/"
            # Not even along with what may be changed.
            response = member_api.patch(path, changes | {"name": "Renamed"})
            refused(response, "tournament_started")

    def test_the_event_must_be_one_that_the_organiser_sees(self, member_api, running):
        hidden = EventFactory(status="draft")

        for event_id in (hidden.pk, 999_999):
            response = member_api.patch(f"/api/tournaments/{running.pk}/", {"event_id": event_id})
            assert invalid(response) == {"event_id": ["There is no such event."]}

    def test_and_that_they_organise(self, member_api, staff_api, running):
        path, event = f"/api/tournaments/{running.pk}/", {"event_id": EventFactory().pk}

        with nothing_changes():
            said = "Only who organises the event can add a tournament."
            assert invalid(member_api.patch(path, event)) == {"event_id": [said]}
        assert staff_api.patch(path, event).status_code == 200
        # What staff have added, the organiser may write back.
        assert member_api.patch(path, event).status_code == 200


class TestRulesThatClash:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"best_of": 2}, "best_of"),
            ({"best_of": 2, "tournament_type": "double_elimination"}, "best_of"),
            (
                {
                    "best_of": 2,
                    "tournament_type": "round_robin",
                    "playoff": "single_elimination",
                    "qualifiers": 2,
                },
                "best_of",
            ),
            ({"best_of_rounds": [{"section": "upper", "best_of": 2}]}, "best_of_rounds"),
            ({"best_of_rounds": [{"section": "grand_final", "best_of": 4}]}, "best_of_rounds"),
            ({"playoff": "single_elimination", "qualifiers": 2}, "playoff"),
            ({"tournament_type": "swiss", "playoff": "single_elimination"}, "qualifiers"),
            ({"tournament_type": "swiss", "qualifiers": 2}, "qualifiers"),
            (
                {"tournament_type": "swiss", "playoff": "single_elimination", "qualifiers": 1},
                "qualifiers",
            ),
            ({"points_win": 0}, "points_win"),
            ({"points_draw": 3}, "points_win"),
            ({"points_loss": 2}, "points_win"),
        ],
    )
    def test_rules_that_clash_are_refused(self, member_api, tournament, changes, field):
        path = f"/api/tournaments/{tournament.pk}/"
        body = {"name": "Cup", "tournament_type": "single_elimination"}

        with nothing_changes():
            assert [*invalid(member_api.patch(path, changes))] == [field]
            assert [*invalid(member_api.post("/api/tournaments/", body | changes))] == [field]

    @pytest.mark.parametrize(
        "rules",
        [
            {"tournament_type": "round_robin", "best_of": 2},
            {"tournament_type": "swiss", "best_of": 2},
            {
                "tournament_type": "round_robin",
                "best_of": 3,
                "best_of_rounds": [{"section": "group", "best_of": 2}],
                "playoff": "double_elimination",
                "groups": 2,
                "qualifiers": 1,
            },
            {"tournament_type": "swiss", "points_win": 1, "points_draw": 1, "points_loss": 1},
        ],
    )
    def test_where_a_series_can_be_drawn_it_may_have_an_even_number_of_games(
        self, member_api, rules
    ):
        response = member_api.post("/api/tournaments/", {"name": "Cup"} | rules)

        assert response.status_code == 201
        assert response.json() | rules == response.json()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("best_of", 0),
            ("best_of", 10),
            ("max_teams", 1),
            ("max_teams", 257),
            ("groups", 0),
            ("legs", 3),
            ("swiss_rounds", 0),
            ("points_win", 101),
            ("qualifiers", 257),
            ("steam_league_id", 0),
            ("tie_breaks", ["seed", "seed"]),
            ("tie_breaks", ["toss"]),
            ("tie_breaks", "seed"),
            ("tie_breaks", [["seed"]]),
            ("tie_breaks", None),
            ("best_of_rounds", [{"section": "middle", "best_of": 3}]),
            ("best_of_rounds", [{"section": "upper"}]),
            ("best_of_rounds", [{"section": "upper", "best_of": True}]),
            ("best_of_rounds", [{"section": "upper", "best_of": 3, "round": 0}]),
            ("best_of_rounds", [{"section": "upper", "best_of": 3, "round": 1.5}]),
            ("best_of_rounds", [{"section": "upper", "best_of": 3, "rounds": 1}]),
            ("best_of_rounds", {"section": "upper", "best_of": 3}),
            ("best_of_rounds", [{"section": "upper", "best_of": 3}] * 2),
            (
                "best_of_rounds",
                [{"section": "group", "round": n, "best_of": 3} for n in range(1, 66)],
            ),
        ],
    )
    def test_what_cannot_be_is_said_by_field(self, member_api, tournament, field, value):
        with nothing_changes():
            response = member_api.patch(f"/api/tournaments/{tournament.pk}/", {field: value})
            assert [*invalid(response)] == [field]

    def test_no_fewer_places_than_teams(self, member_api, tournament):
        TeamFactory.create_batch(3, tournament=tournament)
        path = f"/api/tournaments/{tournament.pk}/"

        with nothing_changes():
            refused(member_api.patch(path, {"max_teams": 2}), "tournament_has_teams")
        assert member_api.patch(path, {"max_teams": 3}).json()["max_teams"] == 3


def test_what_is_done_to_a_tournament_that_has_just_been_deleted_is_a_conflict(tournament, member):
    team = TeamFactory(tournament=tournament)
    Tournament.objects.all().delete()

    for write in (
        lambda: services.update_tournament(tournament=tournament, name="Renamed"),
        lambda: services.create_team(tournament=tournament, by=member, name="Owls"),
        lambda: services.check_in_team(team=team),
        lambda: services.start_tournament(tournament=tournament, by=member),
    ):
        with pytest.raises(TournamentDeleted) as raised:
            write()
        assert exception_handler(raised.value, {}).status_code == 409
    assert not Tournament.objects.exists()


class TestGames:
    @pytest.fixture
    def teams(self, tournament):
        return TeamFactory.create_batch(2, tournament=tournament)

    @pytest.fixture
    def body(self, tournament, teams):
        return {
            "tournament_id": tournament.pk,
            "radiant_id": teams[0].pk,
            "dire_id": teams[1].pk,
        }

    def test_the_organiser_adds_a_game_and_all_read_it_with_both_teams(
        self, api, member_api, teams, body
    ):
        result = {"winner_id": teams[1].pk, "duration": 2345, "played_at": "2026-11-01T20:00:00Z"}

        created = member_api.post("/api/games/", body | result)

        assert created.status_code == 201
        assert created.json() | body | result == created.json()
        [listed] = api.get("/api/games/").json()["results"]
        assert listed == created.json()
        assert listed["radiant"] == {"id": teams[0].pk, "name": teams[0].name, "seed": None}

    def test_what_was_read_can_be_written_back(self, member_api, body):
        created = member_api.post("/api/games/", body).json()

        response = member_api.put(f"/api/games/{created['id']}/", created)

        assert response.status_code == 200
        assert response.json() | {"updated_at": None} == created | {"updated_at": None}

    def test_a_time_in_another_zone_is_told_in_utc(self, member_api, body):
        created = member_api.post("/api/games/", body | {"played_at": "2026-11-01T21:00:00+01:00"})

        assert created.json()["played_at"] == "2026-11-01T20:00:00Z"

    def test_a_game_is_its_organisers_to_write(self, api, outsider_api, tournament, body):
        game = GameFactory(tournament=tournament)

        assert api.post("/api/games/", body).status_code == 401
        assert outsider_api.post("/api/games/", body).status_code == 403
        assert outsider_api.patch(f"/api/games/{game.pk}/", {}).status_code == 403
        assert outsider_api.delete(f"/api/games/{game.pk}/").status_code == 403
        assert Game.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"dire_id": "radiant"}, "dire_id"),
            ({"radiant_id": "stranger"}, "radiant_id"),
            ({"winner_id": "stranger"}, "winner_id"),
            ({"duration": -1}, "duration"),
            ({"radiant_id": 999_999_999}, "radiant_id"),
        ],
    )
    def test_a_game_is_between_two_teams_of_the_tournament(
        self, member_api, teams, body, changes, field
    ):
        named = {"radiant": teams[0].pk, "stranger": TeamFactory().pk}
        changes = {key: named.get(value, value) for key, value in changes.items()}

        response = member_api.post("/api/games/", body | changes)

        assert response.status_code == 400
        assert list(response.json()["details"]) == [field]
        assert not Game.objects.exists()

    def test_a_correction_is_held_to_the_same(self, member_api, tournament):
        game = GameFactory(tournament=tournament)

        response = member_api.patch(
            f"/api/games/{game.pk}/", {"winner_id": TeamFactory(tournament=tournament).pk}
        )

        assert response.status_code == 400
        winner = {"winner_id": game.dire.pk}
        assert member_api.patch(f"/api/games/{game.pk}/", winner).json()["winner_id"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("tournament={tournament}", ["decided", "open"]),
            ("team={team}", ["decided"]),
            ("winner={team}", ["decided"]),
            ("decided=true", ["decided"]),
            ("decided=false", ["elsewhere", "open"]),
            ("ordering=id", ["open", "decided", "elsewhere"]),
        ],
    )
    def test_games_are_filtered_and_put_in_order(self, api, tournament, query, found):
        games = {"open": GameFactory(tournament=tournament)}
        games["decided"] = GameFactory(tournament=tournament)
        games["decided"].winner = games["decided"].radiant
        games["decided"].save()
        games["elsewhere"] = GameFactory()
        query = query.format(tournament=tournament.pk, team=games["decided"].radiant.pk)

        results = api.get(f"/api/games/?{query}").json()["results"]

        assert [game["id"] for game in results] == [games[name].pk for name in found]


def test_what_others_are_told_of_has_a_limit_and_reading_has_none(
    settings, member_api, sign_in, member
):
    tournament = running_tournament(4, organiser=member)
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"tournaments": "2/day"}
    path = f"/api/tournaments/{tournament.pk}/"

    found = [member_api.patch(path, {"name": name}) for name in ("A", "B", "C")]

    assert [answer.status_code for answer in found] == [200, 200, 429]
    row = tournament.series.select_related("team_a__captain").first()
    settlement = SettlementFactory(series=row)
    for limited in (
        "/api/tournaments/",
        "/api/teams/",
        f"{path}start/",
        f"{path}finish/",
        f"/api/series/{row.pk}/report/",
        f"/api/series/{row.pk}/dispute/",
        f"/api/series/{row.pk}/correct/",
        f"/api/teams/{row.team_a_id}/disqualify/",
        f"/api/teams/{row.team_a_id}/reinstate/",
        f"/api/teams/{row.team_a_id}/substitute/",
        f"/api/settlements/{settlement.pk}/accept/",
        f"/api/settlements/{settlement.pk}/dismiss/",
    ):
        assert member_api.post(limited, {}).status_code == 429, limited
    game = GameFactory(tournament=tournament)
    for method in ("put", "patch", "delete"):
        assert getattr(member_api, method)(f"/api/games/{game.pk}/").status_code == 429
    assert member_api.get(path).status_code == 200
    assert sign_in(row.team_a.captain).post("/api/teams/", {}).status_code == 400
