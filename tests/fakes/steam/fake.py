"""The fake itself: a Web API to be steered, behind a listener, under one lock."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

from tests.fakes.steam.faults import Fault
from tests.fakes.steam.listener import Listener, Request
from tests.fakes.steam.replies import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, NOTHING, Reply
from tests.fakes.steam.web_api import ENDPOINTS, Raw, WebApi, to_account_id

DEFAULT_KEY: Final = "fake-steam-key"
CONTROLS: Final = "/_fake/"
ROUTE: Final = re.compile(r"/(?P<interface>\w+)/(?P<method>\w+)/v(?:000)?[12]/?")


@dataclass(frozen=True)
class Call:
    """A request that reached the fake, refused ones too. Its key is not kept."""

    method_name: str
    params: dict[str, str]
    #: The HTTP status, None where the connection was dropped.
    status: int | None
    #: Seconds on the monotonic clock, which frozen time does not stop: for spacing only.
    at: float


class FakeSteam:
    """Steam's Web API on a free loopback port, answering from matches that the test supplies.

    As a context manager it serves from a daemon thread until the block ends. Account ids may
    be given in the 32-bit or the 64-bit form. All methods may be called while it serves.
    """

    def __init__(
        self,
        *,
        matches: Iterable[Raw] = (),
        key: str = DEFAULT_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.key = key
        self._address = (host, port)
        self._api = WebApi()
        self._calls: list[Call] = []
        self._faults: list[Fault] = []
        self._lock = Lock()
        self._listener: Listener | None = None
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

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._listener = Listener(self._address, self._respond)
        self._listener.start()

    def stop(self) -> None:
        """Stop listening and close what connections are open; waits for no slow answer."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        if self._listener is None:
            raise RuntimeError("the fake has an address only while it runs")
        return f"http://{self._address[0]}:{self._listener.server_address[1]}"

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

    def fail(
        self,
        kind: str,
        *,
        every: int = 1,
        after: int = 0,
        times: int | None = None,
        endpoint: str | None = None,
        seconds: float = 5.0,
    ) -> None:
        """Make requests go wrong from now on: all, or those that `Fault` describes.

            steam.fail("429", times=2)              # the next two requests
            steam.fail("503", every=3)              # every third one
            steam.fail("slow", after=5, seconds=2)  # all but the next five
            steam.fail("drop", endpoint="GetMatchHistory")

        Kinds: 429, 500, 503; status2 and status15, each for the one method that knows it;
        empty and garbage, both with a status of 200; truncated, slow and drop. Of several
        faults the first that strikes wins, and those after it do not count that request: so
        `fail("429", times=1)` and then `fail("drop", times=1)` spoil one request each. A
        request that is refused anyway, as with a wrong key, is none of theirs.
        """
        self.add_fault(Fault(kind, every, after, times, endpoint, seconds))

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def clear_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def count(self, method_name: str | None = None) -> int:
        """How many calls there were, of one method or of all."""
        return sum(method_name in {None, call.method_name} for call in self.calls)

    def _respond(self, request: Request) -> Reply | None:
        if request.path.startswith(CONTROLS):
            return self._control(request)
        at = time.monotonic()
        route = ROUTE.fullmatch(request.path)
        with self._lock:
            # Recorded before a byte is sent, so whoever has the answer also finds the call.
            reply = self._answer(request, route)
            name = route["method"] if route else request.path
            status = reply.status if reply else None
            self._calls.append(Call(name, request.params, status, at))
        return reply

    def _answer(self, request: Request, route: re.Match[str] | None) -> Reply | None:
        if route is None or (route["interface"], route["method"]) not in ENDPOINTS:
            return NOT_FOUND
        if request.verb != "GET":
            return METHOD_NOT_ALLOWED
        if request.key != self.key:
            return FORBIDDEN
        answer = partial(self._api.answer, route["interface"], route["method"], request.params)
        fault = next((fault for fault in self._faults if fault.strikes(route["method"])), None)
        return fault.spoil(answer) if fault else answer()

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
