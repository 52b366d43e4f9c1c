from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import ModelSerializer
from app.steam.models import SyncRun, Usage

SOURCE = "Who was asked: steam or opendota."


class SyncSerializer(serializers.Serializer[dict[str, str]]):
    example = {"task": "5b2c7f0e-8d1a-4c36-9e57-1f4a6b0d2c93"}

    task = serializers.CharField(help_text="The id of the enqueued task.")


class SyncRunSerializer(ModelSerializer[SyncRun]):
    example = {
        "id": 4711,
        "trigger": "staff",
        "started_by": MemberSerializer.example,
        "started_at": "2026-10-01T20:00:00Z",
        "last_active_at": "2026-10-01T20:03:12Z",
        "members_due": 240,
        "matches_due": 18,
        "members_checked": 240,
        "members_looked_at": 21,
        "matches_found": 17,
        "matches_stored": 16,
        "matches_unavailable": 1,
        "calls": 42,
        "put_back": 0,
        "errors": 1,
        "last_error": "GetMatchHistory: 503",
    }

    started_by = MemberSerializer(
        read_only=True, allow_null=True, help_text="Null unless staff started it."
    )

    class Meta:
        model = SyncRun
        fields = [
            "id",
            "trigger",
            "started_by",
            "started_at",
            "last_active_at",
            "members_due",
            "matches_due",
            "members_checked",
            "members_looked_at",
            "matches_found",
            "matches_stored",
            "matches_unavailable",
            "calls",
            "put_back",
            "errors",
            "last_error",
        ]
        read_only_fields = fields


class BudgetStandingSerializer(serializers.Serializer[Any]):
    example = {
        "per_day": 100000,
        "used": 4120,
        "for_background": 85880,
        "failures": 0,
        "rests_for": 0.0,
    }

    per_day = serializers.IntegerField(help_text="Calls that may be made in 24 hours.")
    used = serializers.IntegerField(help_text="Those of the last 24 to 25 hours.")
    for_background = serializers.IntegerField(
        help_text="What the sync may still make; a share is kept for people who wait."
    )
    failures = serializers.IntegerField(help_text="The last calls that failed, one after another.")
    rests_for = serializers.FloatField(
        help_text="Seconds for which nobody calls, after too many failures; else 0."
    )


class UsageSerializer(ModelSerializer[Usage]):
    example = {
        "day": "2026-10-01",
        "source": "steam",
        "endpoint": "GetMatchHistory",
        "calls": 1204,
        "failures": 3,
    }

    class Meta:
        model = Usage
        fields = ["day", "source", "endpoint", "calls", "failures"]
        read_only_fields = fields
        extra_kwargs = {"day": {"help_text": "In UTC."}, "source": {"help_text": SOURCE}}


class BudgetSerializer(serializers.Serializer[dict[str, Any]]):
    example = {
        "steam": BudgetStandingSerializer.example,
        "opendota": BudgetStandingSerializer.example,
        "usage": [UsageSerializer.example],
    }

    steam = BudgetStandingSerializer(
        allow_null=True, help_text="Null while nobody can say, as Redis is down."
    )
    opendota = BudgetStandingSerializer(
        allow_null=True, help_text="The same, and null where OpenDota is not asked."
    )
    usage = UsageSerializer(many=True, help_text="The last 31 days, the newest first.")
