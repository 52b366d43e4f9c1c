import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.steam import (
    ANONYMOUS,
    BOT,
    DEFAULT_KEY,
    STEAM_ID_BASE,
    FakeSteam,
    Fault,
    live_league_game,
    match,
    top_game,
)

ALICE, BOB, CAROL = 1001, 1002, 1003
NOW = 1_800_000_000
HISTORY = "/IDOTA2Match_570/GetMatchHistory/v1/"
BY_SEQUENCE = "/IDOTA2Match_570/GetMatchHistoryBySequenceNum/v1/"
DETAILS = "/IDOTA2Match_570/GetMatchDetails/v1/"
LIVE_LEAGUE = "/IDOTA2Match_570/GetLiveLeagueGames/v1/"
TOP_LIVE = "/IDOTA2Match_570/GetTopLiveGame/v1/"
HEROES = "/IEconDOTA2_570/GetHeroes/v1/"
SUMMARIES = "/ISteamUser/GetPlayerSummaries/v2/"
VANITY = "/ISteamUser/ResolveVanityURL/v1/"


@pytest.fixture
def steam() -> Iterator[FakeSteam]:
    # Match 12 started before 13 and ended after it: neither order is the other.
    matches = [
        match(match_id=11, seq=100, accounts=[ALICE, BOB]),
        match(match_id=12, seq=120, accounts=[ALICE, None, BOT], leagueid=7),
        match(match_id=13, seq=110, accounts=[ALICE, CAROL]),
        match(match_id=14, seq=130, accounts=[BOB]),
    ]
    with FakeSteam(matches=matches) as fake:
        yield fake


@pytest.fixture
def client(steam: FakeSteam) -> Iterator[httpx.Client]:
    headers = {"x-webapi-key": DEFAULT_KEY}
    with httpx.Client(base_url=steam.url, headers=headers, trust_env=False) as opened:
        yield opened


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def set_to(now: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now)

    set_to(NOW)
    return set_to


def result(client: httpx.Client, path: str, **params: int | str) -> Any:
    response = client.get(path, params=params)
    assert response.status_code == 200
    return response.json()["result"]


def match_ids(client: httpx.Client, path: str, **params: int | str) -> list[int]:
    return [raw["match_id"] for raw in result(client, path, **params)["matches"]]


def statuses(client: httpx.Client, count: int, path: str = HEROES) -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize("key", [None, "", "another"])
def test_a_missing_or_wrong_key_is_denied_in_html(steam: FakeSteam, key: str | None) -> None:
    params = {} if key is None else {"key": key}

    response = httpx.get(steam.url + HISTORY, params=params, trust_env=False)

    assert response.status_code == 403
    assert "verify your <pre>key=</pre> parameter" in response.text
    assert response.headers["content-type"].startswith("text/html")


def test_the_key_may_be_a_parameter(steam: FakeSteam) -> None:
    params = {"key": DEFAULT_KEY, "format": "json"}

    assert httpx.get(steam.url + HISTORY, params=params, trust_env=False).status_code == 200


def test_the_key_is_not_kept(steam: FakeSteam) -> None:
    httpx.get(steam.url + HISTORY, params={"key": "guess", "account_id": "1"}, trust_env=False)
    httpx.get(steam.url + HISTORY, headers={"x-webapi-key": DEFAULT_KEY}, trust_env=False)

    assert [call.params for call in steam.calls] == [{"account_id": "1"}, {}]
    assert [call.status for call in steam.calls] == [403, 200]


@pytest.mark.parametrize("version", ["v1", "v0001", "v2", "v0002", "v1/"])
def test_versions_are_written_long_or_short(client: httpx.Client, version: str) -> None:
    assert client.get(f"/ISteamUser/ResolveVanityURL/{version}?vanityurl=x").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/ISteamUser/GetMatchHistory/v1/", "/ISteamUser/GetFriends/v1/", HISTORY + "more"],
)
def test_an_unknown_method_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text


def test_a_method_is_only_read(client: httpx.Client) -> None:
    assert client.post(HISTORY, data={"account_id": ALICE}).status_code == 405


def test_a_parameter_that_is_no_number_is_a_bad_request(client: httpx.Client) -> None:
    assert client.get(HISTORY, params={"account_id": "alice"}).status_code == 400


def test_one_connection_carries_many_requests(client: httpx.Client) -> None:
    ports = {
        client.get(path).extensions["network_stream"].get_extra_info("client_addr")
        for path in (HISTORY, BY_SEQUENCE, DETAILS, "/nothing")
    }

    assert len(ports) == 1


def test_history_descends_by_match_id(client: httpx.Client) -> None:
    assert match_ids(client, HISTORY, account_id=ALICE) == [13, 12, 11]


def test_history_takes_either_form_of_id(client: httpx.Client) -> None:
    assert match_ids(client, HISTORY, account_id=STEAM_ID_BASE + BOB) == [14, 11]


def test_history_starts_at_the_match_it_is_given(client: httpx.Client) -> None:
    page = result(client, HISTORY, account_id=ALICE, start_at_match_id=12, matches_requested=1)

    assert [raw["match_id"] for raw in page["matches"]] == [12]
    assert (page["num_results"], page["total_results"], page["results_remaining"]) == (1, 2, 1)


