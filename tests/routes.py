"""The viewsets that answer from rows, as the routes have them: a new one is tried unasked.

One whose list is inside of something else has no name, and tests of its own.
"""

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver

from app.core.viewsets import ReadOnlyModelViewSet


def _callbacks(patterns: Any) -> Iterator[Any]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _callbacks(pattern.url_patterns)
        else:
            yield pattern.callback


VIEWSETS: dict[str, type[ReadOnlyModelViewSet[Any]]] = {
    callback.initkwargs["basename"]: callback.cls
    for callback in _callbacks(get_resolver().url_patterns)
    if issubclass(getattr(callback, "cls", object), ReadOnlyModelViewSet)
    and "basename" in callback.initkwargs
}
