"""What the organiser and staff do with teams; tests/tournaments/test_signing_up.py has captains."""

import pytest

from app.tournaments import services
from app.tournaments.errors import TeamDeleted
from app.tournaments.models import Team, Tournament
from tests.factories import (
    GameFactory,
    TeamFactory,
    TournamentFactory,
    UserFactory,
    running_tournament,
)
from tests.tournaments.steps import invalid, nothing_changes, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return TournamentFactory(organiser=member, name="Harvest Cup")


def test_the_organiser_enters_a_team(member_api, tournament, outsider):
    body = {"tournament_id": tournament.pk, "name": "Night Owls", "captain_id": outsider.pk}

    response = member_api.post("/api/teams/", body | {"seed": 1})

    assert response.status_code == 201
    assert response.json() | body == response.json()
    assert Team.objects.get().captain == outsider
    assert [player.member for player in Team.objects.get().members.all()] == [outsider]


@pytest.mark.parametrize(("field", "value"), [("name", "Night Owls"), ("seed", 1)])
def test_a_name_and_a_seed_are_given_once_in_a_tournament(member_api, tournament, field, value):
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


def test_a_team_stays_in_its_tournament(member_api, member, tournament):
    team = TeamFactory(tournament=tournament)
    elsewhere = TournamentFactory(organiser=member)

    response = member_api.patch(f"/api/teams/{team.pk}/", {"tournament_id": elsewhere.pk})

    assert response.status_code == 200
    assert response.json()["tournament_id"] == tournament.pk


def test_a_team_that_has_played_stays(member_api, tournament):
    game = GameFactory(tournament=tournament)

    response = member_api.delete(f"/api/teams/{game.radiant.pk}/")

    assert response.status_code == 409
    assert response.json()["code"] == "team_has_played"
    assert Team.objects.count() == 2


@pytest.mark.parametrize("seed", [0, -1, 40_000])
def test_a_seed_is_a_small_number_from_one_on(member_api, tournament, seed):
    body = {"tournament_id": tournament.pk, "name": "Owls", "seed": seed}

    assert member_api.post("/api/teams/", body).status_code == 400


def test_a_team_may_have_no_captain(member_api, api, tournament):
    team = TeamFactory(tournament=tournament)

    body = {"tournament_id": tournament.pk, "name": "Orphans", "captain_id": None}
    assert member_api.post("/api/teams/", body).json()["captain_id"] is None
    response = member_api.patch(f"/api/teams/{team.pk}/", {"captain_id": None})
    assert response.json()["captain_id"] is None

    with nothing_changes():
        refused(api.patch(f"/api/teams/{team.pk}/", {"name": "Mine"}), "not_authenticated", 401)


@pytest.mark.parametrize("captain", ["gone", "none"])
def test_a_captain_is_one_of_the_community(member_api, tournament, captain):
    captain_id = UserFactory(is_active=False).pk if captain == "gone" else 999_999
    body = {"tournament_id": tournament.pk, "name": "Owls", "captain_id": captain_id}

    with nothing_changes():
        assert [*invalid(member_api.post("/api/teams/", body))] == ["captain_id"]


def test_who_is_entered_as_captain_of_several_plays_for_the_first(member_api, tournament, outsider):
    body = {"tournament_id": tournament.pk, "captain_id": outsider.pk}

    for name in ("First", "Second"):
        assert member_api.post("/api/teams/", body | {"name": name}).status_code == 201

    assert [team.name for team in Team.objects.filter(captain=outsider)] == ["First", "Second"]
    assert [player.team.name for player in outsider.team_members.all()] == ["First"]


@pytest.mark.parametrize("who", ["member_api", "staff_api"])
def test_the_organiser_and_staff_change_all_of_a_team(request, tournament, outsider, who):
    team = TeamFactory(tournament=tournament)
    changes = {"name": "Owls", "seed": 2, "rating": 4200, "captain_id": outsider.pk}

    response = request.getfixturevalue(who).patch(f"/api/teams/{team.pk}/", changes)

    assert response.status_code == 200
    assert response.json() | changes == response.json()


@pytest.mark.parametrize("rating", [-1, 100_001, "strong"])
def test_a_rating_is_a_number_within_reason(member_api, tournament, rating):
    team = TeamFactory(tournament=tournament)

    with nothing_changes():
        response = member_api.patch(f"/api/teams/{team.pk}/", {"rating": rating})
        assert [*invalid(response)] == ["rating"]


