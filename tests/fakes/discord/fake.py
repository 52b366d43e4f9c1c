"""The fake itself: a guild to be steered, behind OAuth and a limit, under one lock."""

import json
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.discord.faults import Fault
from tests.fakes.discord.guild import PAGE_SIZE, Guild, User
from tests.fakes.discord.limits import MEMBERS, WEBHOOK, Bucket
from tests.fakes.discord.oauth import AUTHORIZE, Consent, OAuth
from tests.fakes.discord.replies import (
    EMPTY_MESSAGE,
    INVALID_FORM_BODY,
    INVALID_WEBHOOK_TOKEN,
    METHOD_NOT_ALLOWED,
    MISSING_ACCESS,
    NO_CONTENT,
    NOT_FOUND,
    UNAUTHORIZED,
    UNKNOWN_GUILD,
    UNKNOWN_WEBHOOK,
    rate_limited,
)
from tests.fakes.listener import Request
from tests.fakes.replies import Reply
from tests.fakes.server import Call, Fake

# Beyond 2^53, as Discord's are.
GUILD_ID: Final = 1_100_000_000_000_000_570
WEBHOOK_ID: Final = 1_300_000_000_000_000_007
LONGEST_MESSAGE: Final = 2000
JOINED_AT: Final = "2025-03-01T18:30:00.000000+00:00"
ROUTE: Final = re.compile(
    r"/api(?:/v10)?/(?:(?P<token>oauth2/token)|(?P<me>users/@me)"
    r"|users/@me/guilds/(?P<member>\d+)/member|guilds/(?P<members>\d+)/members"
    r"|webhooks/(?P<webhook>\d+/[\w-]+))"
)


