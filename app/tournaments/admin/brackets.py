from django.contrib import admin
from django.http import HttpRequest

from app.tournaments.admin.base import ReadOnlyAdmin
from app.tournaments.models import BracketChange


@admin.register(BracketChange)
class BracketChangeAdmin(ReadOnlyAdmin[BracketChange]):
    """Who did what to a bracket, when and why: to look at."""

    list_display = ["created_at", "tournament", "action", "series", "actor", "reason"]
    list_filter = ["action"]
    list_select_related = ["tournament", "series__tournament", "actor"]
    date_hierarchy = "created_at"
    search_fields = ["tournament__name", "actor__username", "reason"]
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: BracketChange | None = None) -> bool:
        return False
