from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from app.steam import services
from app.steam.admin.base import ReadOnlyAdmin
from app.steam.models import MemberSync, QuarantinedAnswer, SyncRun, Usage


@admin.register(MemberSync)
class MemberSyncAdmin(ReadOnlyAdmin[MemberSync]):
    list_display = ["member", "status", "since", "error", "synced_at", "due_at", "gap"]
    list_filter = ["status", ("gap_from", admin.EmptyFieldListFilter)]
    list_select_related = ["member"]
    search_fields = ["member__username", "persona_name", "=steam_id"]
    exclude = ["lease"]
    actions = ["start_over"]

    @admin.display
    def gap(self, sync: MemberSync) -> str:
        return "" if sync.gap_from is None else f"{sync.gap_from} down to {sync.gap_to}"

    @admin.action(description="Read the history from its start", permissions=["change"])
    def start_over(self, request: HttpRequest, queryset: QuerySet[MemberSync]) -> None:
        member_ids = list(queryset.values_list("member_id", flat=True))
        count = services.start_over(member_ids=member_ids)
        self.message_user(request, f"{count} will be read from the start.", messages.SUCCESS)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin[SyncRun]):
    list_display = [
        "id",
        "trigger",
        "started_by",
        "started_at",
        "last_active_at",
        "members_checked",
        "members_looked_at",
        "matches_stored",
        "matches_unavailable",
        "calls",
        "put_back",
        "errors",
        "last_error",
    ]
    list_filter = ["trigger", ("last_error", admin.EmptyFieldListFilter)]
    list_select_related = ["started_by"]


@admin.register(Usage)
class UsageAdmin(ReadOnlyAdmin[Usage]):
    list_display = ["day", "source", "endpoint", "calls", "failures"]
    list_filter = ["source", "endpoint"]
    date_hierarchy = "day"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"subtitle": " ".join(_standings()), **(extra_context or {})}
        return super().changelist_view(request, context)


def _standings() -> Iterator[str]:
    """Say what is left to each source."""
    from app.steam import sources
    from app.steam.transport import OverBudget

    budgets = {"Steam": sources.steam_budget()}
    if settings.OPENDOTA_ENABLED:
        budgets["OpenDota"] = sources.opendota_budget()
    for name, budget in budgets.items():
        try:
            standing = budget.standing()
        except OverBudget:
            yield f"{name}: nobody can say, as Redis is down."
            continue
        rests = f", given a rest for {standing.rests_for:.0f} s" if standing.rests_for else ""
        yield f"{name}: {standing.used:,} of {standing.per_day:,} calls used{rests}."


@admin.register(QuarantinedAnswer)
class QuarantinedAnswerAdmin(ReadOnlyAdmin[QuarantinedAnswer]):
    list_display = [
        "last_seen_at",
        "source",
        "endpoint",
        "reason",
        "match_id",
        "times",
        "size",
        "first_seen_at",
    ]
    list_filter = ["source", "endpoint"]
    search_fields = ["reason", "=match_id", "=digest"]