class FakeDiscord(Fake):
    """Discord with one guild, one application and its bot: `url` stands for https://discord.com.

    The bot's route allows `rate_limit` requests in `rate_window` seconds, that of the one webhook
    five in two seconds. What was posted there is in `posts`, as it came.
    """

    fault = Fault

    def __init__(
        self,
        *,
        client_id: str = "fake-client",
        client_secret: str = "fake-secret",
        bot_token: str = "fake-bot-token",
        guild_id: int = GUILD_ID,
        webhook_token: str = "fake-webhook-token",
        rate_limit: int = 10,
        rate_window: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host, port)
        self.client_id = client_id
        self.client_secret = client_secret
        self.bot_token = bot_token
        self.guild_id = guild_id
        self._guild = Guild(guild_id)
        self._oauth = OAuth(client_id, client_secret)
        self.webhook_token = webhook_token
        self._bucket = Bucket(MEMBERS, rate_limit, rate_window)
        self._posts: list[dict[str, Any]] = []
        self._webhook_bucket = Bucket(WEBHOOK, 5, 2.0)

    def add_user(
        self,
        user_id: int,
        *,
        username: str,
        global_name: str | None = None,
        avatar: str | None = None,
        email: str | None = None,
        verified: bool = True,
    ) -> None:
        """Let there be a user, in no guild yet, or replace the one with the same id."""
        with self._lock:
            self._guild.add_user(User(user_id, username, global_name, avatar, email, verified))

    def join(
        self,
        user_id: int,
        *,
        nick: str | None = None,
        roles: Iterable[int] = (),
        joined_at: str = JOINED_AT,
    ) -> None:
        """Let a user into the guild, or replace what they are there."""
        with self._lock:
            self._guild.join(user_id, nick, roles, joined_at)

    def leave(self, user_id: int) -> None:
        with self._lock:
            self._guild.leave(user_id)

    def approve(self, authorize_url: str, user_id: int) -> str:
        """Agree at the URL that somebody was sent to; answer where Discord sends them back to."""
        params = dict(parse_qsl(urlsplit(authorize_url).query, keep_blank_values=True))
        with self._lock:
            if user_id not in self._guild.users:
                raise KeyError(user_id)
            return self._oauth.approve(params, user_id)

    @property
    def webhook_url(self) -> str:
        return f"{self.url}/api/webhooks/{WEBHOOK_ID}/{self.webhook_token}"

    @property
    def posts(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._posts)

    @property
    def refused(self) -> int:
        """How many requests were beyond the limit. Those that `fail` spoilt are not."""
        with self._lock:
            return self._bucket.refused + self._webhook_bucket.refused

    def _respond(self, request: Request) -> Reply | None:
        if request.path == AUTHORIZE and request.verb == "GET":
            # What a person sees in a browser: no call of ours, and spared by faults.
            with self._lock:
                return self._oauth.page(request.query, self._guild.users.values())
        at, now = time.monotonic(), time.time()
        params = {**request.params, **request.form}
        params.pop("client_secret", None)
        with self._lock:
            # Recorded before a byte is sent, so whoever has the answer also finds the call.
            name, reply = self._answer(request)
            self._calls.append(Call(name, params, reply.status if reply else None, at, now))
        return reply

    def _answer(self, request: Request) -> tuple[str, Reply | None]:
        route = ROUTE.fullmatch(request.path)
        if route is None or route.lastgroup is None:
            return request.path, NOT_FOUND
        name, value = route.lastgroup, route[route.lastgroup]
        if request.verb != ("POST" if name in {"token", "webhook"} else "GET"):
            return name, METHOD_NOT_ALLOWED
        authorization = request.headers["Authorization"]
        consent = self._oauth.consent(authorization)
        answer: Callable[[], Reply]
        if name == "token":
            answer = partial(self._oauth.exchange, request.form, authorization)
        elif name == "members" and authorization == f"Bot {self.bot_token}":
            answer = partial(self._members, int(value), request.params)
        elif name == "me" and consent:
            answer = partial(self._me, consent)
        elif name == "member" and consent:
            answer = partial(self._member, int(value), consent)
        elif name == "webhook":
            webhook_id, _, token = value.partition("/")
            if int(webhook_id) != WEBHOOK_ID:
                return name, UNKNOWN_WEBHOOK
            if token != self.webhook_token:
                return name, INVALID_WEBHOOK_TOKEN
            answer = partial(self._execute, request)
        else:
            return name, UNAUTHORIZED
        return name, self._spoiled(name, answer)

    def _me(self, consent: Consent) -> Reply:
        if "identify" not in consent.scopes:
            return MISSING_ACCESS
        user = self._guild.users[consent.user_id]
        return Reply.json(user.private() if "email" in consent.scopes else user.public())

    def _member(self, guild_id: int, consent: Consent) -> Reply:
        if "guilds.members.read" not in consent.scopes:
            return MISSING_ACCESS
        member = self._guild.member(consent.user_id)
        if guild_id != self.guild_id or member is None:
            return UNKNOWN_GUILD
        return Reply.json(member.payload())

    def _members(self, guild_id: int, params: dict[str, str]) -> Reply:
        if self._bucket.take():
            reply = self._page(guild_id, params)
        else:
            reply = rate_limited(self._bucket.resets_after)
        return reply.with_headers(self._bucket.headers())

    def _page(self, guild_id: int, params: dict[str, str]) -> Reply:
        if guild_id != self.guild_id:
            return UNKNOWN_GUILD
        try:
            limit, after = int(params.get("limit", "1")), int(params.get("after", "0"))
        except ValueError:
            return INVALID_FORM_BODY
        if not 1 <= limit <= PAGE_SIZE or after < 0:
            return INVALID_FORM_BODY
        return Reply.json(self._guild.page(after=after, limit=limit))

    def _execute(self, request: Request) -> Reply:
        if self._webhook_bucket.take():
            reply = self._post(request)
        else:
            reply = rate_limited(self._webhook_bucket.resets_after)
        return reply.with_headers(self._webhook_bucket.headers())

    def _post(self, request: Request) -> Reply:
        try:
            message = json.loads(request.body)
            content = message.get("content", "")
        except (AttributeError, ValueError):
            return INVALID_FORM_BODY
        if not isinstance(content, str) or len(content) > LONGEST_MESSAGE:
            return INVALID_FORM_BODY
        if not content.strip():
            return EMPTY_MESSAGE
        self._posts.append(message)
        if request.params.get("wait") != "true":
            return NO_CONTENT
        posted = {"id": str(WEBHOOK_ID + len(self._posts)), "webhook_id": str(WEBHOOK_ID)}
        return Reply.json(posted | {"content": content})
