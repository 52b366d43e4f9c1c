from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from app.core.actions import write_each
from app.tournaments import services
from app.tournaments.admin.base import ServiceAdmin, user_of
from app.tournaments.models import Team, TeamMember
from app.tournaments.services import Order


class TeamMemberInline(admin.TabularInline[TeamMember, Team]):
    """To look at: who plays is written on the members' own page, by the rules."""

    model = TeamMember
    fields = readonly_fields = ("member", "is_stand_in", "created_at")
    can_delete = False
    max_num = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMember]:
        # What a row is called names both.
        return super().get_queryset(request).select_related("member", "team")


@admin.register(Team)
class TeamAdmin(ServiceAdmin[Team]):
    list_display = ["name", "tournament", "captain", "seed", "rating", "is_there", "state"]
    list_filter = [
        "tournament__status",
        ("checked_in_at", admin.EmptyFieldListFilter),
        ("disqualified_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["tournament", "captain"]
    search_fields = ["name", "tournament__name", "captain__username"]
    raw_id_fields = ["tournament", "captain"]
    fields = [
        "tournament",
        "name",
        "logo",
        "captain",
        "seed",
        "rating",
        "checked_in_at",
        "disqualified_at",
        "state",
    ]
    inlines = [TeamMemberInline]
    actions = ["check_in", "disqualify", "reinstate"]

    def get_inlines(self, request: HttpRequest, obj: Team | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> list[Any]:
        found = ["checked_in_at", "disqualified_at", "state"]
        if obj is not None:
            found += ["tournament", *(["seed"] if obj.tournament.has_started else [])]
        return found

    @admin.display(boolean=True, ordering="checked_in_at", description="checked in")
    def is_there(self, team: Team) -> bool:
        return team.checked_in_at is not None

    @admin.display
    def state(self, team: Team) -> str:
        if team.pk is None or not team.tournament.has_started:
            return ""
        if team.is_out:
            return "disqualified"
        return "plays" if team.seed else "in reserve"

    def write(self, request: HttpRequest, form: ModelForm[Any], row: Team | None) -> Team:
        by = user_of(request)
        if row is None:
            return services.create_team(by=by, **form.cleaned_data)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        return services.update_team(team=row, by=by, **changes)

    def remove(self, request: HttpRequest, row: Team) -> None:
        services.delete_team(team=row)

    @admin.action(description="Check in", permissions=["change"])
    def check_in(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        write_each(
            self, request, queryset, lambda team: services.check_in_team(team=team), "Checked in."
        )

    @admin.action(
        description="Disqualify: what it has not played is forfeited", permissions=["change"]
    )
    def disqualify(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        order = Order(user_of(request))
        write_each(
            self,
            request,
            queryset,
            lambda team: services.disqualify_team(team=team, order=order),
            "Disqualified.",
        )

    @admin.action(description="Reinstate: let a team that is out play on", permissions=["change"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        order = Order(user_of(request))
        write_each(
            self,
            request,
            queryset,
            lambda team: services.reinstate_team(team=team, order=order),
            "Reinstated.",
        )


@admin.register(TeamMember)
class TeamMemberAdmin(ServiceAdmin[TeamMember]):
    list_display = ["member", "team", "tournament", "is_stand_in"]
    list_filter = ["is_stand_in"]
    list_select_related = ["member", "team", "tournament"]
    search_fields = ["member__username", "member__nickname", "team__name", "tournament__name"]
    raw_id_fields = ["member", "team"]
    fields = ["team", "member", "is_stand_in"]

    def has_change_permission(self, request: HttpRequest, obj: TeamMember | None = None) -> bool:
        return False

    def write(
        self, request: HttpRequest, form: ModelForm[Any], row: TeamMember | None
    ) -> TeamMember:
        return services.add_member(**form.cleaned_data)

    def remove(self, request: HttpRequest, row: TeamMember) -> None:
        services.remove_member(team=row.team, member_id=row.member_id)
