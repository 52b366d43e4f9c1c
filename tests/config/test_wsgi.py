"""The plain server's own part: whom it takes for the caller."""

import json

import pytest

from config.gunicorn import Atoms
from config.wsgi import BehindProxies
from tests.config.test_settings import REQUIRED, boot


def caller(trusted, peer, forwarded=None):
    """Whom Django is told has called, by a server that trusts these proxies."""
    seen = []
    application = BehindProxies(
        lambda environ, start_response: seen.append(environ["REMOTE_ADDR"]), trusted.split(",")
    )
    environ = {"REMOTE_ADDR": peer}
    if forwarded:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    application(environ, None)
    return seen[0]


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "expected"),
    [
        ("127.0.0.1", "203.0.113.7", None, "203.0.113.7"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8, ::1", "10.1.2.3", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8, ::1", "::1", "2001:db8::7, 10.9.9.9", "2001:db8::7"),
        # Only the proxies' own word counts, not what the caller wrote before.
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8", "10.1.2.3", "10.0.0.1, 203.0.113.7, 10.4.4.4", "203.0.113.7"),
        # Nobody but a proxy says on whose behalf it calls.
        ("127.0.0.1", "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("", "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("*", "203.0.113.7", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.1", "not an address", "127.0.0.1"),
    ],
)
def test_the_caller_is_who_called_the_outermost_proxy_of_ours(trusted, peer, forwarded, expected):
    assert caller(trusted, peer, forwarded) == expected


def test_a_requests_line_is_json_whatever_the_path_is():
    path = '/a\\b"c\nd'

    form = '{"path":"%(U)s","id":"%({x-request-id}o)s"}'
    line = form % Atoms({"U": path})

    assert json.loads(line) == {"path": path, "id": "-"}


@pytest.mark.parametrize("name", ["WEB_THREADS", "PORT"])
def test_a_malformed_variable_stops_the_server_with_its_name(name):
    for value in ("", "many"):
        booted = boot("-c", "import config.gunicorn", **REQUIRED | {name: value})
        assert (booted.returncode == 0) == (value == ""), booted.stderr
        assert not value or f"{name} is malformed" in booted.stderr


def test_a_proxy_that_is_none_stops_the_server_with_the_variables_name():
    environment = REQUIRED | {"FORWARDED_ALLOW_IPS": "10.0.0.0/8, nope"}

    assert (
        "FORWARDED_ALLOW_IPS is malformed" in boot("-c", "import config.wsgi", **environment).stderr
    )
