from django.contrib import admin

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