def test_teams_are_filtered_and_put_in_order(api, tournament, outsider):
    TeamFactory(tournament=tournament, name="Night Owls", seed=2, captain=outsider)
    TeamFactory(tournament=tournament, name="Early Larks", seed=1)
    TeamFactory(name="Owls elsewhere")

    def found(query):
        return [team["name"] for team in api.get(f"/api/teams/?{query}").json()["results"]]

    assert found("q=owls") == ["Night Owls", "Owls elsewhere"]
    assert found(f"tournament={tournament.pk}&ordering=seed") == ["Early Larks", "Night Owls"]
    assert found(f"captain={outsider.pk}") == ["Night Owls"]
    assert found(f"tournament={tournament.pk}&ordering=name") == ["Early Larks", "Night Owls"]


def test_a_team_that_is_gone_by_now_is_a_conflict(member, outsider, tournament):
    team = TeamFactory(tournament=tournament)
    Team.objects.all().delete()

    for write in (
        lambda: services.update_team(team=team, by=member, name="Foxes"),
        lambda: services.add_member(team=team, member=outsider),
        lambda: services.check_in_team(team=team),
        lambda: services.delete_team(team=team),
    ):
        with nothing_changes(), pytest.raises(TeamDeleted):
            write()


class TestAfterTheStart:
    @pytest.fixture
    def tournament(self, member):
        return running_tournament(2, organiser=member, max_teams=2)

    @pytest.fixture
    def team(self, tournament):
        return tournament.teams.get(seed=1)

    def test_a_team_that_plays_stays(self, member_api, staff_api, team):
        for client in (member_api, staff_api):
            with nothing_changes():
                refused(client.delete(f"/api/teams/{team.pk}/"), "tournament_started")

    @pytest.mark.parametrize("seed", [2, 3, None])
    def test_a_seed_stays(self, member_api, team, seed):
        path = f"/api/teams/{team.pk}/"

        with nothing_changes():
            response = member_api.patch(path, {"seed": seed, "name": "Renamed"})
            refused(response, "tournament_started")

    def test_what_was_read_can_be_written_back(self, member_api, team):
        read = member_api.get(f"/api/teams/{team.pk}/").json()

        response = member_api.put(f"/api/teams/{team.pk}/", read)

        assert response.status_code == 200
        assert response.json() | {"updated_at": None} == read | {"updated_at": None}

    def test_a_new_team_is_in_reserve_and_takes_no_place(self, member_api, tournament):
        body = {"tournament_id": tournament.pk, "name": "Late Arrivals"}

        with nothing_changes():
            response = member_api.post("/api/teams/", body | {"seed": 3})
            refused(response, "tournament_started")
        late = member_api.post("/api/teams/", body)

        assert (late.status_code, late.json()["seed"]) == (201, None)
        assert member_api.delete(f"/api/teams/{late.json()['id']}/").status_code == 204

    def test_an_organiser_of_something_else_has_no_say(self, sign_in, team):
        organiser = TournamentFactory().organiser

        with nothing_changes():
            response = sign_in(organiser).patch(f"/api/teams/{team.pk}/", {"name": "Mine"})
            refused(response, "permission_denied", 403)


@pytest.mark.parametrize("seeding", ["random", "rating"])
def test_a_seed_given_by_hand_makes_it_a_seeding_by_hand(member_api, tournament, seeding):
    team, _ = TeamFactory.create_batch(2, tournament=tournament)
    path = f"/api/tournaments/{tournament.pk}/"

    def seed(**changes):
        member_api.post(f"{path}seeding/", {"seeding": seeding})
        assert Tournament.objects.get().seeding == seeding
        assert member_api.patch(f"/api/teams/{team.pk}/", changes).status_code == 200
        read = member_api.get(path).json()
        return read["seeding"], read["seeding_number"] is None

    assert seed(name="Renamed") == (seeding, seeding == "rating")
    assert seed(seed=9) == ("manual", True)

    member_api.post(f"{path}seeding/", {"seeding": seeding})
    new = {"tournament_id": tournament.pk, "name": "New"}
    member_api.post("/api/teams/", new)
    assert member_api.get(path).json()["seeding"] == seeding
    member_api.post("/api/teams/", new | {"name": "Newer", "seed": 9})
    assert member_api.get(path).json()["seeding"] == "manual"
