"""The fake itself: matches and names behind two limits, under one lock."""

import re
import time
from collections.abc import Iterable
from functools import partial
from typing import Final

from tests.fakes.limits import Window, take
from tests.fakes.listener import Request
from tests.fakes.opendota import payloads
from tests.fakes.opendota.faults import Fault
from tests.fakes.opendota.replies import (
    DAY_LIMIT_EXCEEDED,
    MINUTE_LIMIT_EXCEEDED,
    NO_QUERY,
    NOT_FOUND,
)
from tests.fakes.replies import Reply
from tests.fakes.server import Call, Fake
from tests.fakes.steam.matches import Raw
from tests.fakes.steam.web_api import to_account_id

DEFAULT_KEY: Final = "fake-opendota-key"
MINUTE: Final = 60
DAY: Final = 24 * 60 * 60
#: How much more a key may ask in a minute; its days have no end.
KEY_FACTOR: Final = 5
SEARCH_LIMIT: Final = 50
ROUTE: Final = re.compile(r"/api/(?:matches/(?P<matches>\d+)|(?P<search>search))")


class FakeOpenDota(Fake):
    """OpenDota's API: `url` stands for https://api.opendota.com, `api_url` for its /api.

    It allows 60 calls a minute and 3,000 a day, and who has the key 300 a minute.
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
        self._matches = {raw["match_id"]: raw for raw in matches}
        self._names: dict[int, str] = {}
        self.limit()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api"

    def add_match(self, raw: Raw) -> None:
        """Let OpenDota have a match, in Steam's shape, or replace the one with the same id."""
        with self._lock:
            self._matches[raw["match_id"]] = raw

    def remove_match(self, match_id: int) -> None:
        with self._lock:
            self._matches.pop(match_id, None)

    def add_player(self, account_id: int, personaname: str) -> None:
        """Let a name be known: in searches, and beside the account in its matches."""
        with self._lock:
            self._names[to_account_id(account_id)] = personaname

    def limit(self, *, per_minute: int = 60, per_day: int = 3000) -> None:
        """Answer 429 to what is beyond, from now on; a key may ask five times as much a minute.

        Minutes and days begin anywhere, by `time.time()`. What was refused counts in neither.
        """
        with self._lock:
            self._minute, self._day = Window(per_minute, MINUTE), Window(per_day, DAY)
            self._key_minute = Window(KEY_FACTOR * per_minute, MINUTE)

    def _respond(self, request: Request) -> Reply | None:
        at, now = time.monotonic(), time.time()
        params = {name: value for name, value in request.params.items() if name != "api_key"}
        with self._lock:
            # Recorded before a byte is sent, so whoever has the answer also finds the call.
            name, reply = self._answer(request, now)
            self._calls.append(Call(name, params, reply.status if reply else None, at, now))
        return reply

    def _answer(self, request: Request, now: float) -> tuple[str, Reply | None]:
        route = ROUTE.fullmatch(request.path)
        if route is None or route.lastgroup is None or request.verb != "GET":
            return request.path, NOT_FOUND
        name, value = route.lastgroup, route[route.lastgroup]
        keyed = request.params.get("api_key") == self.key
        windows = [self._key_minute] if keyed else [self._minute, self._day]
        if not take(windows, now):
            spent = windows[0].left(now) == 0
            reply: Reply | None = MINUTE_LIMIT_EXCEEDED if spent else DAY_LIMIT_EXCEEDED
        elif name == "matches":
            reply = self._spoiled(name, partial(self._match, int(value)))
        else:
            reply = self._spoiled(name, partial(self._search, request.params.get("q", "")))
        labels = ("X-Rate-Limit-Remaining-Minute", "X-Rate-Limit-Remaining-Day")
        left = {
            label: str(window.left(now)) for label, window in zip(labels, windows, strict=False)
        }
        return name, reply.with_headers(left) if reply else None

    def _match(self, match_id: int) -> Reply:
        raw = self._matches.get(match_id)
        return Reply.json(payloads.match(raw, self._names)) if raw else NOT_FOUND

    def _search(self, query: str) -> Reply:
        if not query:
            return NO_QUERY
        found = [
            {
                "account_id": account_id,
                "personaname": name,
                "avatarfull": f"https://avatars.example/{account_id}_full.jpg",
            }
            for account_id, name in self._names.items()
            if query.lower() in name.lower()
        ]
        return Reply.json(found[:SEARCH_LIMIT])
