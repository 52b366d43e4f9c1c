from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BooleanField, CharField, ChoiceField, ModelForm
from django.http import HttpRequest

from app.core.actions import write_each
from app.tournaments import services
from app.tournaments.admin.base import ServiceAdmin, ServiceForm, user_of
from app.tournaments.models import Team, TeamMember
from app.tournaments.services import Order


class TeamForm(ServiceForm):
    """Whether it plays on is the organiser's word, beside what people see of it."""

    playing = ChoiceField(
        required=False,
        choices=[
            ("", "as it stands"),
            ("disqualify", "is disqualified: what it has not played is forfeited"),
            ("reinstate", "plays on: what it has forfeited is to be played"),
        ],
    )
    reason = CharField(required=False, max_length=500, help_text="The captains are told.")
    force = BooleanField(
        required=False, help_text="Let go of what has been played since, if it must be."
    )


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
    inlines = [TeamMemberInline]
    actions = ["check_in"]

    def get_fields(self, request: HttpRequest, obj: Team | None = None) -> list[Any]:
        entered = ["tournament", "name", "logo", "captain", "seed", "rating"]
        if obj is None:
            return entered
        found = [*entered, "checked_in_at", "disqualified_at", "state"]
        return [*found, *TeamForm.declared_fields] if obj.tournament.has_started else found

    def get_form(
        self, request: HttpRequest, obj: Team | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Team]]:
        if obj is not None and obj.tournament.has_started:
            kwargs["form"] = TeamForm
        return super().get_form(request, obj, change, **kwargs)

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
        given = dict(form.cleaned_data)
        playing = given.pop("playing", "")
        order = Order(by, reason=given.pop("reason", ""), force=given.pop("force", False))
        changed = {name: value for name, value in given.items() if name in form.changed_data}
        row = services.update_team(team=row, by=by, **changed)
        if playing == "disqualify":
            services.disqualify_team(team=row, order=order)
        elif playing == "reinstate":
            services.reinstate_team(team=row, order=order)
        return row

    def remove(self, request: HttpRequest, row: Team) -> None:
        services.delete_team(team=row)

    @admin.action(description="Check in", permissions=["change"])
    def check_in(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        write_each(
            self, request, queryset, lambda team: services.check_in_team(team=team), "Checked in."
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
