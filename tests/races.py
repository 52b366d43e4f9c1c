"""Several who do the same at the same moment, each on a connection of their own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import pytest
from django.db import connection, transaction
from django.db.models import Model

T = TypeVar("T")


def racing(test: T) -> T:
    """Mark a test, or a class of them, that calls at_once(): threads see what is committed."""
    skip = pytest.mark.skipif(
        connection.vendor != "postgresql", reason="Threads share an in-memory SQLite's connection."
    )
    return cast(T, skip(pytest.mark.django_db(transaction=True)(test)))


@contextmanager
def without_constraint(model: type[Model], name: str) -> Iterator[None]:
    """Let there be no such constraint for a while, and in the end no rows: to show the race."""
    [constraint] = [each for each in model._meta.constraints if each.name == name]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model._default_manager.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


def at_once(number: int, call: Callable[[int], Any]) -> list[Any]:
    """Call it from as many threads, with the number of each; answer what the calls answered."""
    barrier, answers = threading.Barrier(number), []

    def go(index: int) -> None:
        try:
            barrier.wait()
            answers.append(call(index))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def before_the_commit_of(change: Callable[[], Any], call: Callable[[], T]) -> T:
    """Call on a connection of its own while a change is made and not committed.

    The change counts once the call waits for it, and so has read what it reads without waiting.
    """
    found = []

    def go() -> None:
        try:
            found.append(call())
        finally:
            connection.close()

    other = threading.Thread(target=go)
    with transaction.atomic():
        change()
        other.start()
        while other.is_alive() and not is_waited_for():
            time.sleep(0.01)
    other.join()
    [answer] = found
    return answer


def is_waited_for() -> bool:
    """Tell whether another connection waits for a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None
