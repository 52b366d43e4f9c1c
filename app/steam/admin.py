from datetime import datetime

from django.contrib import admin

from app.accounts.admin import UserAdmin
from app.accounts.models import User
from app.steam.models import Match, MatchPlayer, MemberSync


class MatchPlayerInline(admin.TabularInline[MatchPlayer, Match]):
    model = MatchPlayer
    fields = readonly_fields = (
        "player_slot",
        "account_id",
        "member",
        "hero_id",
        "kills",
        "deaths",
        "assists",
    )
    can_delete = False
    max_num = 0


@admin.register(Match)
class MatchAdmin(admin.ModelAdmin[Match]):
    list_display = ["match_id", "state", "reason", "start_time", "duration", "radiant_win"]
    list_filter = ["state", "lobby_type"]
    search_fields = ["=match_id", "=players__account_id"]
    show_full_result_count = False
    inlines = [MatchPlayerInline]


@admin.register(MemberSync)
class MemberSyncAdmin(admin.ModelAdmin[MemberSync]):
    list_display = ["member", "status", "error", "synced_at", "due_at"]
    list_filter = ["status"]
    list_select_related = ["member"]
    search_fields = ["member__username", "=steam_id"]
    raw_id_fields = ["member"]


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