def test_history_holds_the_documented_fields_alone(client: httpx.Client) -> None:
    (entry,) = result(client, HISTORY, start_at_match_id=12, matches_requested=1)["matches"]

    assert list(entry) == [
        "match_id",
        "match_seq_num",
        "start_time",
        "lobby_type",
        "radiant_team_id",
        "dire_team_id",
        "players",
    ]
    named, anonymous, bot = entry["players"][:3]
    assert named == {
        "account_id": ALICE,
        "player_slot": 0,
        "team_number": 0,
        "team_slot": 0,
        "hero_id": named["hero_id"],
        "hero_variant": 1,
    }
    assert anonymous["account_id"] == ANONYMOUS
    assert "account_id" not in bot


def test_the_global_history_finds_the_sequence_number_of_a_match(client: httpx.Client) -> None:
    (entry,) = result(client, HISTORY, start_at_match_id=13, matches_requested=1)["matches"]

    assert (entry["match_id"], entry["match_seq_num"]) == (13, 110)


def test_history_filters_by_league(client: httpx.Client) -> None:
    assert match_ids(client, HISTORY, league_id=7) == [12]
    assert match_ids(client, HISTORY, league_id=7, account_id=BOB) == []


@pytest.mark.parametrize("account_id", [ANONYMOUS, STEAM_ID_BASE + ANONYMOUS])
def test_the_anonymous_account_has_no_history(client: httpx.Client, account_id: int) -> None:
    page = result(client, HISTORY, account_id=account_id)

    assert page == {
        "status": 1,
        "num_results": 0,
        "total_results": 0,
        "results_remaining": 0,
        "matches": [],
    }


def test_a_hidden_match_vanishes_from_history_but_is_counted(
    steam: FakeSteam, client: httpx.Client
) -> None:
    steam.hide(12)

    page = result(client, HISTORY, account_id=ALICE)
    rest = result(client, HISTORY, account_id=ALICE, start_at_match_id=12, matches_requested=1)

    assert [raw["match_id"] for raw in page["matches"]] == [13, 11]
    assert (page["num_results"], page["total_results"], page["results_remaining"]) == (2, 3, 1)
    assert [raw["match_id"] for raw in rest["matches"]] == [11]


def test_a_history_ends_empty_with_hidden_matches_remaining(
    steam: FakeSteam, client: httpx.Client
) -> None:
    steam.hide(11, 12)

    page = result(client, HISTORY, account_id=ALICE, start_at_match_id=12)

    assert page["matches"] == []
    assert page["results_remaining"] == 2


def test_a_private_history_is_refused_within_a_success(
    steam: FakeSteam, client: httpx.Client
) -> None:
    steam.make_private(STEAM_ID_BASE + ALICE)

    refused = result(client, HISTORY, account_id=ALICE)
    steam.make_public(ALICE)

    assert refused == {
        "status": 15,
        "statusDetail": "Cannot get match history for a user that hasn't allowed it",
    }
    assert match_ids(client, HISTORY, account_id=ALICE) == [13, 12, 11]


def test_history_reaches_back_500_matches() -> None:
    matches = [match(match_id=number, seq=number, accounts=[ALICE]) for number in range(1, 503)]
    headers = {"x-webapi-key": DEFAULT_KEY}
    with (
        FakeSteam(matches=matches) as steam,
        httpx.Client(base_url=steam.url, headers=headers, trust_env=False) as client,
    ):
        first = result(client, HISTORY, account_id=ALICE, matches_requested=1000)
        last = result(client, HISTORY, account_id=ALICE, start_at_match_id=4)

        assert (first["num_results"], first["results_remaining"]) == (100, 400)
        assert [raw["match_id"] for raw in last["matches"]] == [4, 3]
        assert match_ids(client, HISTORY, account_id=ALICE, start_at_match_id=2) == []
        # The limit is an account's: any match is found by its id.
        assert match_ids(client, HISTORY, start_at_match_id=2) == [2, 1]


def test_by_sequence_ascends_from_the_number_it_is_given(client: httpx.Client) -> None:
    assert match_ids(client, BY_SEQUENCE, start_at_match_seq_num=101) == [13, 12, 14]


def test_by_sequence_answers_whole_matches(steam: FakeSteam, client: httpx.Client) -> None:
    page = result(client, BY_SEQUENCE, start_at_match_seq_num=120, matches_requested=1)

    assert page == {"status": 1, "matches": [steam.matches[12]]}


def test_a_hidden_match_answers_with_its_neighbour(steam: FakeSteam, client: httpx.Client) -> None:
    steam.hide(12)

    asked = {"start_at_match_seq_num": 120, "matches_requested": 1}
    hidden = match_ids(client, BY_SEQUENCE, **asked)
    steam.reveal(12)

    assert hidden == [14]
    assert match_ids(client, BY_SEQUENCE, **asked) == [12]


def test_by_sequence_beyond_the_end_is_an_empty_success(client: httpx.Client) -> None:
    page = result(client, BY_SEQUENCE, start_at_match_seq_num=131)

    assert page == {"status": 1, "matches": []}


def test_by_sequence_refuses_to_return_no_match(client: httpx.Client) -> None:
    page = result(client, BY_SEQUENCE, start_at_match_seq_num=100, matches_requested=0)

    assert page["status"] == 8
    assert "matches" not in page


def test_match_details_are_dead(client: httpx.Client) -> None:
    response = client.get(DETAILS, params={"match_id": 11})

    assert response.status_code == 500
    assert response.json() == {}


def test_a_match_added_later_surfaces(steam: FakeSteam, client: httpx.Client) -> None:
    steam.add_match(match(match_id=15, seq=105, accounts=[ALICE]))

    assert match_ids(client, HISTORY, account_id=ALICE)[0] == 15
    assert match_ids(client, BY_SEQUENCE, start_at_match_seq_num=101)[0] == 15


