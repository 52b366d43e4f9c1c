"""What the OpenAPI schema cannot read off a view, noted where the view is.

drf-spectacular's own decorator loads all of it with each view: 8 ms of a cold start, for what only
the schema needs.
"""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def documented(**notes: Any) -> Callable[[F], F]:
    """Note the serializers of a method's `query`, `request` and `responses`, for app.core.schema.

    `errors` are the classes of those that it raises, other than what every such method can;
    `operation_id` is for one whose path gives the same as another's. Noted
    on a class, it holds for all of its methods that say nothing else.
    """

    def note(noted: F) -> F:
        noted.documented = notes  # type: ignore[attr-defined]
        return noted

    return note
