"""The plain server's application without row locks: to show what they are for.

For a server's process alone: whoever imports this takes no locks from then on.
"""

from typing import Any

from django.db.models import QuerySet


def _all(queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
    return queryset.all()


QuerySet.select_for_update = _all  # type: ignore[assignment]

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
