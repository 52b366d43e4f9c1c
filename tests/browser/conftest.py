"""The clients of docs/csrf-cors.md, taken out of it, in a real browser against a live server.

Chromium is what the variable CHROMIUM says, or one on PATH; without one these tests are skipped.

The API is on http://localhost. A page of another port there is of another origin and the same site;
one on http://127.0.0.1 is of another site. Chromium trusts both as if they had HTTPS.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from tests import live
from tests.browser.chromium import Browser, executable
from tests.factories import PASSWORD
from tests.fakes.discord import FakeDiscord
from tests.fakes.listener import Listener, Request
from tests.fakes.replies import Reply

DOCUMENT = Path(settings.BASE_DIR, "docs", "csrf-cors.md")


class Frontend:
    """Empty pages of an origin, which have the clients of the document beside them."""

    def __init__(self, clients: dict[str, str]) -> None:
        self.pages: dict[str, str] = {}
        self._clients = clients
        self._listener = Listener(("127.0.0.1", 0), self._respond)

    def __enter__(self) -> "Frontend":
        self._listener.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.stop()

    @property
    def _port(self) -> int:
        return self._listener.server_address[1]

    @property
    def same_site(self) -> str:
        return f"http://localhost:{self._port}"

    @property
    def other_site(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _respond(self, request: Request) -> Reply:
        if code := self._clients.get(request.path.removeprefix("/")):
            return Reply(200, code.encode(), "text/javascript; charset=UTF-8")
        if "." in request.path:
            return Reply.page(404, "Not found")  # the icon
        page = f"<!doctype html><title>A frontend</title>{self.pages.get(request.path, '')}"
        return Reply(200, page.encode(), "text/html; charset=UTF-8")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if connection.vendor != "postgresql":
        pytest.skip("The browser is the same whatever the database: PostgreSQL's run has it.")
    if not (command := executable()):
        pytest.skip("There is no Chromium: CHROMIUM does not say where, and PATH has none.")
    with Browser(command, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def person(browser):
    """Somebody whose browser knows nothing yet."""
    person = browser.person()
    yield person
    person.leave()


@pytest.fixture(scope="session")
def clients() -> dict[str, str]:
    """The document's code, by the name that each block begins with."""
    blocks = re.findall(
        r"^```js\n(// (\S+\.js)\b.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    return {name: code for code, name in blocks}


@pytest.fixture(scope="session")
def frontend(clients):
    """A frontend that the API lets in, whichever way it signs in."""
    with Frontend(clients) as frontend:
        yield frontend


@pytest.fixture(scope="session")
def token_frontend(clients):
    """One that the API lets in by token: it is in CORS_ALLOWED_ORIGINS alone."""
    with Frontend(clients) as frontend:
        yield frontend


@pytest.fixture(scope="session")
def stranger(clients):
    """Pages that the API has never heard of."""
    with Frontend(clients) as frontend:
        yield frontend


@pytest.fixture(scope="session")
def discord():
    with FakeDiscord() as discord:
        discord.add_user(101, username="ada", email="ada@discord.example")
        yield discord


@dataclass(frozen=True)
class LiveSite:
    url: str

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def register(self) -> dict[str, str]:
        """Let there be a member; answer what they sign in with."""
        member = {"username": f"member-{secrets.token_hex(4)}", "password": PASSWORD}
        email = f"{member['username']}@guildhall.example"
        answer = httpx.post(
            f"{self.api}/auth/register/",
            json={**member, "email": email, "password_confirm": PASSWORD},
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        return member


@pytest.fixture(scope="session")
def database_url(tmp_path_factory, django_db_setup, django_db_blocker):
    folder = tmp_path_factory.mktemp("database")
    with live.database_copy(folder, "browser", django_db_blocker) as url:
        yield url


@pytest.fixture(scope="session")
def serve(browser, database_url, frontend, token_frontend, discord, tmp_path_factory):
    """Serve the API by the settings given, beside those that let the frontends in."""
    folder = tmp_path_factory.mktemp("servers")
    trusted = f"{frontend.same_site},{frontend.other_site}"

    @contextmanager
    def serve(**environment: str) -> Iterator[LiveSite]:
        with live.server(
            folder / f"{environment['COOKIE_SAMESITE']}.log",
            database_url,
            CORS_ALLOWED_ORIGINS=",".join(
                [trusted, token_frontend.same_site, token_frontend.other_site]
            ),
            CSRF_TRUSTED_ORIGINS=trusted,
            FRONTEND_URL=frontend.same_site,
            DISCORD_URL=discord.url,
            DISCORD_CLIENT_ID=discord.client_id,
            DISCORD_CLIENT_SECRET=discord.client_secret,
            **environment,
        ) as url:
            # By its name: so it is of one site with a frontend on localhost.
            yield LiveSite(url.replace("127.0.0.1", "localhost"))

    return serve


@pytest.fixture(scope="session")
def site(serve):
    """With the default: its cookies are for pages of its own site."""
    with serve(COOKIE_SAMESITE="Lax") as site:
        yield site


@pytest.fixture(scope="session")
def open_site(serve):
    """One whose cookies go along from any site."""
    with serve(COOKIE_SAMESITE="None", COOKIE_SECURE="true") as site:
        yield site


@pytest.fixture(scope="session")
def strict_site(serve):
    with serve(COOKIE_SAMESITE="Strict") as site:
        yield site