def test_a_match_surfaces_when_it_is_due(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    steam.surface(match(match_id=15, seq=105, accounts=[CAROL, 42]), at=NOW + 60)
    steam.add_match(match(match_id=16, seq=140, accounts=[CAROL]))

    def seen() -> list[list[int]]:
        by_sequence = match_ids(client, BY_SEQUENCE, start_at_match_seq_num=101)
        everybodys = match_ids(client, HISTORY)
        return [match_ids(client, HISTORY, account_id=CAROL), everybodys, by_sequence]

    before = [[16, 13], [16, 14, 13, 12, 11], [13, 12, 14, 16]]
    after = [[16, 15, 13], [16, 15, 14, 13, 12, 11], [15, 13, 12, 14, 16]]
    assert seen() == before
    assert result(client, HISTORY)["total_results"] == 5
    assert summaries(client, 42) == []
    set_clock(NOW + 59.9)
    assert seen() == before
    set_clock(NOW + 60)
    assert seen() == after
    assert summaries(client, 42)
    # It stays where the clock is, though the clock be set back.
    set_clock(NOW)
    assert seen() == before
    assert 15 in steam.matches


@pytest.mark.parametrize("late", [NOW - 1, NOW + 1])
def test_a_match_that_is_replaced_is_found_by_what_it_is_now(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None], late: float
) -> None:
    steam.surface(match(match_id=13, seq=150, accounts=[BOB]), at=late)

    set_clock(NOW + 1)

    assert match_ids(client, HISTORY, account_id=ALICE) == [12, 11]
    assert match_ids(client, HISTORY, account_id=BOB) == [14, 13, 11]
    assert match_ids(client, BY_SEQUENCE) == [11, 12, 14, 13]
    assert summaries(client, CAROL) == []


def test_a_match_may_be_changed_in_place(steam: FakeSteam, client: httpx.Client) -> None:
    raw = match(match_id=15, seq=140, accounts=[CAROL])
    steam.add_match(raw)

    steam.matches[15]["duration"] = 7
    raw["players"][4]["kills"] = "many"
    # Junk that was there before the first call disturbs the others no more than later.
    steam.matches[11]["players"] = None

    asked = {"start_at_match_seq_num": 140}
    (answered,) = result(client, BY_SEQUENCE, **asked)["matches"]
    assert (answered["duration"], answered["players"][4]["kills"]) == (7, "many")
    assert match_ids(client, BY_SEQUENCE) == [11, 13, 12, 14, 15]
    assert match_ids(client, HISTORY, account_id=CAROL) == [15, 13]


def test_a_lobby_without_a_ticket_is_in_no_answer(steam: FakeSteam, client: httpx.Client) -> None:
    steam.add_unticketed(match(match_id=15, seq=140, accounts=[BOB, 42], lobby_type=1))

    assert match_ids(client, HISTORY, account_id=BOB) == [14, 11]
    assert match_ids(client, HISTORY, start_at_match_id=15)[0] == 14
    assert 15 not in match_ids(client, BY_SEQUENCE)
    assert (15 in steam.unticketed, 15 in steam.matches) == (True, False)
    assert summaries(client, 42) == []


@pytest.mark.parametrize(("lobby_type", "leagueid"), [(7, 0), (1, 3)])
def test_what_steam_records_is_not_unticketed(
    steam: FakeSteam, lobby_type: int, leagueid: int
) -> None:
    raw = match(match_id=15, seq=140, lobby_type=lobby_type, leagueid=leagueid)

    with pytest.raises(ValueError, match="practice lobby"):
        steam.add_unticketed(raw)


