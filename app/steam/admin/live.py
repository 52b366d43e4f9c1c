from django.contrib import admin
from django.utils.html import format_html_join

from app.steam.admin.base import ReadOnlyAdmin
from app.steam.models import Hero, LiveGame


@admin.register(Hero)
class HeroAdmin(ReadOnlyAdmin[Hero]):
    list_display = ["localized_name", "hero_id", "name"]
    search_fields = ["localized_name", "name", "=hero_id"]


@admin.register(LiveGame)
class LiveGameAdmin(ReadOnlyAdmin[LiveGame]):
    list_display = [
        "match_id",
        "kind",
        "league_id",
        "radiant_name",
        "dire_name",
        "spectators",
        "game_time",
        "seen_at",
    ]
    list_filter = ["kind"]
    search_fields = ["=match_id", "=league_id"]
    readonly_fields = ["members"]

    @admin.display
    def members(self, game: LiveGame) -> str:
        players = game.players.exclude(member=None).select_related("member")
        return format_html_join(", ", "{}", ((player.member,) for player in players))
