"""What is asked of every peer, and when an answer is right."""

from collections.abc import Callable
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


def _page(number: int) -> Request:
    tournament_id = number % (data.TOURNAMENTS - 1) + 1
    query = {"tournament": str(tournament_id), "page_size": str(data.GAMES)}
    return Request("/api/games/", query=query)


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
    status, body = ask(_page(2))
    assert status == 200, body
    assert body["count"] == len(body["results"]) == data.GAMES, body
    newest = 3 * data.GAMES
    for game_id, answered in zip(range(newest, 0, -1), body["results"], strict=False):
        _is_game(answered, game_id, data.game(game_id))


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
