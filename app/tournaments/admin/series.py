from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BooleanField, CharField, ChoiceField, IntegerField, ModelForm
from django.http import HttpRequest

from app.core.actions import write_each
from app.tournaments import services
from app.tournaments.admin.base import (
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    listed,
    picture,
    user_of,
)
from app.tournaments.models import Game, Series, Tournament
from app.tournaments.services import Order, Score

# So many are shown beside the list, the newest.
LISTED = 50


class RunningTournament(admin.SimpleListFilter):
    title = "running tournament"
    parameter_name = "tournament"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        running = Tournament.objects.filter(status=Tournament.Status.RUNNING).order_by("-id")
        return [(str(pk), name) for pk, name in running.values_list("pk", "name")[:LISTED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Series]) -> QuerySet[Series]:
        value = self.value() or ""
        return queryset.filter(tournament=int(value)) if value.isdecimal() else queryset


class SeriesForm(ServiceForm):
    """How it ended is the organiser's word, beside when it is to be played."""

    ended = ChoiceField(
        required=False,
        choices=[
            ("", "as it stands"),
            ("played", "was played, with this score"),
            ("walkover_a", "is a walkover for the first team"),
            ("walkover_b", "is a walkover for the second team"),
            ("double_forfeit", "was played by neither"),
            ("open", "is to be played again"),
        ],
        help_text="A result that there is already is corrected, with all that follows from it.",
    )
    won_a = IntegerField(required=False, min_value=0, help_text="Games that the first team won.")
    won_b = IntegerField(required=False, min_value=0, help_text="Games that the second team won.")
    reason = CharField(
        required=False, max_length=500, help_text="For a correction: the captains are told."
    )
    force = BooleanField(
        required=False, help_text="Let go of what has been played since, if it must be."
    )


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin[Series], ServiceAdmin[Series]):
    form = SeriesForm
    list_display = [
        "name",
        "tournament",
        "team_a",
        "score",
        "team_b",
        "status",
        "outcome",
        "best_of",
        "scheduled_at",
    ]
    list_filter = ["status", "section", RunningTournament]
    list_select_related = ["tournament", "team_a", "team_b"]
    search_fields = ["tournament__name", "team_a__name", "team_b__name"]
    fieldsets = [
        (None, {"fields": ["name", "tournament", "bracket", "best_of", "scheduled_at"]}),
        (
            "How it stands",
            {
                "fields": [
                    "team_a",
                    "team_b",
                    "score",
                    "winner",
                    "status",
                    "outcome",
                    "decided_by",
                    "reported",
                    "its_games",
                    "ready_at",
                    "finished_at",
                ]
            },
        ),
        ("How it ended", {"fields": ["ended", "won_a", "won_b", "reason", "force"]}),
    ]
    actions = ["confirm"]

    def get_readonly_fields(self, request: HttpRequest, obj: Series | None = None) -> list[Any]:
        written = {"best_of", "scheduled_at", *self.form.declared_fields}
        shown = [name for _, options in self.fieldsets for name in options["fields"]]
        return [name for name in shown if name not in written]

    @admin.display
    def score(self, series: Series) -> str:
        return _score(series.score_a, series.score_b)

    @admin.display
    def reported(self, series: Series) -> str:
        score = _score(series.reported_score_a, series.reported_score_b)
        return f"{score} by {series.reported_by}" if score else ""

    @admin.display
    def bracket(self, series: Series) -> str:
        return picture(series.tournament)

    @admin.display(description="games")
    def its_games(self, series: Series) -> str:
        return listed(Game, "games", series__id__exact=series.pk)

    def write(self, request: HttpRequest, form: ModelForm[Any], row: Series | None) -> Series:
        assert row is not None
        given = form.cleaned_data
        planned = {"best_of", "scheduled_at"}.intersection(form.changed_data)
        if planned:
            services.update_series(series=row, **{name: given[name] for name in planned})
        if given["ended"]:
            self._settle(request, given, row)
        return row

    def _settle(self, request: HttpRequest, given: dict[str, Any], row: Series) -> None:
        by, (outcome, _, side) = user_of(request), given["ended"].partition("_")
        score = Score(given["won_a"], given["won_b"])
        if given["ended"] == Series.Outcome.DOUBLE_FORFEIT:
            score = Score(outcome=Series.Outcome.DOUBLE_FORFEIT)
        elif outcome == Series.Outcome.WALKOVER:
            winner_id = row.team_a_id if side == "a" else row.team_b_id
            score = Score(outcome=outcome, winner_id=winner_id)
        if row.status != Series.Status.FINISHED and given["ended"] != "open":
            services.report(series=row, score=score, by=by, force=given["force"])
            return
        order = Order(by, reason=given["reason"], force=given["force"])
        wanted = None if given["ended"] == "open" else score
        services.correct(series=row, score=wanted, order=order)

    @admin.action(description="Confirm what was reported", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        by = user_of(request)
        write_each(
            self,
            request,
            queryset.select_related("tournament"),
            lambda series: services.confirm(series=series, by=by),
            "Confirmed.",
        )


def _score(a: int | None, b: int | None) -> str:
    return "" if a is None else f"{a}:{b}"
