import pytest

from app.steam.models import Match, MatchPlayer, SyncRun
from tests.factories import (
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    SteamMemberFactory,
    TeamFactory,
    TournamentFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def aldous():
    return SteamMemberFactory(username="aldous")


@pytest.fixture
def brannoch():
    return SteamMemberFactory(username="brannoch")


def ids(response):
    assert response.status_code == 200, response.json()
    return [match["match_id"] for match in response.json()["results"]]


def test_matches_are_listed_newest_first_with_the_members_in_them(api, aldous):
    older, newer = MatchFactory(match_id=1), MatchFactory(match_id=2)
    MatchPlayerFactory(match=older, member=aldous, account_id=5, player_slot=130)
    MatchPlayerFactory(match=older, player_slot=0)

    response = api.get("/api/steam/matches/")

    assert ids(response) == [newer.match_id, older.match_id]
    [player] = response.json()["results"][1]["members"]
    assert (player["member"]["id"], player["is_radiant"]) == (aldous.pk, False)
    assert player["won"] is False
    assert set(response.json()) == {"next", "previous", "results"}


def test_a_match_is_shown_in_full(api, aldous):
    match = MatchFactory(picks_bans=[{"is_pick": True, "hero_id": 5, "team": 0, "order": 0}])
    for slot in [*range(5), *range(128, 133)]:
        MatchPlayerFactory(match=match, player_slot=slot)
    MatchPlayer.objects.filter(player_slot=0).update(member=aldous)

    body = api.get(f"/api/steam/matches/{match.match_id}/").json()

    assert body["start_time"] == "2026-10-01T20:00:00Z"
    assert [player["player_slot"] for player in body["players"]] == [
        0,
        1,
        2,
        3,
        4,
        *range(128, 133),
    ]
    assert body["players"][0]["member"]["username"] == "aldous"
    assert body["players"][1]["member"] is None
    assert body["picks_bans"] == match.picks_bans


def test_a_match_that_is_not_here_is_a_404(api):
    assert api.get("/api/steam/matches/404/").status_code == 404


@pytest.mark.parametrize("reason", Match.Reason)
@pytest.mark.parametrize("path", ["/api/steam/matches/", "/api/steam/matches/3/"])
def test_an_unavailable_match_says_why_to_programs_and_to_people(api, path, reason):
    MatchFactory(match_id=3, state="unavailable", reason=reason, radiant_win=None)

    body = api.get(path).json()

    [match] = body.get("results", [body])
    assert (match["state"], match["reason"]) == ("unavailable", reason.value)
    assert match["explanation"] == reason.label
    assert match["explanation"].endswith(".")


@pytest.mark.parametrize("path", ["/api/steam/matches/", "/api/steam/matches/3/"])
def test_a_match_that_is_there_explains_nothing_and_names_its_source(api, path):
    MatchFactory(match_id=3, source="opendota")

    body = api.get(path).json()

    [match] = body.get("results", [body])
    assert (match["reason"], match["explanation"], match["source"]) == ("", "", "opendota")


@pytest.mark.parametrize(("state", "reason"), [("pending", ""), ("unavailable", "hidden")])
def test_a_match_without_details_names_the_members_in_it(api, aldous, state, reason):
    match = MatchFactory(state=state, reason=reason, radiant_win=None, duration=None)
    MatchPlayer.objects.create(match=match, player_slot=3, member=aldous, hero_id=14)

    [listed] = api.get("/api/steam/matches/").json()["results"]
    full = api.get(f"/api/steam/matches/{match.match_id}/").json()

    for [player] in (listed["members"], full["players"]):
        assert (player["member"]["id"], player["hero_id"]) == (aldous.pk, 14)
        # Not that they had none of it: nobody knows.
        assert player["won"] is player["kills"] is player["net_worth"] is player["level"] is None
        assert player["items"] == []


def test_a_match_with_nobody_of_ours_has_no_members(api):
    MatchPlayerFactory(account_id=7)

    [match] = api.get("/api/steam/matches/").json()["results"]

    assert match["members"] == []


@pytest.mark.parametrize("side", [0, 130])
@pytest.mark.parametrize("radiant_win", [True, False])
def test_each_player_has_won_or_lost(api, side, radiant_win):
    match = MatchFactory(radiant_win=radiant_win)
    MatchPlayerFactory(match=match, player_slot=side)

    [player] = api.get(f"/api/steam/matches/{match.match_id}/").json()["players"]

    assert player["won"] is (player["is_radiant"] == radiant_win)


def test_pages_follow_each_other_without_a_gap_while_matches_come_in(api):
    for number in range(1, 8):
        MatchFactory(match_id=number)
    page = api.get("/api/steam/matches/?page_size=3").json()
    MatchFactory(match_id=8)

    seen = [match["match_id"] for match in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [match["match_id"] for match in page["results"]]

    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_matches_are_filtered_by_who_played_what_when_and_where(api, aldous, brannoch):
    first = MatchFactory(match_id=1, start_time="2026-10-01T10:00:00Z", lobby_type=0)
    second = MatchFactory(match_id=2, start_time="2026-10-02T10:00:00Z", lobby_type=7)
    MatchPlayerFactory(match=first, member=aldous, hero_id=14)
    MatchPlayerFactory(match=first, member=brannoch, hero_id=20, player_slot=1)
    MatchPlayerFactory(match=second, member=brannoch, hero_id=14)
    MatchPlayerFactory(match=second, hero_id=33, player_slot=1)

    def found(query):
        return ids(api.get(f"/api/steam/matches/?{query}"))

    assert found(f"member={aldous.pk}") == [1]
    assert found(f"member={brannoch.pk}") == [2, 1]
    assert found("hero=14") == [2, 1]
    assert found("hero=33") == []  # not a member's
    # Both together: that member on that hero, not the one and the other in one match.
    assert found(f"member={brannoch.pk}&hero=14") == [2]
    assert found("since=2026-10-02T00:00:00Z") == [2]
    assert found("lobby=7") == [2]
    assert found("state=pending") == []


def test_matches_are_filtered_by_their_mode(api):
    for number, mode in ((1, 23), (2, 22), (3, 23)):
        MatchFactory(match_id=number, game_mode=mode)

    assert ids(api.get("/api/steam/matches/?game_mode=23")) == [3, 1]


class TestOfATournament:
    @pytest.fixture
    def cup(self):
        cup = TournamentFactory()
        cup.sides = dict(
            zip(["radiant", "dire"], TeamFactory.create_batch(2, tournament=cup), strict=True)
        )
        return cup

    def test_its_matches_are_those_of_its_games_each_once(self, api, cup):
        first, second, _ = (MatchFactory(match_id=number) for number in (1, 2, 3))
        for match in (first, second, None):
            GameFactory(tournament=cup, match=match, **cup.sides)
        # The same match may be another tournament's game as well.
        other = GameFactory(match=second)

        assert ids(api.get(f"/api/steam/matches/?tournament={cup.pk}")) == [2, 1]
        assert ids(api.get(f"/api/steam/matches/?tournament={other.tournament.pk}")) == [2]

    def test_it_goes_with_the_other_filters(self, api, cup, aldous):
        for number in (1, 2):
            match = MatchFactory(match_id=number)
            GameFactory(tournament=cup, match=match, **cup.sides)
        MatchPlayerFactory(match=match, member=aldous)

        assert ids(api.get(f"/api/steam/matches/?tournament={cup.pk}&member={aldous.pk}")) == [2]

    def test_one_without_matches_or_that_is_not_there_has_none(self, api, cup):
        MatchFactory()
        GameFactory(tournament=cup, **cup.sides)

        assert ids(api.get(f"/api/steam/matches/?tournament={cup.pk}")) == []
        assert ids(api.get(f"/api/steam/matches/?tournament={cup.pk + 1}")) == []


@pytest.mark.parametrize(
    "query",
    [
        "member=me",
        "hero=axe",
        "since=yesterday",
        "lobby=ranked",
        "game_mode=turbo",
        "tournament=cup",
        "state=lost",
    ],
)
def test_a_filter_that_makes_no_sense_says_so(api, query):
    response = api.get(f"/api/steam/matches/?{query}")

    assert response.status_code == 400
    assert list(response.json()["details"]) == [query.split("=")[0]]


def test_nobody_writes_matches(staff_api):
    match = MatchFactory()

    assert staff_api.post("/api/steam/matches/", {}).status_code == 405
    assert staff_api.delete(f"/api/steam/matches/{match.match_id}/").status_code == 405


def test_staff_may_have_steam_looked_at_now(api, member_api, staff, staff_api, steam):
    assert api.post("/api/steam/sync/").status_code == 401
    assert member_api.post("/api/steam/sync/").status_code == 403
    assert steam.count() == 0

    response = staff_api.post("/api/steam/sync/")

    assert response.status_code == 202
    assert response.json()["task"]
    run = SyncRun.objects.get(trigger="staff")
    assert run.started_by == staff
