"""A server in a process of its own, for tests that call one over real HTTP."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker


@contextmanager
def database_copy(folder: Path, name: str, blocker: DjangoDbBlocker) -> Iterator[str]:
    """Copy the test database, which may be in memory; answer the copy's URL.

    A copy, so that what a server commits is nothing that other tests meet.
    """
    with blocker.unblock():
        database_url = _copy(folder / f"{name}.sqlite3", name)
    yield database_url
    if connection.vendor == "postgresql":
        with blocker.unblock():
            connection.creation.destroy_test_db(verbosity=0, suffix=name)


def _copy(path: Path, name: str) -> str:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        return f"sqlite:///{path}"
    connection.creation.clone_test_db(name, verbosity=0, autoclobber=True)
    database = connection.creation.get_test_db_clone_settings(name)["NAME"]
    return url_of(database)


def url_of(database: str) -> str:
    """Answer the URL of a database on PostgreSQL, by its name."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


@contextmanager
def server(
    log: Path,
    database_url: str,
    *,
    application: str = "config.wsgi:application",
    **environment: str,
) -> Iterator[str]:
    """Serve a WSGI application on a free port; answer the server's address."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        # Several of them share the tests' PostgreSQL, each with threads for a crowd.
        "DATABASE_CONN_MAX_AGE": "0",
        **{f"THROTTLE_{scope.upper()}": "10000/min" for scope in settings.THROTTLE_RATES},
        **environment,
    }
    command = (
        f"gunicorn --config python:config.gunicorn {application}"
        " --bind 127.0.0.1:0 --workers 1 --threads 32"
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command.split()],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while not (found := re.search(r"Listening at: (http://\S+)", log.read_text())):
            if process.poll() is not None:
                pytest.fail(f"The server ended with {process.returncode}:\n{log.read_text()}")
            time.sleep(0.05)
        yield found[1]
    finally:
        process.terminate()
        process.wait(timeout=20)
