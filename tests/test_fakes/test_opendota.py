import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.opendota import DEFAULT_KEY, FakeOpenDota, Fault
from tests.fakes.steam import BOT, STEAM_ID_BASE, match

ALICE, BOB = 1001, 1002
MATCH = "/matches/11"
NOW = 1_800_000_000
MINUTE, DAY = "X-Rate-Limit-Remaining-Minute", "X-Rate-Limit-Remaining-Day"


@pytest.fixture
def opendota() -> Iterator[FakeOpenDota]:
    played = match(match_id=11, seq=100, accounts=[ALICE, None, BOT, BOB], radiant_win=False)
    with FakeOpenDota(matches=[played]) as fake:
        yield fake


@pytest.fixture
def client(opendota: FakeOpenDota) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=opendota.api_url, trust_env=False) as opened:
        yield opened


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def set_to(now: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now)

    set_to(NOW)
    return set_to


def told(client: httpx.Client, path: str = MATCH, **params: str) -> Any:
    response = client.get(path, params=params)
    assert response.status_code == 200
    return response.json()


def statuses(client: httpx.Client, count: int, **params: str) -> list[int]:
    return [client.get(MATCH, params=params).status_code for _ in range(count)]


def test_a_match_has_steams_fields_and_more(client: httpx.Client) -> None:
    raw = match(match_id=11, seq=100, accounts=[ALICE, None, BOT, BOB], radiant_win=False)
    players = raw.pop("players")

    answer = told(client)

    assert {name: answer[name] for name in raw} == raw
    assert (answer["version"], answer["patch"], answer["region"]) == (21, 57, 3)
    assert answer["od_data"]["has_parsed"] is True
    own = {"account_id", "ability_upgrades"}
    for player, steams in zip(answer["players"], players, strict=True):
        assert {name: player[name] for name in steams.keys() - own} == {
            name: steams[name] for name in steams.keys() - own
        }
    first, *_, last = answer["players"]
    assert (first["isRadiant"], first["win"], last["isRadiant"], last["win"]) == (True, 0, False, 1)
    assert first["ability_upgrades_arr"]


def test_who_is_anonymous_has_no_account(client: httpx.Client) -> None:
    accounts = [player["account_id"] for player in told(client)["players"]]

    assert accounts == [ALICE, None, None, BOB, *[None] * 6]


def test_players_have_the_names_that_are_known(
    opendota: FakeOpenDota, client: httpx.Client
) -> None:
    opendota.add_player(STEAM_ID_BASE + ALICE, "Alice")

    named, anonymous, *_ = told(client)["players"]

    assert named["personaname"] == "Alice"
    assert "personaname" not in anonymous


@pytest.mark.parametrize("path", ["/matches/12", "/matches/eleven", "/matches", "/", "/players/1"])
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.json()) == (404, {"error": "Not Found"})


def test_matches_come_and_go(opendota: FakeOpenDota, client: httpx.Client) -> None:
    opendota.add_match(match(match_id=12, seq=101, duration=7))

    assert told(client, "/matches/12")["duration"] == 7
    opendota.remove_match(12)
    assert client.get("/matches/12").status_code == 404


def test_a_search_finds_names_that_hold_the_words(
    opendota: FakeOpenDota, client: httpx.Client
) -> None:
    for account_id, name in {ALICE: "Alice", BOB: "Malice", 1003: "Carol"}.items():
        opendota.add_player(account_id, name)

    found = told(client, "/search", q="aLi")

    assert [(line["account_id"], line["personaname"]) for line in found] == [
        (ALICE, "Alice"),
        (BOB, "Malice"),
    ]
    assert found[0].keys() == {"account_id", "personaname", "avatarfull"}
    assert told(client, "/search", q="nobody") == []
    assert client.get("/search").status_code == 400


def test_sixty_calls_a_minute_are_allowed(
    client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    first = client.get("/matches/12")

    assert (first.headers[MINUTE], first.headers[DAY]) == ("59", "2999")
    assert statuses(client, 60) == [200] * 59 + [429]
    refused = client.get(MATCH)
    assert refused.json() == {"error": "minute rate limit exceeded"}
    assert (refused.headers[MINUTE], refused.headers[DAY]) == ("0", "2940")
    set_clock(NOW + 60)
    assert statuses(client, 1) == [200]


def test_a_day_has_its_own_limit(
    opendota: FakeOpenDota, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    opendota.limit(per_minute=10, per_day=2)

    assert statuses(client, 3) == [200, 200, 429]
    assert client.get(MATCH).json() == {"error": "daily api limit exceeded"}
    set_clock(NOW + 86_400)
    assert statuses(client, 1) == [200]


def test_a_key_raises_the_limit(
    opendota: FakeOpenDota, client: httpx.Client, set_clock: Callable[[float], None]
) -> None:
    opendota.limit(per_minute=1, per_day=1)

    assert statuses(client, 2) == [200, 429]
    assert statuses(client, 6, api_key=DEFAULT_KEY) == [200] * 5 + [429]
    assert statuses(client, 1, api_key="another") == [429]
    assert opendota.busiest(1) == 9


def test_the_key_is_not_kept(opendota: FakeOpenDota, client: httpx.Client) -> None:
    client.get("/search", params={"api_key": "guess", "q": "x"})
    client.get("/elsewhere")

    assert [(call.method_name, call.params, call.status) for call in opendota.calls] == [
        ("search", {"q": "x"}, 200),
        ("/api/elsewhere", {}, 404),
    ]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("429", 429, "minute rate limit exceeded"),
        ("500", 500, "Internal Server Error"),
        ("503", 503, "<h1>503"),
        ("empty", 200, "{}"),
        ("garbage", 200, "<html>"),
    ],
)
def test_a_fault_answers_in_place_of_opendota(
    opendota: FakeOpenDota, client: httpx.Client, kind: str, status: int, text: str
) -> None:
    opendota.fail(kind, times=1, endpoint="matches")

    assert client.get("/search", params={"q": "x"}).status_code == 200
    response = client.get(MATCH)

    assert response.status_code == status
    assert text in response.text
    assert MINUTE in response.headers
    assert statuses(client, 1) == [200]


def test_a_truncated_answer_is_no_json(opendota: FakeOpenDota, client: httpx.Client) -> None:
    opendota.fail("truncated")

    with pytest.raises(json.JSONDecodeError):
        client.get(MATCH).json()


def test_a_slow_answer_is_true_and_late(opendota: FakeOpenDota, client: httpx.Client) -> None:
    opendota.fail("slow", seconds=0.2)

    began = time.monotonic()

    assert told(client)["match_id"] == 11
    assert time.monotonic() - began >= 0.2


def test_a_dropped_connection_has_no_answer(opendota: FakeOpenDota, client: httpx.Client) -> None:
    opendota.fail("drop", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(MATCH)
    assert [call.status for call in opendota.calls] == [None]


def test_a_fault_of_steam_is_none_here() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("status15")
