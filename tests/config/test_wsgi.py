"""The plain server's own part: whom it takes for the caller."""

import pytest

from config.wsgi import BehindProxies


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
