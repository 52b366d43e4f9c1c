"""What is asked of every peer, and when an answer is right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from tests.benchmarks import data
from tests.benchmarks.events import Request

# Puts a request to a peer, and answers the status and the parsed body.
Ask: TypeAlias = Callable[[Request], tuple[int, Any]]


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    request: Callable[[int], Request]
    """The n-th request: no two in a row touch the same rows."""
    verify: Callable[[Ask], None]
    """Raise AssertionError unless the peer answers rightly."""
    status: int = 200


def page(**query: object) -> Request:
    """Ask for 40 games, of all or as the query says."""
    parameters = {"page_size": data.GAMES, **query}
    return Request("/api/games/", query={name: str(value) for name, value in parameters.items()})


def page_is_right(ask: Ask, request: Request, *, count: int, numbers: Sequence[int]) -> None:
    """See that the page has the games of these numbers, in this order, and counts right."""
    status, body = ask(request)
    assert status == 200, body
    assert body["count"] == count or body["count_is_estimate"] is True, body
    assert [game["id"] for game in body["results"]] == list(numbers), body
    for answered in body["results"]:
        _is_game(answered, answered["id"], data.game(answered["id"]))


def _page(number: int) -> Request:
    return page(tournament=number % (data.TOURNAMENTS - 1) + 1)


def _one(number: int) -> Request:
    # A stride that shares no factor with the number of games visits them all.
    return _game(number * 7 % ((data.TOURNAMENTS - 1) * data.GAMES) + 1)


def _game(game_id: int) -> Request:
    return Request(f"/api/games/{game_id}/")


def _create(number: int) -> Request:
    return Request("/api/games/", method="POST", body=data.new_game(number), signed_in=True)


def _hello(number: int) -> Request:
    return Request("/api/hello/")


def _page_is_right(ask: Ask) -> None:
    page_is_right(ask, page(tournament=3), count=data.GAMES, numbers=data.games_of(3))
    for number in (1, 2):
        newest = data.FIRST_GAMES - (number - 1) * data.GAMES
        numbers = range(newest, newest - data.GAMES, -1)
        page_is_right(ask, page(page=number), count=data.FIRST_GAMES, numbers=numbers)


def _one_is_right(ask: Ask) -> None:
    status, body = ask(_game(7))
    assert status == 200, body
    _is_game(body, 7, data.game(7))


def _create_is_right(ask: Ask) -> None:
    sent = data.new_game(0)
    status, created = ask(_create(0))
    assert status == 201, created
    assert created["id"] > data.TOURNAMENTS * data.GAMES
    _is_game(created, created["id"], sent)
    assert ask(_game(created["id"])) == (200, created)
    # The peers must not be compared while one of them lets anybody write.
    status, refused = ask(_create(0)._replace(signed_in=False))
    assert status == 401, refused


def _hello_is_right(ask: Ask) -> None:
    assert ask(_hello(0)) == (200, {"hello": "world"})


def writes_show(ask: Ask) -> None:
    """See that what is written shows in the very next read, though it was read before."""
    path = page(tournament=data.WRITTEN)
    # Twice each, so that the second time a cache may answer.
    (_, before), _ = ask(path), ask(path)
    status, created = ask(_create(1))
    assert status == 201, created

    _, after = ask(path)
    assert after["count"] == before["count"] + 1, after
    assert after["results"][0] == created, after
    one = _game(created["id"])
    assert ask(one) == ask(one) == (200, created)

    change = {"duration": created["duration"] + 1}
    status, changed = ask(one._replace(method="PATCH", body=change, signed_in=True))
    assert (status, changed["duration"]) == (200, change["duration"]), changed
    assert ask(one) == (200, changed)
    assert ask(path)[1]["results"][0] == changed


def _is_game(answered: dict[str, Any], game_id: int, game: dict[str, Any]) -> None:
    expected = game | {"id": game_id}
    for side in ("radiant", "dire"):
        team = data.team(game[f"{side}_id"])
        expected[side] = {"id": game[f"{side}_id"], "name": team["name"], "seed": team["seed"]}
    assert answered.keys() == expected.keys() | {"created_at", "updated_at"}, answered
    for name, value in expected.items():
        if name == "played_at":
            assert _moment(answered[name]) == _moment(value), answered
        else:
            assert answered[name] == value, answered


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


PAGE = Case("page", f"page of {data.GAMES} games", _page, _page_is_right)
ONE = Case("one", "one game", _one, _one_is_right)
CREATE = Case("create", "create with JWT", _create, _create_is_right, status=201)
HELLO = Case("hello", "hello", _hello, _hello_is_right)

CASES = (PAGE, ONE, CREATE, HELLO)
