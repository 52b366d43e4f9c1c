from datetime import datetime

from django.contrib import admin

from app.accounts.admin import UserAdmin
from app.accounts.models import User
from app.steam.admin.base import ReadOnlyAdmin
from app.steam.models import MemberSync, PlayerRecord

# A member is one row of the admin, and the sync a column of it that accounts know nothing of.
admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    list_display = [*UserAdmin.list_display, "last_sync", "sync_status"]
    list_filter = [*UserAdmin.list_filter, "steam_sync__status"]
    list_select_related = ["steam_sync"]

    @admin.display(ordering="steam_sync__synced_at")
    def last_sync(self, member: User) -> datetime | None:
        sync = _sync(member)
        return sync.synced_at if sync else None

    @admin.display(ordering="steam_sync__status")
    def sync_status(self, member: User) -> str:
        sync = _sync(member)
        if sync is None:
            return "never" if member.steam_id else ""
        return f"{sync.status}: {sync.error}" if sync.error else str(sync.status)


def _sync(member: User) -> MemberSync | None:
    """Answer the sync of the account that is linked now; another may have been before."""
    sync: MemberSync | None = getattr(member, "steam_sync", None)
    return sync if sync and sync.steam_id == member.steam_id else None


@admin.register(PlayerRecord)
class PlayerRecordAdmin(ReadOnlyAdmin[PlayerRecord]):
    list_display = ["member", "games", "wins", "abandons", "streak", "last_played_at"]
    list_select_related = ["member"]
    search_fields = ["member__username"]
    ordering = ["-last_played_at", "member_id"]
