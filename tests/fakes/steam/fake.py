"""The fake itself: a Web API and a login page to be steered, under one lock."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.listener import Request
from tests.fakes.replies import Reply
from tests.fakes.server import Call, Fake
from tests.fakes.steam.faults import OPENID, Fault
from tests.fakes.steam.openid import LOGIN, OpenId
from tests.fakes.steam.replies import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, NOTHING
from tests.fakes.steam.web_api import ENDPOINTS, Raw, WebApi, to_account_id

DEFAULT_KEY: Final = "fake-steam-key"
CONTROLS: Final = "/_fake/"
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
        heroes from GetHeroes, vanity names from ResolveVanityURL-<name>.json.
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
        """Every match by its id, hidden ones included."""
        return self._api.matches

    def add_match(self, raw: Raw) -> None:
        """Let a match surface, or replace the one with the same id."""
        with self._lock:
            self._api.add_match(raw)

    def hide(self, *match_ids: int) -> None:
        """Filter matches as Immortal Draft is: in no answer, though still counted."""
        with self._lock:
            self._api.hidden.update(match_ids)

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
        at = time.monotonic()
        with self._lock:
            # Recorded before a byte is sent, so whoever has the answer also finds the call.
            name, params, reply = self._answer(request)
            self._calls.append(Call(name, params, reply.status if reply else None, at))
        return reply

    def _login(self, request: Request) -> Reply:
        """What a person sees in a browser: no call of ours, and spared by faults."""
        with self._lock:
            return self._openid.login(self.openid_url, request.query)

    def _answer(self, request: Request) -> tuple[str, dict[str, str], Reply | None]:
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
                case "POST", "vanity":
                    self.add_vanity(payload["name"], int(payload["account_id"]))
                case "POST", "matches":
                    for raw in payload:
                        self.add_match(raw)
                case _:
                    return NOT_FOUND
        except (KeyError, TypeError, ValueError) as error:
            return Reply.json({"error": f"{type(error).__name__}: {error}"}, status=400)
        return NOTHING

    def _call_report(self) -> Reply:
        calls = self.calls
        counts = Counter(call.method_name for call in calls)
        return Reply.json({"counts": counts, "calls": [asdict(call) for call in calls]})
