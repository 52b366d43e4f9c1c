"""What is said of any change of a bracket: why, what it may cost, and for which version."""

from typing import Any

from rest_framework import serializers

from app.tournaments.serializers.examples import VERSION

_FORCE = (
    "Let go of what has been played since, if it must be. It goes in the body; for games in the "
    "query string, as a DELETE has no body."
)


class VersionField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            min_value=0,
            help_text="The tournament's version that this was thought out for: with any other, it "
            "is refused.",
            **kwargs,
        )


class OrderSerializer(serializers.Serializer[Any]):
    """Why a bracket is changed, and what that may cost."""

    example: dict[str, Any] = {"reason": "Did not turn up.", "force": False, "version": VERSION}

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="Kept with the change."
    )
    force = serializers.BooleanField(required=False, help_text=_FORCE)
    version = VersionField()


class DryRunSerializer(serializers.Serializer[Any]):
    """Of a query string."""

    dry_run = serializers.BooleanField(
        default=False, help_text="Only say what would change, and change nothing."
    )


class ForceSerializer(serializers.Serializer[Any]):
    """What a change may cost."""

    example = {"force": False}

    force = serializers.BooleanField(default=False, help_text=_FORCE)
