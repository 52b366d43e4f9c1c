from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import BooleanField, ModelForm
from django.http import HttpRequest

from app.core.actions import write_each
from app.tournaments import services
from app.tournaments.admin.base import ReadOnlyAdmin, ServiceAdmin, ServiceForm, user_of
from app.tournaments.models import Game, Settlement
from app.tournaments.services import Order


class GameForm(ServiceForm):
    force = BooleanField(
        required=False, help_text="Let go of what has been played since, if it must be."
    )


@admin.register(Game)
class GameAdmin(ServiceAdmin[Game]):
    form = GameForm
    list_display = [
        "id",
        "tournament",
        "series",
        "radiant",
        "dire",
        "winner",
        "played_at",
        "match",
    ]
    list_filter = [("series", admin.EmptyFieldListFilter), ("match", admin.EmptyFieldListFilter)]
    list_select_related = ["tournament", "series__tournament", "match", "radiant", "dire", "winner"]
    search_fields = ["tournament__name", "radiant__name", "dire__name", "=match__match_id"]
    raw_id_fields = ["tournament", "series", "match", "radiant", "dire", "winner"]
    fields = [
        "tournament",
        "series",
        "match",
        "radiant",
        "dire",
        "winner",
        "duration",
        "played_at",
        "force",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Game | None = None) -> list[Any]:
        return ["tournament"] if obj else []

    def write(self, request: HttpRequest, form: ModelForm[Any], row: Game | None) -> Game:
        given = form.cleaned_data
        order = Order(user_of(request), force=given["force"])
        if row is not None:
            changed = {name: given[name] for name in form.changed_data if name != "force"}
            return services.update_game(game=row, order=order, **_named(changed))
        sides = {side: given[side] for side in ("radiant", "dire")}
        tournament = given["tournament"]
        # What is left empty has not been said: the match may know it.
        said = {
            name: value
            for name, value in given.items()
            if value is not None and name not in {"tournament", "force", *sides}
        }
        return services.create_game(
            tournament_id=tournament.pk, order=order, **sides, **_named(said)
        )

    def remove(self, request: HttpRequest, row: Game) -> None:
        services.delete_game(game=row, order=Order(user_of(request)))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    """Name rows by their ids, as the API does; but for the teams on both sides."""
    named = {}
    for name, value in fields.items():
        if name in {"series", "match", "winner"}:
            named[f"{name}_id"] = value.pk if isinstance(value, Model) else None
        else:
            named[name] = value
    return named


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    """Matches of Steam that may be games of a series."""

    list_display = ["match", "series", "tournament", "status", "doubts", "created_at"]
    list_filter = ["status"]
    list_select_related = ["match", "series__tournament", "tournament"]
    search_fields = ["tournament__name", "=match__match_id"]
    fields = readonly_fields = (
        "tournament",
        "series",
        "match",
        "game",
        "status",
        "doubts",
        "evidence",
        "created_at",
        "updated_at",
    )
    actions = ["accept", "dismiss"]

    @admin.display
    def doubts(self, settlement: Settlement) -> str:
        return " ".join(settlement.evidence.get("doubts", []))

    @admin.action(description="Record as a game of the series", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Settlement]) -> None:
        order = Order(user_of(request))
        write_each(
            self,
            request,
            queryset.select_related("series__tournament"),
            lambda row: services.accept_settlement(settlement=row, order=order),
            "Recorded.",
        )

    @admin.action(
        description="Dismiss: no game of the series; undo what was recorded", permissions=["change"]
    )
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Settlement]) -> None:
        order = Order(user_of(request))
        write_each(
            self,
            request,
            queryset.select_related("series__tournament"),
            lambda row: services.dismiss_settlement(settlement=row, order=order),
            "Dismissed.",
        )
