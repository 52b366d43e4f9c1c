from django.contrib import admin, messages
from django.http import HttpRequest

from app.core.models import SystemSettings, WaitingTask
from app.core.querysets import WaitingTaskQuerySet
from app.core.queue import outbox


@admin.register(SystemSettings)
class SystemSettingsAdmin(admin.ModelAdmin[SystemSettings]):
    list_display = ["site_name", "timezone", "updated_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: SystemSettings | None = None
    ) -> bool:
        return False


@admin.register(WaitingTask)
class WaitingTaskAdmin(admin.ModelAdmin[WaitingTask]):
    """What is deleted here is never run."""

    list_display = ["id", "task", "created_at", "due_at", "error"]
    list_filter = [("due_at", admin.EmptyFieldListFilter)]
    ordering = ["-created_at"]
    actions = ["try_again"]

    @admin.display
    def task(self, row: WaitingTask) -> str:
        return str(row.message["task"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WaitingTask | None = None) -> bool:
        # For the action, not for what was written.
        return obj is None and super().has_change_permission(request)

    @admin.action(description="Try again: those that were given up", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: WaitingTaskQuerySet) -> None:
        count = outbox.try_again(queryset.given_up())
        self.message_user(request, f"{count} will be tried again.", messages.SUCCESS)
