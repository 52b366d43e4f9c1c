"""Matches, and the sync that brings them; players, what is on, and whom Steam knows."""

import pytest

from app.core.steam_id import to_account_id
from app.steam.models import Match
from tests.contract import expect
from tests.contract.sites import unique
from tests.factories import LiveGamePlayerFactory, MatchFactory, SteamMemberFactory
from tests.fakes.steam import FakeSteam, match


def test_matches_come_in_pages_by_cursor(api):
    page = api.get("/api/steam/matches/", params={"page_size": 2})

    assert page.status_code == 200, page.text
    assert page.json().keys() == {"next", "previous", "results"}
    assert page.json()["previous"] is None
    ids = [row["match_id"] for row in page.json()["results"]]
    assert ids == sorted(ids, reverse=True)


def test_a_cursor_leads_on_and_back(gateway, api):
    ids = sorted((MatchFactory().match_id for _ in range(5)), reverse=True)

    seen, url = [], "/api/steam/matches/?page_size=2"
    while url:
        page = api.get(url).json()
        seen.append([row["match_id"] for row in page["results"]])
        url = page["next"]
    assert seen == [ids[:2], ids[2:4], ids[4:]]

    back = api.get(page["previous"]).json()
    assert [row["match_id"] for row in back["results"]] == ids[2:4]


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "Ä"])
def test_a_made_up_cursor_leads_nowhere(api, cursor):
    expect.refused(api.get("/api/steam/matches/", params={"cursor": cursor}), 404, "not_found")


def test_a_sync_is_for_staff_to_start(api, member_api):
    expect.refused(api.post("/api/steam/sync/"), 401, "not_authenticated")
    expect.refused(member_api.post("/api/steam/sync/"), 403, "permission_denied")


def test_staff_start_a_sync(own_site, staff_api):
    answer = staff_api.post("/api/steam/sync/")

    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"task"}
    assert answer.json()["task"]


def test_a_sync_brings_what_members_played(gateway, settings, api, staff_api):
    member = SteamMemberFactory()
    account = to_account_id(member.steam_id)
    played = match(match_id=8_100_000_001, seq=7_100_000_001, accounts=[None, account])
    with FakeSteam(matches=[played]) as steam:
        settings.STEAM_API_URL, settings.STEAM_API_KEY = steam.url, steam.key

        answer = staff_api.post("/api/steam/sync/")

        assert answer.status_code == 202, answer.text
        assert steam.count("GetMatchHistory") == 1
    assert Match.objects.count() == 1
    listed = api.get("/api/steam/matches/", params={"member": member.pk}).json()["results"]
    assert [row["match_id"] for row in listed] == [8_100_000_001]
    assert [row["member"]["id"] for row in listed[0]["members"]] == [member.pk]
    full = api.get("/api/steam/matches/8100000001/").json()
    assert full["state"] == "stored"
    assert len(full["players"]) == 10
    assert full["players"][1]["account_id"] == account

    player = api.get(f"/api/steam/players/{account}/").json()
    assert player["steam_id"] == str(member.steam_id)
    assert player["record"]["games"] == 1
    assert [hero["games"] for hero in player["heroes"]] == [1]
    run = staff_api.get("/api/steam/sync-runs/").json()["results"][0]
    assert (run["trigger"], run["matches_stored"]) == ("staff", 1)
    assert run["started_by"]["id"] == staff_api.user["id"]


def test_heroes_come_in_one_answer(api):
    answer = api.get("/api/steam/heroes/")

    assert answer.status_code == 200, answer.text
    for hero in answer.json()["results"]:
        assert hero.keys() == {"hero_id", "name", "localized_name"}
    again = api.get("/api/steam/heroes/", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_lobby_that_no_browser_counts_to_comes_as_a_text(gateway, api):
    player = LiveGamePlayerFactory(game__lobby_id=2**62 + 1)

    [game] = api.get("/api/steam/live/").json()["results"]

    assert game["lobby_id"] == str(2**62 + 1)
    assert [each["member"]["id"] for each in game["members"]] == [player.member.pk]


@pytest.mark.parametrize("path", ["sync-runs", "budget"])
def test_how_the_sync_goes_is_for_staff(api, member_api, staff_api, path):
    expect.refused(api.get(f"/api/steam/{path}/"), 401, "not_authenticated")
    expect.refused(member_api.get(f"/api/steam/{path}/"), 403, "permission_denied")
    assert staff_api.get(f"/api/steam/{path}/").status_code == 200


def test_an_account_is_found_in_any_form(own_site, outside, api, member_api):
    account_id, name = 300_000_007, unique("countess")
    outside.steam.add_player(account_id, personaname="Countess")
    outside.steam.add_vanity(name, account_id)
    expect.refused(api.get("/api/steam/search/", params={"q": name}), 401, "not_authenticated")

    for q in (name, f"[U:1:{account_id}]", f"https://steamcommunity.com/id/{name}/"):
        answer = member_api.get("/api/steam/search/", params={"q": q})
        assert answer.status_code == 200, answer.text
        [found] = answer.json()["results"]
        assert (found["account_id"], found["persona_name"]) == (account_id, "Countess")


def test_without_steam_a_search_says_when_to_come_back(gateway, settings, member_api):
    settings.STEAM_API_URL = "http://127.0.0.1:9"

    answer = member_api.get("/api/steam/search/", params={"q": unique("nobody")})

    expect.refused(answer, 503, "steam_unavailable")
    assert int(answer.headers["retry-after"]) > 0
