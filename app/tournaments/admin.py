from django.contrib import admin

from app.tournaments.models import Game, Team, Tournament


class TeamInline(admin.TabularInline[Team, Tournament]):
    model = Team
    fields = ["name", "captain", "seed"]
    raw_id_fields = ["captain"]
    extra = 0


@admin.register(Tournament)
class TournamentAdmin(admin.ModelAdmin[Tournament]):
    list_display = ["name", "tournament_type", "organiser", "created_at"]
    list_filter = ["tournament_type"]
    list_select_related = ["organiser"]
    search_fields = ["name"]
    raw_id_fields = ["organiser"]
    inlines = [TeamInline]


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin[Team]):
    list_display = ["name", "tournament", "captain", "seed"]
    list_select_related = ["tournament", "captain"]
    search_fields = ["name", "tournament__name"]
    raw_id_fields = ["tournament", "captain"]


@admin.register(Game)
class GameAdmin(admin.ModelAdmin[Game]):
    list_display = ["id", "tournament", "radiant", "dire", "winner", "played_at"]
    list_select_related = ["tournament", "radiant", "dire", "winner"]
    search_fields = ["tournament__name", "radiant__name", "dire__name"]
    raw_id_fields = ["tournament", "radiant", "dire", "winner"]
