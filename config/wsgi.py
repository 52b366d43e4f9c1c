"""The plain server's entry point: gunicorn --config python:config.gunicorn."""

import ipaddress
import os
from collections.abc import Iterable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# The server's threads live as long as it does, so each may keep its connection.
os.environ["DATABASE_CONN_MAX_AGE"] = os.environ.get("DATABASE_CONN_MAX_AGE") or "600"

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from config import env

# Whose X-Forwarded-For is believed, as gunicorn believes their X-Forwarded-Proto.
_TRUSTED = env.networks("FORWARDED_ALLOW_IPS", ["127.0.0.1", "::1"])


class BehindProxies:
    """Tells Django who called a proxy of ours, where one has: limits are counted by address."""

    def __init__(self, application: WSGIHandler, trusted: Iterable[str]) -> None:
        self.application = application
        names = {name.strip() for name in trusted} - {""}
        self.trusts_all = "*" in names
        self.networks = [ipaddress.ip_network(name, strict=False) for name in names - {"*"}]

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        if forwarded := environ.get("HTTP_X_FORWARDED_FOR"):
            environ["REMOTE_ADDR"] = self._caller(environ["REMOTE_ADDR"], forwarded.split(","))
        return self.application(environ, start_response)

    def _caller(self, address: str, forwarded: list[str]) -> str:
        # From the end: each proxy adds whom it saw. What is before that a caller may have made up.
        while forwarded and self._trusts(address):
            try:
                address = str(ipaddress.ip_address(forwarded.pop().strip()))
            except ValueError:
                break
        return address

    def _trusts(self, address: str) -> bool:
        # A socket of the file system's has none.
        if self.trusts_all or not address:
            return True
        return any(ipaddress.ip_address(address) in network for network in self.networks)


application = BehindProxies(get_wsgi_application(), _TRUSTED)
