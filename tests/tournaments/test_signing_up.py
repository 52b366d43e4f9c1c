"""A captain signs up a team, looks after it and checks in: and what a captain may not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.tournaments.models import Team, TeamMember
from app.tournaments.services.teams import MOST_MEMBERS
from tests.factories import (
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
    running_tournament,
)
from tests.tournaments.steps import invalid, nothing_changes, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return TournamentFactory(organiser=member, name="Harvest Cup")


@pytest.fixture
def body(tournament):
    return {"tournament_id": tournament.pk, "name": "Night Owls"}


@pytest.fixture
def team(tournament, outsider):
    team = TeamFactory(tournament=tournament, captain=outsider, name="Night Owls")
    TeamMemberFactory(team=team, member=outsider)
    return team


@pytest.fixture
def rival(tournament):
    return TeamFactory(tournament=tournament, name="Early Larks")


class TestSigningUp:
    def test_whoever_signs_up_a_team_is_its_captain_and_plays(self, outsider_api, outsider, body):
        response = outsider_api.post("/api/teams/", body)

        assert response.status_code == 201
        assert response.json() | body | {"captain_id": outsider.pk} == response.json()
        [player] = TeamMember.objects.all()
        assert (player.team_id, player.member, player.is_stand_in) == (
            response.json()["id"],
            outsider,
            False,
        )

    def test_nobody_signs_up_for_another(self, outsider_api, member, body):
        with nothing_changes():
            response = outsider_api.post("/api/teams/", body | {"captain_id": member.pk})
            assert [*invalid(response)] == ["captain_id"]

    def test_who_is_not_signed_in_signs_up_nobody(self, api, body):
        with nothing_changes():
            refused(api.post("/api/teams/", body), "not_authenticated", 401)

    @pytest.mark.parametrize("field", ["seed", "rating"])
    def test_a_seed_and_a_rating_are_not_the_captains_to_set(self, outsider_api, body, field):
        with nothing_changes():
            assert [*invalid(outsider_api.post("/api/teams/", body | {field: 1}))] == [field]
        # As a form leaves it.
        assert outsider_api.post("/api/teams/", body | {field: None}).status_code == 201

    def test_a_name_is_taken_once(self, outsider_api, body, rival):
        with nothing_changes():
            response = outsider_api.post("/api/teams/", body | {"name": rival.name})
            assert invalid(response) == {"name": ["Another team of the tournament has this name."]}

    @pytest.mark.parametrize("name", ["", " ", "Night\nOwls", "x" * 81])
    def test_a_name_is_one_short_line(self, outsider_api, body, name):
        with nothing_changes():
            assert [*invalid(outsider_api.post("/api/teams/", body | {"name": name}))] == ["name"]

    @pytest.mark.parametrize("logo", ["javascript:alert(1)", "owls.png", "data:image/png;base64,"])
    def test_a_logo_is_a_url(self, outsider_api, body, logo):
        with nothing_changes():
            assert [*invalid(outsider_api.post("/api/teams/", body | {"logo": logo}))] == ["logo"]

    def test_a_member_plays_for_one_team(self, outsider_api, body, team):
        with nothing_changes():
            response = outsider_api.post("/api/teams/", body | {"name": "Other Owls"})
            refused(response, "already_in_team")

    def test_a_member_signs_up_one_team(self, outsider_api, outsider, team, body):
        outsider_api.delete(f"/api/teams/{team.pk}/members/{outsider.pk}/")

        with nothing_changes():
            said = refused(outsider_api.post("/api/teams/", body), "already_in_team")
            assert said == "You have signed up a team already."

    def test_who_stands_in_for_a_team_may_sign_up_another(self, outsider_api, outsider, body):
        TeamMemberFactory(team__tournament_id=body["tournament_id"], member=outsider)
        TeamMember.objects.update(is_stand_in=True)

        assert outsider_api.post("/api/teams/", body).status_code == 201

    def test_in_another_tournament_the_same_member_plays_for_another(self, outsider_api, team):
        elsewhere = TournamentFactory()

        response = outsider_api.post(
            "/api/teams/", {"tournament_id": elsewhere.pk, "name": team.name}
        )

        assert response.status_code == 201

    def test_sign_up_can_be_left_to_the_organiser(self, outsider_api, member_api, body, tournament):
        tournament.sign_up = False
        tournament.save()

        with nothing_changes():
            refused(outsider_api.post("/api/teams/", body), "sign_up_closed")
        assert member_api.post("/api/teams/", body).status_code == 201

    @pytest.mark.parametrize("status", ["running", "finished"])
    def test_after_the_start_nobody_signs_up(self, outsider_api, body, tournament, status):
        tournament.status, tournament.started_at = status, timezone.now()
        tournament.save()

        with nothing_changes():
            refused(outsider_api.post("/api/teams/", body), "sign_up_closed")

    @pytest.mark.parametrize("who", ["outsider_api", "member_api", "staff_api"])
    def test_there_are_as_many_teams_as_places(self, request, member_api, body, tournament, who):
        tournament.max_teams = 2
        tournament.save()
        TeamFactory(tournament=tournament)
        client = request.getfixturevalue(who)

        assert member_api.post("/api/teams/", body).status_code == 201
        with nothing_changes():
            refused(client.post("/api/teams/", body | {"name": "Third"}), "tournament_full")

    def test_who_leaves_makes_room(self, outsider_api, tournament, team, body):
        tournament.max_teams = 2
        tournament.save()
        TeamFactory(tournament=tournament)

        assert outsider_api.delete(f"/api/teams/{team.pk}/").status_code == 204

        assert outsider_api.post("/api/teams/", body).status_code == 201


class TestCaptain:
    def test_a_captain_changes_what_people_see_of_the_team(self, outsider_api, team):
        changes = {"name": "Day Owls", "logo": "https://cdn.example.org/owls.png"}

        response = outsider_api.patch(f"/api/teams/{team.pk}/", changes)

        assert response.status_code == 200
        assert response.json() | changes == response.json()

    @pytest.mark.parametrize("field", ["seed", "rating"])
    @pytest.mark.parametrize("value", [1, None])
    def test_a_captain_neither_sets_nor_takes_back_a_seed_or_a_rating(
        self, outsider_api, team, field, value
    ):
        Team.objects.update(seed=3, rating=4000)

        with nothing_changes():
            response = outsider_api.patch(f"/api/teams/{team.pk}/", {field: value})
            assert invalid(response) == {field: ["Only the organiser sets this."]}

    def test_a_captain_writes_back_what_was_read(self, outsider_api, team):
        Team.objects.update(seed=3, rating=4000)
        read = outsider_api.get(f"/api/teams/{team.pk}/").json()

        response = outsider_api.put(f"/api/teams/{team.pk}/", read)

        assert response.status_code == 200
        assert response.json() | {"updated_at": None} == read | {"updated_at": None}

    def test_what_the_server_notes_is_not_written(self, outsider_api, team):
        now = "2026-11-01T20:00:00Z"

        body = {"checked_in_at": now, "disqualified_at": now, "tournament_id": 999_999}
        read = outsider_api.patch(f"/api/teams/{team.pk}/", body).json()

        assert read["checked_in_at"] is read["disqualified_at"] is None
        assert read["tournament_id"] == team.tournament_id

    def test_a_captain_hands_the_team_over_and_is_no_more(self, outsider_api, sign_in, team):
        heir = UserFactory()

        given = outsider_api.patch(f"/api/teams/{team.pk}/", {"captain_id": heir.pk})

        assert given.json()["captain_id"] == heir.pk
        with nothing_changes():
            path = f"/api/teams/{team.pk}/"
            refused(outsider_api.patch(path, {"name": "Mine"}), "permission_denied", 403)
            refused(outsider_api.post(f"{path}check-in/"), "permission_denied", 403)
        assert sign_in(heir).patch(path, {"name": "Mine"}).status_code == 200

    @pytest.mark.parametrize(
        ("method", "route"),
        [
            ("patch", ""),
            ("put", ""),
            ("delete", ""),
            ("post", "check-in/"),
            ("post", "members/"),
            ("post", "disqualify/"),
            ("post", "reinstate/"),
            ("post", "substitute/"),
        ],
    )
    def test_a_team_is_not_another_captains(self, api, sign_in, team, rival, method, route):
        # Nor an organiser's of something else.
        TournamentFactory(organiser=rival.captain)
        body = {"name": "Beaten", "member_id": rival.captain.pk, "team_id": rival.pk}
        path = f"/api/teams/{team.pk}/{route}"

        with nothing_changes():
            response = getattr(sign_in(rival.captain), method)(path, body)
            refused(response, "permission_denied", 403)
            refused(getattr(api, method)(path, body), "not_authenticated", 401)

    @pytest.mark.parametrize("route", ["disqualify/", "reinstate/", "substitute/"])
    def test_who_is_out_is_not_the_captains_to_say(self, outsider_api, team, rival, route):
        with nothing_changes():
            response = outsider_api.post(f"/api/teams/{team.pk}/{route}", {"team_id": rival.pk})
            refused(response, "permission_denied", 403)

    def test_a_captain_takes_the_team_out_before_the_start_alone(self, sign_in, member):
        running = running_tournament(2, organiser=member)
        playing = running.teams.get(seed=1)

        with nothing_changes():
            response = sign_in(playing.captain).delete(f"/api/teams/{playing.pk}/")
            refused(response, "tournament_started")

        waiting = TeamFactory(tournament=TournamentFactory())
        assert sign_in(waiting.captain).delete(f"/api/teams/{waiting.pk}/").status_code == 204


class TestMembers:
    @pytest.fixture
    def path(self, team):
        return f"/api/teams/{team.pk}/members/"

    @pytest.mark.parametrize("who", ["outsider_api", "member_api", "staff_api"])
    @pytest.mark.parametrize("is_stand_in", [True, False])
    def test_the_captain_the_organiser_and_staff_say_who_plays(
        self, request, path, team, who, is_stand_in
    ):
        client, player = request.getfixturevalue(who), UserFactory()

        response = client.post(path, {"member_id": player.pk, "is_stand_in": is_stand_in})

        assert response.status_code == 201
        assert response.json()["member"]["username"] == player.username
        added = TeamMember.objects.get(member=player)
        assert (added.team, added.tournament_id) == (team, team.tournament_id)
        assert added.is_stand_in == is_stand_in

    def test_members_are_read_by_who_is_signed_in(self, api, member_api, sign_in, path, outsider):
        stranger = sign_in(UserFactory())

        refused(api.get(path), "not_authenticated", 401)
        [row] = stranger.get(path).json()["results"]
        assert (row["member_id"], row["is_stand_in"]) == (outsider.pk, False)
        assert stranger.get(f"{path}?is_stand_in=true").json()["results"] == []
        refused(stranger.get("/api/teams/999999/members/"), "not_found", 404)

    def test_a_member_plays_for_one_team_and_stands_in_for_several(self, outsider_api, path, rival):
        player = TeamMemberFactory(team=rival).member

        with nothing_changes():
            refused(outsider_api.post(path, {"member_id": player.pk}), "already_in_team")

        stands_in = {"member_id": player.pk, "is_stand_in": True}
        assert outsider_api.post(path, stands_in).status_code == 201
        with nothing_changes():
            refused(outsider_api.post(path, stands_in), "already_in_team")

    def test_a_team_has_a_limit(self, outsider_api, path, team):
        TeamMemberFactory.create_batch(MOST_MEMBERS - 2, team=team)

        assert outsider_api.post(path, {"member_id": UserFactory().pk}).status_code == 201
        with nothing_changes():
            response = outsider_api.post(path, {"member_id": UserFactory().pk})
            assert [*invalid(response)] == ["member_id"]

    @pytest.mark.parametrize("member_id", [999_999, None, "you"])
    def test_a_member_is_one_of_the_community(self, outsider_api, path, member_id):
        with nothing_changes():
            response = outsider_api.post(path, {"member_id": member_id})
            assert [*invalid(response)] == ["member_id"]

    def test_who_is_suspended_is_not_shown(self, outsider_api, path, team):
        player = TeamMemberFactory(team=team).member
        shown = [each["member_id"] for each in outsider_api.get(path).json()["results"]]
        player.is_active = False
        player.save()

        found = [each["member_id"] for each in outsider_api.get(path).json()["results"]]
        assert found == [pk for pk in shown if pk != player.pk]

    def test_who_has_gone_does_not_play(self, outsider_api, path):
        gone = UserFactory(is_active=False)

        with nothing_changes():
            assert [*invalid(outsider_api.post(path, {"member_id": gone.pk}))] == ["member_id"]

    def test_a_player_leaves_and_others_are_taken_out(self, outsider_api, sign_in, path, team):
        leaves, goes, stays = (TeamMemberFactory(team=team).member for _ in range(3))

        assert sign_in(leaves).delete(f"{path}{leaves.pk}/").status_code == 204
        assert outsider_api.delete(f"{path}{goes.pk}/").status_code == 204

        with nothing_changes():
            response = sign_in(leaves).delete(f"{path}{stays.pk}/")
            refused(response, "permission_denied", 403)
            refused(outsider_api.delete(f"{path}{leaves.pk}/"), "not_in_team")
            refused(sign_in(goes).delete(f"{path}{goes.pk}/"), "not_in_team")

    def test_to_leave_a_team_is_to_leave_that_one(self, sign_in, path, rival):
        player = TeamMemberFactory(team=rival).member

        with nothing_changes():
            refused(sign_in(player).delete(f"{path}{player.pk}/"), "not_in_team")

    def test_who_leaves_may_sign_up_a_team(self, sign_in, path, team, body):
        player = TeamMemberFactory(team=team).member
        client = sign_in(player)

        assert client.delete(f"{path}{player.pk}/").status_code == 204

        assert client.post("/api/teams/", body | {"name": "Mine"}).status_code == 201


class TestCheckIn:
    @pytest.mark.parametrize("who", ["outsider_api", "member_api", "staff_api"])
    def test_a_team_is_there_once_somebody_says_so(self, request, team, who):
        response = request.getfixturevalue(who).post(f"/api/teams/{team.pk}/check-in/")

        team.refresh_from_db()
        assert response.status_code == 200
        assert timezone.now() - team.checked_in_at < timedelta(minutes=1)
        assert response.json()["checked_in_at"]

    def test_to_say_so_again_changes_nothing(self, outsider_api, team):
        first = outsider_api.post(f"/api/teams/{team.pk}/check-in/").json()

        with nothing_changes():
            assert outsider_api.post(f"/api/teams/{team.pk}/check-in/").json() == first

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            ("draft", "tournament_not_open"),
            ("running", "tournament_started"),
            ("finished", "tournament_started"),
        ],
    )
    def test_it_is_said_between_announcement_and_start(
        self, outsider_api, tournament, team, status, code
    ):
        tournament.status = status
        tournament.started_at = None if status == "draft" else timezone.now()
        tournament.save()

        with nothing_changes():
            refused(outsider_api.post(f"/api/teams/{team.pk}/check-in/"), code)
