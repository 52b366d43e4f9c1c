from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from app.accounts.models import User
from app.core.serializers import validated
from app.tournaments import services
from app.tournaments.serializers import DryRunSerializer


def order_of(
    request: Request, serializer: type[BaseSerializer[Any]]
) -> tuple["services.Order", dict[str, Any]]:
    """Answer who wants a bracket changed and how, and what else the body says."""
    wanted = validated(serializer, request.data)
    order = services.Order(
        actor=cast(User, request.user),
        reason=wanted.pop("reason", ""),
        force=wanted.pop("force", False),
        version=wanted.pop("version", None),
        dry_run=validated(DryRunSerializer, request.query_params)["dry_run"],
    )
    return order, wanted
