"""What the OpenAPI schema cannot read off a view, noted where the view is.

drf-spectacular's own decorator loads all of it with each view: 8 ms of a cold start, for what only
the schema needs.
"""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def documented(**serializers: Any) -> Callable[[F], F]:
    """Note the `query`, the `request` and the `responses` of a method, for app.core.schema."""

    def note(method: F) -> F:
        method.documented = serializers  # type: ignore[attr-defined]
        return method

    return note
