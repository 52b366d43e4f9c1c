from django.contrib import admin
from django.http import HttpRequest

from app.core.models import SystemSettings


@admin.register(SystemSettings)
class SystemSettingsAdmin(admin.ModelAdmin[SystemSettings]):
    list_display = ["site_name", "timezone", "updated_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: SystemSettings | None = None
    ) -> bool:
        return False
