from django.contrib import admin, messages
from django.http import HttpRequest

from app.notifications import services
from app.notifications.models import Notification
from app.notifications.querysets import NotificationQuerySet


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin[Notification]):
    list_display = [
        "created_at",
        "state",
        "channel",
        "member",
        "subject",
        "attempts",
        "next_attempt_at",
        "error",
    ]
    list_filter = ["state", "channel"]
    list_select_related = ["member"]
    search_fields = ["subject", "dedupe_key", "member__username", "=member__email"]
    show_full_result_count = False
    ordering = ["-id"]
    actions = ["send_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        # For the action, not for what was written.
        return obj is None and super().has_change_permission(request)

    @admin.action(description="Send again: those that are dead", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: NotificationQuerySet) -> None:
        count = services.retry(notifications=queryset)
        self.message_user(request, f"{count} will be sent again.", messages.SUCCESS)