def test_many_matches_cost_a_call_no_more() -> None:
    def seconds(count: int) -> float:
        base = match(match_id=1, seq=1, ability_upgrades=False)
        fake = FakeSteam()
        for number in range(1, count + 1):
            players = [{**base["players"][0], "account_id": 1000 + number // 20}]
            row = {"match_id": number, "match_seq_num": 2 * number, "players": players}
            fake.add_match(base | row)
        with fake, httpx.Client(base_url=fake.url, trust_env=False) as client:
            client.headers["x-webapi-key"] = DEFAULT_KEY
            match_ids(client, HISTORY, account_id=1001)
            began = time.process_time()
            for _ in range(20):
                assert len(match_ids(client, HISTORY, account_id=1001)) == 20
                match_ids(client, BY_SEQUENCE, start_at_match_seq_num=70, matches_requested=1)
                summaries(client, 1001)
            return time.process_time() - began

    # A scan of 20,000 would take a hundred times as long as one of 200.
    assert seconds(20_000) < 10 * seconds(200)


def summaries(client: httpx.Client, *account_ids: int) -> list[Any]:
    steamids = ",".join(str(STEAM_ID_BASE + account_id) for account_id in account_ids)
    response = client.get(SUMMARIES, params={"steamids": steamids})
    players = response.json()["response"]["players"]
    assert isinstance(players, list)
    return players


def test_summaries_drop_whom_they_do_not_know(client: httpx.Client) -> None:
    (summary,) = summaries(client, ALICE, 999, ANONYMOUS)

    assert summary["steamid"] == str(STEAM_ID_BASE + ALICE)
    assert summary["personaname"] == "Player 1001"
    assert summary["communityvisibilitystate"] == 3


def test_summaries_keep_no_order() -> None:
    accounts = [100, 1019, 3004, 20001, 40002]
    headers = {"x-webapi-key": DEFAULT_KEY}
    with (
        FakeSteam(matches=[match(match_id=1, seq=1, accounts=accounts)]) as steam,
        httpx.Client(base_url=steam.url, headers=headers, trust_env=False) as client,
    ):
        ascending = summaries(client, *accounts)
        descending = summaries(client, *reversed(accounts))

    answered = [int(summary["steamid"]) - STEAM_ID_BASE for summary in ascending]
    assert descending == ascending
    assert sorted(answered) == accounts
    assert answered not in (accounts, accounts[::-1])


def test_summaries_are_of_a_hundred_players_at_most(client: httpx.Client) -> None:
    assert client.get(SUMMARIES, params={"steamids": ",".join(["1"] * 100)}).status_code == 200
    assert client.get(SUMMARIES, params={"steamids": ",".join(["1"] * 101)}).status_code == 400


def test_a_player_may_be_known_without_a_match(steam: FakeSteam, client: httpx.Client) -> None:
    steam.add_player(42, personaname="Deep Thought")

    (summary,) = summaries(client, 42)

    assert summary["personaname"] == "Deep Thought"
    assert summary["steamid"] == str(STEAM_ID_BASE + 42)


def test_who_plays_is_in_the_game(steam: FakeSteam, client: httpx.Client) -> None:
    steam.play(STEAM_ID_BASE + ALICE, 42)
    steam.play(BOB, gameid="440")

    by_id = {
        int(summary["steamid"]) - STEAM_ID_BASE: summary
        for summary in summaries(client, ALICE, BOB, CAROL, 42)
    }

    assert {account_id: summary.get("gameid") for account_id, summary in by_id.items()} == {
        ALICE: "570",
        BOB: "440",
        CAROL: None,
        42: "570",
    }
    assert (by_id[ALICE]["gameextrainfo"], by_id[ALICE]["personastate"]) == ("Dota 2", 1)
    assert by_id[CAROL]["personastate"] == 0
    steam.stop_playing(ALICE, CAROL)
    (stopped,) = summaries(client, ALICE)
    assert not {"gameid", "gameextrainfo"} & stopped.keys()


def test_a_hidden_profile_does_not_say_what_it_plays(
    steam: FakeSteam, client: httpx.Client
) -> None:
    steam.add_player(ALICE, personaname="Alice", lastlogoff=1_700_000_000)
    steam.play(ALICE)
    steam.hide_profile(STEAM_ID_BASE + ALICE)

    (hidden,) = summaries(client, ALICE)
    steam.show_profile(ALICE)
    (shown,) = summaries(client, ALICE)

    assert (hidden["communityvisibilitystate"], hidden["personastate"]) == (1, 0)
    assert not {"gameid", "gameextrainfo", "lastlogoff"} & hidden.keys()
    assert hidden["personaname"] == "Alice"
    assert (shown["communityvisibilitystate"], shown["gameid"]) == (3, "570")
    assert shown["lastlogoff"] == 1_700_000_000


def test_nothing_is_on_unless_set(client: httpx.Client) -> None:
    assert result(client, LIVE_LEAGUE) == {"games": [], "status": 200}
    assert client.get(TOP_LIVE, params={"partner": 1}).json()["game_list"] == []


def test_league_games_are_told_of_all_leagues_or_of_one(
    steam: FakeSteam, client: httpx.Client
) -> None:
    games = [live_league_game(match_id=number, leagueid=number % 2 + 1) for number in (21, 22)]
    steam.set_live_league_games(games)

    assert result(client, LIVE_LEAGUE) == {"games": games, "status": 200}
    assert result(client, LIVE_LEAGUE, league_id=2)["games"] == games[:1]
    steam.set_live_league_games([])
    assert result(client, LIVE_LEAGUE)["games"] == []


@pytest.mark.parametrize(("partner", "count"), [(0, 1), (1, 1), (2, 1), (3, 0)])
def test_top_games_are_told_to_a_partner_without_a_wrapper(
    steam: FakeSteam, client: httpx.Client, partner: int, count: int
) -> None:
    game = top_game(match_id=21, accounts=[ALICE])
    steam.set_top_games([game])

    answer = client.get(TOP_LIVE, params={"partner": partner}).json()

    assert "result" not in answer
    assert answer["game_list"] == [game] * count
    # The game with bots that Steam has beside them is an empty one.
    assert answer["bot_game"].keys() == game.keys()


@pytest.mark.parametrize("query", ["", "partner=", "partner=one"])
def test_top_games_need_a_partner(client: httpx.Client, query: str) -> None:
    assert client.get(f"{TOP_LIVE}?{query}").status_code == 400


def test_a_vanity_name_resolves_in_any_case(steam: FakeSteam, client: httpx.Client) -> None:
    steam.add_vanity("Alice", ALICE)

    response = client.get(VANITY, params={"vanityurl": "aLICE", "url_type": 1})

    assert response.json() == {"response": {"steamid": str(STEAM_ID_BASE + ALICE), "success": 1}}


def test_an_unknown_vanity_name_has_no_match(client: httpx.Client) -> None:
    response = client.get(VANITY, params={"vanityurl": "nobody"})

    assert response.status_code == 200
    assert response.json() == {"response": {"success": 42, "message": "No match"}}


def test_there_are_no_heroes_unless_recorded(client: httpx.Client) -> None:
    assert result(client, HEROES)["heroes"] == []


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("429", 429, "<h1>Too Many Requests</h1>"),
        ("500", 500, "<h1>Internal Server Error</h1>"),
        ("503", 503, "<h1>Service Unavailable</h1>"),
        ("empty", 200, "{}"),
        ("garbage", 200, "<html>"),
    ],
)
def test_a_fault_answers_in_place_of_steam(
    steam: FakeSteam, client: httpx.Client, kind: str, status: int, text: str
) -> None:
    steam.fail(kind)

    response = client.get(HEROES)

    assert response.status_code == status
    assert text in response.text
    assert "retry-after" not in response.headers


