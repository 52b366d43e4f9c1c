from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Field, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from app.core.actions import write_each
from app.tournaments import services
from app.tournaments.admin.base import ServiceAdmin, ServiceForm, listed, picture, user_of
from app.tournaments.models import BracketChange, Series, Team, Tournament
from app.tournaments.services.tournaments import ALWAYS

Status = Tournament.Status


class TeamInline(admin.TabularInline[Team, Tournament]):
    """To look at: teams are written on their own page, by the rules."""

    model = Team
    fields = readonly_fields = (
        "name",
        "captain",
        "seed",
        "rating",
        "checked_in_at",
        "disqualified_at",
    )
    can_delete = False
    max_num = 0
    show_change_link = True
    ordering = ["seed", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).select_related("captain")


class TournamentForm(ServiceForm):
    # What is emptied is none, and not unknown.

    def clean_best_of_rounds(self) -> list[Any]:
        return self.cleaned_data["best_of_rounds"] or []

    def clean_tie_breaks(self) -> list[Any]:
        return self.cleaned_data["tie_breaks"] or []


@admin.register(Tournament)
class TournamentAdmin(ServiceAdmin[Tournament]):
    form = TournamentForm
    list_display = [
        "name",
        "status",
        "bracket",
        "its_series",
        "entered",
        "tournament_type",
        "organiser",
        "started_at",
    ]
    list_filter = ["status", "tournament_type"]
    list_select_related = ["organiser"]
    search_fields = ["name", "organiser__username", "event__title"]
    raw_id_fields = ["organiser", "event"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "description",
                    "rules",
                    "tournament_type",
                    "status",
                    "organiser",
                    "event",
                    "steam_league_id",
                ]
            },
        ),
        ("Teams", {"fields": ["max_teams", "sign_up", "check_in"]}),
        (
            "Format",
            {
                "fields": [
                    "best_of",
                    "best_of_rounds",
                    "third_place",
                    "grand_final_reset",
                    "groups",
                    "legs",
                    "swiss_rounds",
                    "points_win",
                    "points_draw",
                    "points_loss",
                    "tie_breaks",
                    "playoff",
                    "qualifiers",
                ]
            },
        ),
        (
            "Course",
            {
                "fields": [
                    "seeding",
                    "seeding_number",
                    "started_at",
                    "finished_at",
                    "version",
                    "bracket",
                    "its_series",
                    "its_changes",
                    "created_at",
                    "updated_at",
                ]
            },
        ),
    ]
    inlines = [TeamInline]
    actions = ["seed_by_rating", "seed_at_random", "start", "finish"]

    def get_inlines(self, request: HttpRequest, obj: Tournament | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Tournament | None = None) -> list[Any]:
        course = self.fieldsets[-1][1]["fields"]
        if obj is None or not obj.has_started:
            return [*course]
        shown = [name for _, options in self.fieldsets for name in options["fields"]]
        return [name for name in shown if name not in ALWAYS]

    def formfield_for_choice_field(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "status":
            # The others come of actions.
            kwargs["choices"] = [(each, each.label) for each in (Status.DRAFT, Status.REGISTRATION)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        # Of the tournaments on the page, in one query.
        teams = Team.objects.filter(tournament__in=[row.pk for row in shown.result_list])
        counts = teams.order_by().values_list("tournament").annotate(Count("pk"))
        entered = dict(counts)
        for row in shown.result_list:
            row.entered = entered.get(row.pk, 0)
        return shown

    @admin.display(description="teams")
    def entered(self, tournament: Any) -> str:
        return listed(
            Team,
            f"{tournament.entered} of {tournament.max_teams}",
            tournament__id__exact=tournament.pk,
        )

    @admin.display
    def bracket(self, tournament: Tournament) -> str:
        return picture(tournament)

    @admin.display(description="series")
    def its_series(self, tournament: Tournament) -> str:
        return _listed_once_started(Series, "series", tournament)

    @admin.display(description="changes")
    def its_changes(self, tournament: Tournament) -> str:
        return _listed_once_started(BracketChange, "changes", tournament)

    def write(
        self, request: HttpRequest, form: ModelForm[Any], row: Tournament | None
    ) -> Tournament:
        if row is not None:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            return services.update_tournament(tournament=row, **changes)
        fields = form.cleaned_data.copy()
        organiser = fields.pop("organiser") or user_of(request)
        return services.create_tournament(organiser=organiser, **fields)

    def remove(self, request: HttpRequest, row: Tournament) -> None:
        services.delete_tournament(tournament=row)

    @admin.action(description="Seed by the teams' ratings", permissions=["change"])
    def seed_by_rating(self, request: HttpRequest, queryset: QuerySet[Tournament]) -> None:
        self._seed(request, queryset, Tournament.Seeding.RATING)

    @admin.action(description="Seed at random", permissions=["change"])
    def seed_at_random(self, request: HttpRequest, queryset: QuerySet[Tournament]) -> None:
        self._seed(request, queryset, Tournament.Seeding.RANDOM)

    def _seed(self, request: HttpRequest, queryset: QuerySet[Tournament], seeding: str) -> None:
        def seed(tournament: Tournament) -> None:
            services.seed_teams(tournament=tournament, seeding=seeding)

        write_each(self, request, queryset, seed, "Seeded.")

    @admin.action(description="Start: lock the seeding, draw the bracket", permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet[Tournament]) -> None:
        def start(tournament: Tournament) -> None:
            started = services.start_tournament(tournament=tournament, by=user_of(request))
            for warning in started.warnings:
                self.message_user(request, f"{tournament}: {warning}", messages.WARNING)

        write_each(self, request, queryset, start, "Started.")

    @admin.action(description="Finish: every series is over", permissions=["change"])
    def finish(self, request: HttpRequest, queryset: QuerySet[Tournament]) -> None:
        def finish(tournament: Tournament) -> None:
            services.finish_tournament(tournament=tournament, by=user_of(request))

        write_each(self, request, queryset, finish, "Finished.")


def _listed_once_started(model: type[Model], words: str, tournament: Tournament) -> str:
    if not tournament.has_started:
        return ""
    return listed(model, words, tournament__id__exact=tournament.pk)
