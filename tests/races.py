"""Several who do the same at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest
from django.db import connection

T = TypeVar("T")


def racing(test: T) -> T:
    """Mark a test, or a class of them, that calls at_once(): threads see what is committed."""
    skip = pytest.mark.skipif(
        connection.vendor != "postgresql", reason="Threads share an in-memory SQLite's connection."
    )
    return cast(T, skip(pytest.mark.django_db(transaction=True)(test)))


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
