"""Matches, and the sync that brings them."""

import pytest

from app.core.steam_id import to_account_id
from app.steam.models import Match
from tests.contract import expect
from tests.factories import MatchFactory, SteamMemberFactory
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
