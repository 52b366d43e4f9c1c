"""One suite over several transports: every test that asks for a caller runs through each.

Without options it runs on the Lambda handler in this process, with both of API Gateway's payloads,
and on a server that it starts. Anywhere else:

    pytest tests/contract --base-url http://127.0.0.1:3000
    pytest tests/contract --transport emulator --base-url http://127.0.0.1:9000

Such a site must allow many sign-ups from one address (THROTTLE_LOGIN, THROTTLE_REGISTER), many
events and tournaments of one member (THROTTLE_EVENTS, THROTTLE_TOURNAMENTS) and, over HTTP, do
without HTTPS (COOKIE_SECURE=false, SECURE_SSL_REDIRECT=false). CONTRACT_STAFF_EMAIL and
CONTRACT_STAFF_PASSWORD sign in a member of staff. Members and what they made stay behind.
"""

import os

import httpx
import pytest
from django.contrib.auth.hashers import make_password

from tests import live
from tests.contract.sites import ALLOWED_ORIGIN, Gateway, Outside, Site
from tests.factories import PASSWORD, StaffFactory
from tests.fakes.discord import FakeDiscord
from tests.fakes.mail import FakeMailServer
from tests.fakes.steam import FakeSteam
from tests.transports import LambdaTransport, emulated

IN_PROCESS = ["lambda-2.0", "lambda-1.0"]


def pytest_addoption(parser):
    group = parser.getgroup("contract")
    group.addoption(
        "--transport",
        choices=["lambda", "live", "emulator"],
        help="How to reach the API; without it: lambda and live, or live with --base-url.",
    )
    group.addoption(
        "--base-url", metavar="URL", help="A site to test, in place of those of the suite's own."
    )


def pytest_configure(config):
    # A combination that makes no sense ends the run here.
    _transports(config)


def pytest_generate_tests(metafunc):
    if "entrance" not in metafunc.fixturenames:
        return
    names = _transports(metafunc.config)
    own = not _base_url(metafunc.config)
    # A test that turns settings needs a site in this process, or at least one that is not remote.
    reach = {"gateway": IN_PROCESS, "own_site": names if own else []}
    usable = set(names).intersection(*(reach.get(name, names) for name in metafunc.fixturenames))
    skip = pytest.mark.skip(reason="This site is not for the test to set up.")
    marks = [] if usable else [skip]
    if own:
        marks.append(pytest.mark.django_db)
    metafunc.parametrize(
        "entrance",
        [pytest.param(name, marks=marks) for name in names if name in usable or not usable],
        indirect=True,
    )


def _base_url(config) -> str:
    # With plain `pytest` this file is read after the options are: there, they have their defaults.
    return (config.getoption("--base-url", None) or "").rstrip("/")


def _transports(config) -> list[str]:
    transport, base_url = config.getoption("--transport", None), _base_url(config)
    if transport == "emulator" and config.getoption("numprocesses", None):
        raise pytest.UsageError("The emulator takes one request at a time: run without -n.")
    if base_url:
        if transport == "lambda":
            raise pytest.UsageError("--transport lambda is this process: it has no --base-url.")
        return [transport or "live"]
    if transport == "emulator":
        raise pytest.UsageError("--transport emulator needs the emulator's address: --base-url.")
    return {"lambda": IN_PROCESS, "live": ["live"]}.get(transport, [*IN_PROCESS, "live"])


@pytest.fixture(scope="session")
def entrance(request):
    """The site that is served somewhere, or the payload for the handler in this process.

    For the session, so that a server is up before a test has its transaction open.
    """
    if request.param in IN_PROCESS:
        return request.param.removeprefix("lambda-")
    return request.getfixturevalue("remote_site" if _base_url(request.config) else "live_site")


@pytest.fixture
def site(request, entrance, settings):
    """The API by the transport that this run of the test is for."""
    if isinstance(entrance, Site):
        return entrance
    # What the live server's environment says, and a hash that costs nothing.
    for name, value in request.getfixturevalue("outside").settings.items():
        setattr(settings, name, value)
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "10000/min")
    settings.CORS_ALLOWED_ORIGINS = [ALLOWED_ORIGIN]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return Gateway(
        payload=entrance,
        staff=lambda: (StaffFactory(password=make_password(PASSWORD)).email, PASSWORD),
    )


@pytest.fixture
def gateway(site):
    """A site in this process, where the test may turn settings and read the database."""
    assert isinstance(site, Gateway)
    return site


@pytest.fixture
def own_site(site):
    """A site that the suite has set up."""
    return site


@pytest.fixture
def api(site):
    """Nobody in particular."""
    return site.caller()


@pytest.fixture
def member_api(site):
    return site.member


@pytest.fixture
def outsider_api(site):
    return site.outsider


@pytest.fixture
def staff_api(site):
    return site.staff


@pytest.fixture(scope="session")
def outside():
    """What is beyond the suite's own sites: mailboxes, Discord and Steam."""
    with FakeMailServer() as mail, FakeDiscord() as discord, FakeSteam() as steam:
        yield Outside(mail, discord, steam)


@pytest.fixture(scope="session")
def _http():
    with httpx.HTTPTransport() as transport:
        yield transport


@pytest.fixture(scope="session")
def remote_site(request, _http):
    base_url = _base_url(request.config)
    if request.config.getoption("--transport") == "emulator":
        # The emulator has no address that its function knows of; this is in everyone's hosts.
        transport = LambdaTransport(emulated(base_url))
        return Site(base_url="https://localhost", transport=transport, staff=_staff_of_remote_site)
    return Site(base_url=base_url, transport=_http, staff=_staff_of_remote_site)


def _staff_of_remote_site() -> tuple[str, str]:
    try:
        return os.environ["CONTRACT_STAFF_EMAIL"], os.environ["CONTRACT_STAFF_PASSWORD"]
    except KeyError as missing:
        pytest.fail(f"{missing} is not set: it signs in a member of staff.", pytrace=False)


@pytest.fixture(scope="session")
def live_site(tmp_path_factory, django_db_setup, django_db_blocker, _http, outside):
    """A server in a process of its own, on a copy of the test database."""
    folder = tmp_path_factory.mktemp("live")
    with django_db_blocker.unblock():
        staff = StaffFactory()
    with live.database_copy(folder, "live", django_db_blocker) as database_url:
        with django_db_blocker.unblock():
            staff.delete()
        environment = outside.environment | {
            "CORS_ALLOWED_ORIGINS": ALLOWED_ORIGIN,
            "EMAIL_URL": outside.mail.url,
            "E2E_TEST_AUTH": "true",
        }
        with live.server(folder / "server.log", database_url, **environment) as base_url:
            yield Site(base_url=base_url, transport=_http, staff=lambda: (staff.email, PASSWORD))