def test_every_third_request_fails(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("429", every=3)

    assert statuses(client, 7) == [200, 200, 429, 200, 200, 429, 200]


def test_the_next_two_requests_fail(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("503", times=2)

    assert statuses(client, 4) == [503, 503, 200, 200]


def test_requests_fail_after_the_first_ones(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("503", after=2)

    assert statuses(client, 4) == [200, 200, 503, 503]


def test_every_after_and_times_combine(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("429", after=1, every=2, times=2)

    assert statuses(client, 7) == [200, 200, 429, 200, 429, 200, 200]


def test_faults_take_turns(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("429", times=1)
    steam.fail("503", times=1)

    assert statuses(client, 3) == [429, 503, 200]


def test_a_fault_of_one_endpoint_neither_strikes_nor_counts_another(
    steam: FakeSteam, client: httpx.Client
) -> None:
    steam.fail("429", every=2, endpoint="GetMatchHistory")

    paths = [HISTORY, BY_SEQUENCE, HEROES, HISTORY, HISTORY]
    assert [client.get(path).status_code for path in paths] == [200, 200, 200, 429, 200]


def test_a_refused_request_uses_up_no_fault(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("429", times=1)

    assert client.get(HEROES, headers={"x-webapi-key": "another"}).status_code == 403
    assert statuses(client, 2) == [429, 200]


def test_cleared_faults_are_over(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("429")
    steam.clear_faults()

    assert statuses(client, 1) == [200]


def test_status_2_happens_by_sequence_alone(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("status2")

    assert result(client, BY_SEQUENCE) == {
        "status": 2,
        "statusDetail": "Error retrieving match data.",
    }
    assert result(client, HISTORY)["status"] == 1


def test_status_15_happens_to_histories_alone(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("status15")

    assert result(client, HISTORY)["status"] == 15
    assert result(client, BY_SEQUENCE)["status"] == 1


def test_a_truncated_answer_is_no_json(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("truncated", times=1)

    response = client.get(BY_SEQUENCE)

    assert response.status_code == 200
    assert response.text.startswith('{"result":{"status":1,')
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert len(result(client, BY_SEQUENCE)["matches"]) == 4


def test_a_dropped_connection_has_no_answer(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("drop", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(HEROES)
    assert statuses(client, 1) == [200]
    assert [call.status for call in steam.calls] == [None, 200]


def test_a_slow_answer_is_true_and_late(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("slow", seconds=0.2)

    began = time.monotonic()

    assert match_ids(client, HISTORY, account_id=BOB) == [14, 11]
    assert time.monotonic() - began >= 0.2


def test_a_call_counts_though_its_client_gave_up(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("slow", times=1)

    with pytest.raises(httpx.ReadTimeout):
        client.get(HEROES, timeout=0.1)
    assert steam.count("GetHeroes") == 1
    assert statuses(client, 1) == [200]


def test_stopping_waits_for_no_slow_answer() -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        FakeSteam() as steam,
    ):
        steam.fail("slow", seconds=60)
        url = f"{steam.url}{HEROES}?key={DEFAULT_KEY}"
        waiting = pool.submit(httpx.get, url, trust_env=False, timeout=5)
        while not steam.count():
            time.sleep(0.01)
        steam.stop()

        with pytest.raises(httpx.RemoteProtocolError):
            waiting.result(timeout=5)


def test_a_stopped_fake_answers_nobody(steam: FakeSteam, client: httpx.Client) -> None:
    statuses(client, 1)

    steam.stop()

    with pytest.raises(httpx.TransportError):
        client.get(HEROES)
    with pytest.raises(RuntimeError):
        _ = steam.url


def test_faults_are_counted_once_by_concurrent_requests(steam: FakeSteam) -> None:
    steam.fail("429", every=4)
    url = f"{steam.url}{HEROES}?key={DEFAULT_KEY}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: httpx.get(url, trust_env=False).status_code, range(24)))

    assert answers.count(429) == 6
    assert steam.count("GetHeroes") == 24


@pytest.mark.parametrize(
    ("kind", "in_a_history", "in_full"),
    [
        ("wrong_types", ("start_time", "today"), ("kills", "many")),
        ("missing_keys", ("match_seq_num", None), ("match_seq_num", None)),
        ("huge_ids", ("match_id", 2**63), ("match_id", 2**63)),
        ("negative", ("start_time", -1), ("duration", -5)),
    ],
)
def test_garbage_within_an_answer_is_one_match(
    steam: FakeSteam,
    client: httpx.Client,
    kind: str,
    in_a_history: tuple[str, Any],
    in_full: tuple[str, Any],
) -> None:
    for path, (field, value) in {HISTORY: in_a_history, BY_SEQUENCE: in_full}.items():
        true = result(client, path)["matches"]
        steam.fail(kind, times=1)
        first, *rest = result(client, path)["matches"]

        assert rest == true[1:]
        spoilt, truth = (raw["players"][0] if field == "kills" else raw for raw in (first, true[0]))
        assert spoilt.get(field) == value != truth[field]
        truth[field] = value
        assert {**spoilt, field: value} == truth
        assert first.keys() | {field} == true[0].keys() | {field}
    assert match_ids(client, BY_SEQUENCE) == [11, 13, 12, 14]
    assert steam.matches[11]["duration"] == 2400


def test_garbage_needs_a_match(steam: FakeSteam, client: httpx.Client) -> None:
    steam.fail("wrong_types")

    assert client.get(HEROES).json() == {}
    assert result(client, HISTORY, account_id=42)["matches"] == []


@pytest.mark.parametrize(
    "spec",
    [
        "418",
        "429:every=0",
        "429:times=0",
        "429:after=-1",
        "429:times=many",
        "429:sometimes=1",
        "429:endpoint=GetEverything",
        "status2:endpoint=GetMatchHistory",
    ],
)
def test_a_fault_that_cannot_happen_is_an_error(spec: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault.parse(spec)


def test_a_fault_is_written_in_one_word() -> None:
    written = Fault.parse("slow:every=2,after=1,times=3,seconds=0.5,endpoint=GetHeroes")

    assert written == Fault("slow", 2, 1, 3, "GetHeroes", 0.5)
    assert Fault.parse("429") == Fault("429")


def test_calls_are_recorded_in_order(steam: FakeSteam, client: httpx.Client) -> None:
    client.get(HISTORY, params={"account_id": ALICE})
    client.get(DETAILS)
    client.get("/elsewhere")

    assert [(call.method_name, call.params, call.status) for call in steam.calls] == [
        ("GetMatchHistory", {"account_id": str(ALICE)}, 200),
        ("GetMatchDetails", {}, 500),
        ("/elsewhere", {}, 404),
    ]
    assert all(earlier.at <= later.at for earlier, later in pairwise(steam.calls))
    assert (steam.count("GetMatchHistory"), steam.count()) == (1, 3)


def test_the_busiest_stretch_is_found_wherever_it_begins(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    for now, path in [(0, HEROES), (0.9, HEROES), (1, HISTORY), (1.5, HEROES), (1.8, HEROES)]:
        set_clock(NOW + now)
        client.get(path)

    assert [call.time - NOW for call in steam.calls] == pytest.approx([0, 0.9, 1, 1.5, 1.8])
    # At 1 the stretch that began at 0 is over.
    assert (steam.busiest(1), steam.busiest(1, "GetHeroes")) == (4, 3)
    assert (steam.busiest(60), steam.busiest(0.01)) == (5, 1)
    assert steam.busiest(1, "GetMatchDetails") == 0


def test_calls_beyond_the_limit_are_refused(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    steam.limit(per_second=2, per_day=5)

    assert statuses(client, 3) == [200, 200, 429]
    set_clock(NOW + 0.99)
    assert statuses(client, 1) == [429]
    set_clock(NOW + 1)
    assert statuses(client, 3) == [200, 200, 429]
    set_clock(NOW + 10)
    assert statuses(client, 2) == [200, 429]
    set_clock(NOW + 86_400)
    assert statuses(client, 3) == [200, 200, 429]
    assert [call.status for call in steam.calls].count(429) == 5
    refused = client.get(HEROES)
    assert "<h1>Too Many Requests</h1>" in refused.text


def test_a_limit_may_be_of_one_method_and_of_less_than_one_a_second(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    steam.limit(per_second=0.2, endpoint="GetMatchHistoryBySequenceNum")

    assert statuses(client, 2, BY_SEQUENCE) == [200, 429]
    assert statuses(client, 3) == [200, 200, 200]
    set_clock(NOW + 4.9)
    assert statuses(client, 1, BY_SEQUENCE) == [429]
    set_clock(NOW + 5)
    assert statuses(client, 2, BY_SEQUENCE) == [200, 429]
    steam.limit(endpoint="GetMatchHistoryBySequenceNum")
    assert statuses(client, 2, BY_SEQUENCE) == [200, 200]
    with pytest.raises(ValueError, match="GetEverything"):
        steam.limit(per_second=1, endpoint="GetEverything")


def test_a_limit_comes_before_faults_and_after_the_key(
    steam: FakeSteam, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    steam.limit(per_second=1)
    steam.fail("503", after=1, times=1)

    assert client.get(HEROES, headers={"x-webapi-key": "another"}).status_code == 403
    assert statuses(client, 2) == [200, 429]
    set_clock(NOW + 1)
    assert statuses(client, 2) == [503, 429]


def test_controls_need_no_key_and_are_not_counted(steam: FakeSteam, client: httpx.Client) -> None:
    client.get(HISTORY)

    report = httpx.get(steam.url + "/_fake/calls", trust_env=False).json()

    assert report["counts"] == {"GetMatchHistory": 1}
    assert [call["method_name"] for call in report["calls"]] == ["GetMatchHistory"]
    assert client.delete("/_fake/calls").status_code == 200
    assert steam.calls == []


def test_controls_script_faults(client: httpx.Client) -> None:
    fault = {"kind": "429", "every": 2, "endpoint": "GetHeroes"}

    assert client.post("/_fake/faults", json=fault).status_code == 200
    assert statuses(client, 2) == [200, 429]
    assert client.delete("/_fake/faults").status_code == 200
    assert statuses(client, 2) == [200, 200]


def test_controls_change_what_steam_knows(client: httpx.Client) -> None:
    for path, payload in {
        "/_fake/hide": {"match_ids": [13, 14]},
        "/_fake/reveal": {"match_ids": [14]},
        "/_fake/private": {"account_ids": [ALICE, BOB]},
        "/_fake/public": {"account_ids": [BOB]},
        "/_fake/vanity": {"name": "carol", "account_id": CAROL},
        "/_fake/matches": [match(match_id=20, seq=200, accounts=[BOB])],
    }.items():
        assert client.post(path, json=payload).status_code == 200

    assert match_ids(client, BY_SEQUENCE) == [11, 12, 14, 20]
    assert result(client, HISTORY, account_id=ALICE)["status"] == 15
    assert match_ids(client, HISTORY, account_id=BOB) == [20, 14, 11]
    assert client.get(VANITY, params={"vanityurl": "carol"}).json()["response"]["success"] == 1


def test_controls_say_who_plays_and_what_is_on(client: httpx.Client) -> None:
    late = match(match_id=21, seq=201, accounts=[BOB])
    for path, payload in {
        "/_fake/play": {"account_ids": [ALICE, BOB, CAROL]},
        "/_fake/stop": {"account_ids": [BOB]},
        "/_fake/hide_profile": {"account_ids": [ALICE, CAROL]},
        "/_fake/show_profile": {"account_ids": [CAROL]},
        "/_fake/live_league": [live_league_game(match_id=30)],
        "/_fake/top": [top_game(match_id=31)],
        "/_fake/surface": {"match": late, "at": time.time() + 600},
        "/_fake/unticketed": [match(match_id=22, seq=202, accounts=[BOB], lobby_type=1)],
        "/_fake/limit": {"per_day": 1, "endpoint": "GetMatchHistory"},
    }.items():
        assert client.post(path, json=payload).status_code == 200

    playing = [
        player["steamid"] for player in summaries(client, ALICE, BOB, CAROL) if "gameid" in player
    ]
    assert playing == [str(STEAM_ID_BASE + CAROL)]
    assert len(result(client, LIVE_LEAGUE)["games"]) == 1
    assert len(client.get(TOP_LIVE, params={"partner": 0}).json()["game_list"]) == 1
    assert match_ids(client, HISTORY, account_id=BOB) == [14, 11]
    assert client.get(HISTORY).status_code == 429


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/_fake/faults", '{"kind": "418"}'),
        ("/_fake/faults", '{"kind": "429", "sometimes": 1}'),
        ("/_fake/hide", '{"ids": [1]}'),
        ("/_fake/hide", "not JSON"),
        ("/_fake/matches", '[{"match_id": 1}]'),
        ("/_fake/limit", '{"per_hour": 1}'),
        ("/_fake/surface", '{"match": {"match_id": 1}, "at": 1}'),
    ],
)
def test_a_control_that_makes_no_sense_says_so(
    client: httpx.Client, path: str, content: str
) -> None:
    response = client.post(path, content=content)

    assert response.status_code == 400
    assert response.json()["error"]


def test_a_match_is_the_same_each_time() -> None:
    assert match(match_id=5, seq=6) == match(match_id=5, seq=6)
    assert match(match_id=5, seq=6)["players"] != match(match_id=7, seq=6)["players"]


@pytest.mark.parametrize("match_id", range(1, 60, 7))
def test_a_match_is_played_by_ten_with_different_heroes(match_id: int) -> None:
    raw = match(match_id=match_id, seq=1, heroes=[14, 2])
    players = raw["players"]

    assert [player["player_slot"] for player in players] == [*range(5), *range(128, 133)]
    assert [player["hero_id"] for player in players[:2]] == [14, 2]
    assert len({player["hero_id"] for player in players}) == 10
    picks = {pick["hero_id"] for pick in raw["picks_bans"] if pick["is_pick"]}
    assert picks == {player["hero_id"] for player in players}


def test_seats_are_named_anonymous_or_empty() -> None:
    raw = match(match_id=1, seq=1, accounts=[ALICE, None, BOT, None, None, BOB])

    accounts = [player.get("account_id") for player in raw["players"]]
    assert accounts == [ALICE, ANONYMOUS, None, ANONYMOUS, ANONYMOUS, BOB, *[ANONYMOUS] * 4]
    assert raw["human_players"] == 9
    with pytest.raises(ValueError, match="ten seats"):
        match(match_id=1, seq=1, accounts=range(11))


def test_the_winner_has_its_buildings() -> None:
    won, lost = match(match_id=1, seq=1), match(match_id=1, seq=1, radiant_win=False)

    assert won["tower_status_radiant"] > won["tower_status_dire"]
    assert lost["tower_status_radiant"] < lost["tower_status_dire"]


def test_a_league_match_has_teams_and_other_fields_may_be_set() -> None:
    raw = match(match_id=1, seq=1, leagueid=3, accounts=[ALICE], dire_name="Roshan's Own")

    assert raw["radiant_captain"] == ALICE
    assert raw["dire_name"] == "Roshan's Own"
    assert "radiant_name" not in match(match_id=1, seq=1)


def test_a_match_without_duration_is_all_zeroes() -> None:
    raw = match(match_id=9, seq=9, duration=0)

    assert (raw["radiant_score"], raw["tower_status_radiant"], raw["first_blood_time"]) == (0, 0, 0)
    for player in raw["players"]:
        assert (player["kills"], player["net_worth"], player["gold_per_min"]) == (0, 0, 0)


def test_a_league_game_has_who_plays_who_talks_and_who_has_no_seat() -> None:
    raw = live_league_game(match_id=9, accounts=[ALICE], casters=[BOB], unassigned=[CAROL])

    teams = [player["team"] for player in raw["players"]]
    assert teams == [*[0] * 5, *[1] * 5, 2, 4]
    assert [player["account_id"] for player in raw["players"][-2:]] == [BOB, CAROL]
    lines = raw["scoreboard"]["radiant"]["players"] + raw["scoreboard"]["dire"]["players"]
    assert [line["player_slot"] for line in lines] == [1, 2, 3, 4, 5] * 2
    assert lines[0]["account_id"] == ALICE
    assert "death" in lines[0]
    assert "deaths" not in lines[0]


def test_a_league_game_may_lack_its_scoreboard_and_teams() -> None:
    raw = live_league_game(match_id=9, scoreboard=None, dire_team=None, spectators=3)

    assert not {"scoreboard", "dire_team"} & raw.keys()
    assert raw["radiant_team"]["team_name"] == "Team 1"
    assert raw["spectators"] == 3


def test_a_top_game_writes_its_ids_as_strings() -> None:
    raw = top_game(match_id=9, accounts=[ALICE], leagueid=5, average_mmr=0)

    assert [raw[name] for name in ("match_id", "league_id", "average_mmr")] == ["9", 5, 0]
    assert isinstance(raw["lobby_id"], str)
    assert isinstance(raw["server_steam_id"], str)
    assert [player["team_slot"] for player in raw["players"]] == [1, 2, 3, 4, 5] * 2
    assert raw["players"][0]["account_id"] == ALICE


def test_a_match_may_lack_its_skills() -> None:
    slim, full = match(match_id=9, seq=9, ability_upgrades=False), match(match_id=9, seq=9)

    for player in full["players"]:
        del player["ability_upgrades"]
    assert slim == full


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    first, second, third = (match(match_id=n, seq=n * 10, accounts=[ALICE]) for n in (1, 2, 3))
    recordings: dict[str, Any] = {
        "GetMatchHistoryBySequenceNum-1": {"result": {"status": 1, "matches": [first, second]}},
        "GetMatchHistoryBySequenceNum-2": {"result": {"status": 1, "matches": [second, third]}},
        "GetMatchHistoryBySequenceNum-error": {"result": {"status": 2}},
        "GetPlayerSummaries-1": {
            "response": {
                "players": [
                    {
                        "steamid": str(STEAM_ID_BASE + BOB),
                        "personaname": "bob",
                        "profileurl": "https://steamcommunity.com/id/bobby/",
                    }
                ]
            }
        },
        "ResolveVanityURL-carol": {
            "response": {"steamid": str(STEAM_ID_BASE + CAROL), "success": 1}
        },
        "ResolveVanityURL-nobody": {"response": {"success": 42, "message": "No match"}},
        "GetHeroes-1": {"result": {"heroes": [{"id": 1}], "status": 200, "count": 1}},
        "GetServerInfo-1": {"servertime": 1},
        "GetLiveLeagueGames-1": {"result": {"games": [live_league_game(match_id=4)]}},
        "GetLiveLeagueGames-2": {
            "result": {"games": [live_league_game(match_id=n, duration=900) for n in (4, 5)]}
        },
        "GetTopLiveGame-1": {"game_list": [top_game(match_id=6)]},
    }
    for name, recording in recordings.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(recording))
    return tmp_path


def test_recorded_answers_are_served(payloads: Path) -> None:
    headers = {"x-webapi-key": "recorded"}
    with (
        FakeSteam.from_payloads(payloads, key="recorded") as steam,
        httpx.Client(base_url=steam.url, headers=headers, trust_env=False) as client,
    ):
        assert match_ids(client, BY_SEQUENCE) == [1, 2, 3]
        assert {summary["personaname"] for summary in summaries(client, BOB, CAROL)} == {
            "bob",
            "Player 1003",
        }
        assert result(client, HEROES)["count"] == 1
        games = result(client, LIVE_LEAGUE)["games"]
        assert [(game["match_id"], game["scoreboard"]["duration"]) for game in games] == [
            (4, 900),
            (5, 900),
        ]
        top = client.get(TOP_LIVE, params={"partner": 1}).json()["game_list"]
        assert [game["match_id"] for game in top] == ["6"]
        for name, account_id in {"bobby": BOB, "carol": CAROL}.items():
            response = client.get(VANITY, params={"vanityurl": name})
            assert response.json()["response"]["steamid"] == str(STEAM_ID_BASE + account_id)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        FakeSteam.from_payloads(tmp_path / "nowhere")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_end(payloads: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.fakes.steam", "--payloads", str(payloads)]
    options = ["--port", "0", "--key", "sesame", "--fault", "429:times=1,endpoint=GetHeroes"]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            assert process.stdout is not None
            ready = re.fullmatch(
                r"fake Steam on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline()
            )
            assert ready
            params = {"key": "sesame"}
            with httpx.Client(base_url=ready[1], params=params, trust_env=False) as client:
                assert match_ids(client, HISTORY, account_id=ALICE, key="sesame") == [3, 2, 1]
                assert statuses(client, 2) == [429, 200]
                assert client.get("/_fake/calls").json()["counts"]["GetHeroes"] == 2
        finally:
            process.send_signal(end)
        stdout, stderr = process.communicate(timeout=10)

    assert process.returncode == 0
    assert (stdout, stderr) == ("", "")


def test_the_command_refuses_a_fault_it_does_not_know(payloads: Path) -> None:
    command = [sys.executable, "-m", "tests.fakes.steam", "--payloads", str(payloads)]

    finished = subprocess.run(
        [*command, "--fault", "418"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert finished.returncode == 2
    assert "unknown fault '418'" in finished.stderr
