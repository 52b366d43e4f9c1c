import pytest

from app.tournaments.models import Game, Team, Tournament
from tests.factories import GameFactory, TeamFactory, TournamentFactory

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


class TestTeams:
    def test_the_organiser_enters_a_team(self, member_api, tournament, outsider):
        body = {"tournament_id": tournament.pk, "name": "Night Owls", "captain_id": outsider.pk}

        response = member_api.post("/api/teams/", body | {"seed": 1})

        assert response.status_code == 201
        assert response.json() | body == response.json()
        assert Team.objects.get().captain == outsider

    def test_nobody_else_does(self, api, outsider_api, tournament):
        body = {"tournament_id": tournament.pk, "name": "Night Owls"}

        assert api.post("/api/teams/", body).status_code == 401
        assert outsider_api.post("/api/teams/", body).status_code == 403
        assert not Team.objects.exists()

    @pytest.mark.parametrize("method", ["patch", "delete"])
    def test_a_team_is_its_organisers_to_write(self, outsider_api, tournament, method):
        team = TeamFactory(tournament=tournament)

        response = getattr(outsider_api, method)(f"/api/teams/{team.pk}/", {"name": "x"})

        assert response.status_code == 403

    @pytest.mark.parametrize(("field", "value"), [("name", "Night Owls"), ("seed", 1)])
    def test_a_name_and_a_seed_are_given_once_in_a_tournament(
        self, member_api, tournament, field, value
    ):
        TeamFactory(tournament=tournament, name="Night Owls", seed=1)
        other = TeamFactory(tournament=tournament, name="Early Larks", seed=2)
        taken = {field: [f"Another team of the tournament has this {field}."]}
        new = {"tournament_id": tournament.pk, "name": "Third", "seed": 3, field: value}

        created = member_api.post("/api/teams/", new)
        changed = member_api.patch(f"/api/teams/{other.pk}/", {field: value})

        assert created.status_code == changed.status_code == 400
        assert created.json()["details"] == changed.json()["details"] == taken
        # In another tournament it is free.
        elsewhere = TournamentFactory(organiser=tournament.organiser)
        response = member_api.post("/api/teams/", new | {"tournament_id": elsewhere.pk})
        assert response.status_code == 201

    def test_a_team_stays_in_its_tournament(self, member_api, member, tournament):
        team = TeamFactory(tournament=tournament)
        elsewhere = TournamentFactory(organiser=member)

        response = member_api.patch(f"/api/teams/{team.pk}/", {"tournament_id": elsewhere.pk})

        assert response.status_code == 200
        assert response.json()["tournament_id"] == tournament.pk

    def test_a_team_that_has_played_stays(self, member_api, tournament):
        game = GameFactory(tournament=tournament)

        response = member_api.delete(f"/api/teams/{game.radiant.pk}/")

        assert response.status_code == 409
        assert response.json()["code"] == "team_has_played"
        assert Team.objects.count() == 2

    @pytest.mark.parametrize("seed", [0, -1, 40_000])
    def test_a_seed_is_a_small_number_from_one_on(self, member_api, tournament, seed):
        body = {"tournament_id": tournament.pk, "name": "Owls", "seed": seed}

        assert member_api.post("/api/teams/", body).status_code == 400


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
