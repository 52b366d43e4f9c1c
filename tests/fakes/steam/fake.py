"""The fake itself: a Web API and a login page to be steered, under one lock."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from math import inf
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.limits import Window, take
from tests.fakes.listener import Request
from tests.fakes.replies import Reply
from tests.fakes.server import Call, Fake
from tests.fakes.steam.faults import OPENID, Fault
from tests.fakes.steam.matches import Raw
from tests.fakes.steam.openid import LOGIN, OpenId
from tests.fakes.steam.replies import (
    FORBIDDEN,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOTHING,
    TOO_MANY_REQUESTS,
)
from tests.fakes.steam.web_api import DOTA, ENDPOINTS, METHOD_NAMES, WebApi, to_account_id

DEFAULT_KEY: Final = "fake-steam-key"
CONTROLS: Final = "/_fake/"
DAY: Final = 24 * 60 * 60
ROUTE: Final = re.compile(r"/(?P<interface>\w+)/(?P<method>\w+)/v(?:000)?[12]/?")


class FakeSteam(Fake):
    """Steam's Web API and its OpenID, answering from matches and players that the test supplies.

    Account ids may be given in the 32-bit or the 64-bit form.
    """

    fault = Fault

    def __init__(
        self,
        *,
        matches: Iterable[Raw] = (),
        key: str = DEFAULT_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host, port)
        self.key = key
        self._api = WebApi()
        self._openid = OpenId(self._api)
        #: By the method that they are of, None for all together.
        self._limits: dict[str | None, list[Window]] = {}
        for raw in matches:
            self.add_match(raw)

    @classmethod
    def from_payloads(
        cls,
        folder: str | PathLike[str],
        *,
        key: str = DEFAULT_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> Self:
        """Answer from a folder of recorded answers, named `<method>*.json`.

        Matches come from GetMatchHistoryBySequenceNum, personas from GetPlayerSummaries,
        heroes from GetHeroes, vanity names from ResolveVanityURL-<name>.json, games that are on
        from GetLiveLeagueGames and GetTopLiveGame.
        """
        if not Path(folder).is_dir():
            raise NotADirectoryError(folder)
        steam = cls(key=key, host=host, port=port)
        steam._api.load(Path(folder))
        return steam

    @property
    def openid_url(self) -> str:
        """Where a member is sent, and where an assertion is checked."""
        return self.url + LOGIN

    @property
    def matches(self) -> dict[int, Raw]:
        """Every match by its id, with those that are hidden or have not surfaced.

        What one says may be changed in place, but not its id, sequence number and accounts.
        """
        return self._api.matches.by_id

    def add_match(self, raw: Raw, *, surfaces_at: float = -inf) -> None:
        """Let a match surface, or replace the one with the same id.

        Before `surfaces_at`, by `time.time()`, no answer tells of it.
        """
        with self._lock:
            self._api.add_match(raw, surfaces_at)

    def surface(self, raw: Raw, *, at: float) -> None:
        """Let a match surface late."""
        self.add_match(raw, surfaces_at=at)

    def add_unticketed(self, raw: Raw) -> None:
        """Let a match be played in a practice lobby without a ticket: it is in no answer ever."""
        with self._lock:
            self._api.add_unticketed(raw)

    @property
    def unticketed(self) -> dict[int, Raw]:
        """What only the players know of, by its id: to be told by hand."""
        return self._api.unticketed

    def hide(self, *match_ids: int) -> None:
        """Filter matches as Immortal Draft is: in no answer, though still counted."""
        with self._lock:
            self._api.hidden.update(match_ids)

    @property
    def hidden(self) -> frozenset[int]:
        """The ids of those that are filtered now."""
        return frozenset(self._api.hidden)

    def reveal(self, *match_ids: int) -> None:
        with self._lock:
            self._api.hidden.difference_update(match_ids)

    def make_private(self, *account_ids: int) -> None:
        """Refuse these accounts' histories. Their rows in matches keep the account id."""
        with self._lock:
            self._api.private.update(map(to_account_id, account_ids))

    def make_public(self, *account_ids: int) -> None:
        with self._lock:
            self._api.private.difference_update(map(to_account_id, account_ids))

    def add_player(self, account_id: int, **summary: Any) -> None:
        """Make an account known without a match; fields replace those of its summary."""
        with self._lock:
            self._api.add_player(account_id, summary)

    def add_vanity(self, name: str, account_id: int) -> None:
        with self._lock:
            self._api.add_vanity(name, account_id)

    def play(self, *account_ids: int, gameid: str = DOTA) -> None:
        """Let accounts be in a game now, in Dota unless told otherwise. They become known."""
        with self._lock:
            self._api.play(account_ids, gameid)

    def stop_playing(self, *account_ids: int) -> None:
        with self._lock:
            self._api.stop_playing(account_ids)

    def hide_profile(self, *account_ids: int) -> None:
        """Let summaries say neither when an account was there nor what it plays."""
        with self._lock:
            self._api.hide_profile(account_ids)

    def show_profile(self, *account_ids: int) -> None:
        with self._lock:
            self._api.show_profile(account_ids)

    def set_live_league_games(self, games: Iterable[Raw]) -> None:
        """Let these games of leagues be on, and no others."""
        with self._lock:
            self._api.live_league_games = list(games)

    def set_top_games(self, games: Iterable[Raw]) -> None:
        """Let these be the top games, for each partner that there is."""
        with self._lock:
            self._api.top_games = list(games)

    def set_heroes(self, heroes: Iterable[Raw]) -> None:
        """Let these be the heroes that there are."""
        with self._lock:
            self._api.heroes = {"heroes": list(heroes), "status": 200}

    def limit(
        self,
        *,
        per_second: float | None = None,
        per_day: int | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Answer 429 to what is beyond, of one method or of all together, in place of what was.

        A second and a day begin anywhere, by `time.time()`. Half a call a second is one in two;
        what was refused counts in neither, and a check of an assertion is no call here.
        """
        if endpoint not in {None, *METHOD_NAMES}:
            raise ValueError(f"unknown endpoint {endpoint!r}")
        windows = []
        if per_second is not None:
            calls, seconds = Fraction(per_second).limit_denominator(1000).as_integer_ratio()
            windows.append(Window(calls, seconds))
        if per_day is not None:
            windows.append(Window(per_day, DAY))
        with self._lock:
            self._limits[endpoint] = windows

    def assertion(self, login_url: str, account_id: int) -> str:
        """Sign in at the URL that a member was sent to; answer where Steam sends them back to."""
        params = dict(parse_qsl(urlsplit(login_url).query, keep_blank_values=True))
        with self._lock:
            return self._openid.assertion(self.openid_url, params, account_id)

    def sign(self, params: Mapping[str, str]) -> dict[str, str]:
        """Sign an assertion's fields, whatever they say, so that the next check confirms them.

        Signed are the fields that `openid.signed` names, or without it those that Steam signs.
        """
        with self._lock:
            return self._openid.sign(params)

    def _respond(self, request: Request) -> Reply | None:
        if request.path.startswith(CONTROLS):
            return self._control(request)
        if request.path == LOGIN and request.verb == "GET":
            return self._login(request)
        at, now = time.monotonic(), time.time()
        with self._lock:
            # Recorded before a byte is sent, so whoever has the answer also finds the call.
            name, params, reply = self._answer(request, now)
            self._calls.append(Call(name, params, reply.status if reply else None, at, now))
        return reply

    def _login(self, request: Request) -> Reply:
        """What a person sees in a browser: no call of ours, and spared by faults."""
        with self._lock:
            return self._openid.login(self.openid_url, request.query)

    def _answer(self, request: Request, now: float) -> tuple[str, dict[str, str], Reply | None]:
        if request.path == LOGIN and request.verb == "POST":
            check = partial(self._openid.check, request.form)
            return OPENID, request.form, self._spoiled(OPENID, check)
        params = {name: value for name, value in request.params.items() if name != "key"}
        route = ROUTE.fullmatch(request.path)
        name = route["method"] if route else request.path
        if route is None or (route["interface"], name) not in ENDPOINTS:
            return name, params, NOT_FOUND
        if request.verb != "GET":
            return name, params, METHOD_NOT_ALLOWED
        if (request.params.get("key") or request.headers["x-webapi-key"]) != self.key:
            return name, params, FORBIDDEN
        if not take([*self._limits.get(None, []), *self._limits.get(name, [])], now):
            return name, params, TOO_MANY_REQUESTS
        answer = partial(self._api.answer, route["interface"], name, params)
        return name, params, self._spoiled(name, answer)

    def _control(self, request: Request) -> Reply:
        """The methods above for a test in another process: no key, and not among the calls."""
        try:
            payload = json.loads(request.body) if request.body else {}
            match request.verb, request.path.removeprefix(CONTROLS).rstrip("/"):
                case "GET", "calls":
                    return self._call_report()
                case "DELETE", "calls":
                    self.clear_calls()
                case "POST", "faults":
                    self.add_fault(Fault(**payload))
                case "DELETE", "faults":
                    self.clear_faults()
                case "POST", "hide":
                    self.hide(*map(int, payload["match_ids"]))
                case "POST", "reveal":
                    self.reveal(*map(int, payload["match_ids"]))
                case "POST", "private":
                    self.make_private(*map(int, payload["account_ids"]))
                case "POST", "public":
                    self.make_public(*map(int, payload["account_ids"]))
                case "POST", "play":
                    gameid = str(payload.get("gameid", DOTA))
                    self.play(*map(int, payload["account_ids"]), gameid=gameid)
                case "POST", "stop":
                    self.stop_playing(*map(int, payload["account_ids"]))
                case "POST", "hide_profile":
                    self.hide_profile(*map(int, payload["account_ids"]))
                case "POST", "show_profile":
                    self.show_profile(*map(int, payload["account_ids"]))
                case "POST", "vanity":
                    self.add_vanity(payload["name"], int(payload["account_id"]))
                case "POST", "matches":
                    for raw in payload:
                        self.add_match(raw)
                case "POST", "surface":
                    self.surface(payload["match"], at=float(payload["at"]))
                case "POST", "unticketed":
                    for raw in payload:
                        self.add_unticketed(raw)
                case "POST", "live_league":
                    self.set_live_league_games(payload)
                case "POST", "top":
                    self.set_top_games(payload)
                case "POST", "limit":
                    self.limit(**payload)
                case _:
                    return NOT_FOUND
        except (KeyError, TypeError, ValueError) as error:
            return Reply.json({"error": f"{type(error).__name__}: {error}"}, status=400)
        return NOTHING

    def _call_report(self) -> Reply:
        calls = self.calls
        counts = Counter(call.method_name for call in calls)
        return Reply.json({"counts": counts, "calls": [asdict(call) for call in calls]})
