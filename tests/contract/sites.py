"""The API somewhere, as a black box: a transport to it, and those who call it."""

import secrets
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal, NamedTuple

import httpx
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.factories import PASSWORD
from tests.fakes.discord import FakeDiscord
from tests.fakes.mail import FakeMailServer
from tests.fakes.steam import FakeSteam
from tests.transports import Answer, Event, LambdaTransport, in_process

# The frontend that the suite's own sites let in.
ALLOWED_ORIGIN = "https://app.guildhall.example"


def unique(word: str) -> str:
    """A name that no other test has used: a site may keep what the tests leave behind."""
    return f"{word}-{secrets.token_hex(4)}"


class Outside(NamedTuple):
    """The other sites, and how ours are told where they are."""

    mail: FakeMailServer
    discord: FakeDiscord
    steam: FakeSteam

    @property
    def environment(self) -> dict[str, str]:
        return {
            "STEAM_API_URL": self.steam.url,
            "STEAM_API_KEY": self.steam.key,
            "STEAM_OPENID_URL": self.steam.openid_url,
            "DISCORD_URL": self.discord.url,
            "DISCORD_CLIENT_ID": self.discord.client_id,
            "DISCORD_CLIENT_SECRET": self.discord.client_secret,
            "DISCORD_GUILD_ID": str(self.discord.guild_id),
        }

    @property
    def settings(self) -> dict[str, object]:
        """What the settings make of that."""
        found: dict[str, object] = dict(self.environment)
        found["SOCIAL_AUTH_DISCORD_KEY"] = found.pop("DISCORD_CLIENT_ID")
        found["SOCIAL_AUTH_DISCORD_SECRET"] = found.pop("DISCORD_CLIENT_SECRET")
        found["DISCORD_GUILD_ID"] = self.discord.guild_id
        found["EMAIL_BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
        found["EMAIL_HOST"], found["EMAIL_PORT"] = self.mail.host, self.mail.port
        return found


class Caller(httpx.Client):
    """A client, with the member whom it calls as: nobody to begin with."""

    user: dict[str, Any]


class Site:
    def __init__(
        self,
        *,
        base_url: str,
        transport: httpx.BaseTransport,
        staff: Callable[[], tuple[str, str]],
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._staff = staff

    def caller(self, *, transport: httpx.BaseTransport | None = None) -> Caller:
        """A new client, with no cookies and no token."""
        return Caller(
            base_url=self.base_url,
            transport=transport or self._transport,
            # A Lambda in a container takes its time over the first request.
            timeout=60,
            trust_env=False,
        )

    def sign_up(self, username: str) -> Caller:
        """A new member, signed in."""
        email = f"{username}@guildhall.example"
        answer = self.caller().post(
            "/api/auth/register/",
            json={
                "email": email,
                "username": username,
                "password": PASSWORD,
                "password_confirm": PASSWORD,
            },
        )
        assert answer.status_code == 201, answer.text
        return self.sign_in(email, PASSWORD)

    def sign_in(self, email: str, password: str) -> Caller:
        caller = self.caller()
        answer = caller.post("/api/auth/login/", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        caller.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        caller.user = answer.json()["user"]
        return caller

    # Hashing a password is slow on purpose, so a site has these once.

    @cached_property
    def member(self) -> Caller:
        return self.sign_up(unique("member"))

    @cached_property
    def outsider(self) -> Caller:
        return self.sign_up(unique("outsider"))

    @cached_property
    def staff(self) -> Caller:
        return self.sign_in(*self._staff())


class Gateway(Site):
    """The Lambda handler in this process, behind an API Gateway."""

    def __init__(
        self, *, payload: Literal["2.0", "1.0"], staff: Callable[[], tuple[str, str]]
    ) -> None:
        self._payload = payload
        super().__init__(
            base_url="https://api.guildhall.example",
            transport=LambdaTransport(_invoke, payload),
            staff=staff,
        )

    def caller_from(self, source_ip: str) -> Caller:
        return self.caller(transport=LambdaTransport(_invoke, self._payload, source_ip))


def _invoke(event: Event) -> Answer:
    # Not above: it writes to the environment, which the processes of xdist would inherit.
    from config.functions import api

    # These would close the connection that the test has its transaction on.
    around = (request_started, request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    try:
        return in_process(api)(event)
    finally:
        for signal in around:
            signal.connect(close_old_connections)
