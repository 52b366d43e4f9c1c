from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException

from app.accounts.models import User
from app.core.actions import write_each
from app.events import services
from app.events.models import Event, Registration
from app.events.querysets import RegistrationQuerySet, Tally
from app.events.renderers import registrations_as_csv
from app.events.serializers import RegistrationSerializer

# More of an event's registrations are on their own page, where they can be searched.
SHOWN_INLINE = 200


class When(admin.SimpleListFilter):
    title = parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("coming", "Coming"), ("on", "On now"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        now = timezone.now()
        match self.value():
            case "coming":
                return queryset.filter(start_date__gt=now)
            case "on":
                return queryset.filter(start_date__lte=now, end_date__gt=now)
            case "over":
                return queryset.filter(end_date__lte=now)
        return queryset


class RegistrationInline(admin.TabularInline[Registration, Event]):
    """To look at: who comes and goes is written on the registrations' own page, by the rules."""

    model = Registration
    fields = readonly_fields = (
        "member",
        "status",
        "offer_expires_at",
        "checked_in_at",
        "no_show",
        "created_at",
    )
    can_delete = False
    max_num = 0
    show_change_link = True
    verbose_name_plural = f"registrations, up to {SHOWN_INLINE}: those with a seat, and the line"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        found = cast(RegistrationQuerySet, super().get_queryset(request))
        match = request.resolver_match
        first = found.active().filter(event=match.kwargs["object_id"]) if match else found.none()
        shown = found.filter(pk__in=first.order_by("id").values("pk")[:SHOWN_INLINE])
        return shown.select_related("member", "event")


class EventForm(ModelForm[Event]):
    def clean(self) -> dict[str, Any]:
        """Say here what the service would refuse, so that nothing that was typed is lost."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            stored = Event.objects.filter(pk=self.instance.pk).first()
            event = stored or Event()
            was = stored.status if stored else None
            for name, value in data.items():
                setattr(event, name, value)
            try:
                services.check_event(event=event, was=was)
            except APIException as error:
                raise ValidationError(str(error.detail)) from None
        return data


@admin.register(Event)
class EventAdmin(admin.ModelAdmin[Event]):
    form = EventForm
    list_display = [
        "title",
        "status",
        "start_date",
        "created_by",
        "registered",
        "waiting",
        "checked_in",
    ]
    list_filter = ["status", When]
    list_select_related = ["created_by"]
    date_hierarchy = "start_date"
    ordering = ["-start_date", "-id"]
    search_fields = ["title", "location", "created_by__username"]
    raw_id_fields = ["created_by"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    readonly_fields = ["uid", "sequence", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["title", "description", "location", "cover", "created_by", "status"]}),
        ("When", {"fields": ["start_date", "end_date"]}),
        (
            "Seats",
            {
                "fields": [
                    "max_participants",
                    "waiting_list",
                    "offer_hours",
                    "registration_opens",
                    "registration_closes",
                ]
            },
        ),
        ("Calendars", {"fields": ["uid", "sequence", "created_at", "updated_at"]}),
    ]
    inlines = [RegistrationInline]
    actions = ["cancel", "mark_no_shows", "export_registrations"]

    def get_inlines(self, request: HttpRequest, obj: Event | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        # Of the events on the page, in one query.
        tallies = Registration.objects.tallies([event.pk for event in shown.result_list])
        for event in shown.result_list:
            event.tally = tallies.get(event.pk, Tally())
        return shown

    @admin.display
    def registered(self, event: Any) -> str:
        seats = event.max_participants
        return f"{event.tally.registered} of {seats}" if seats else str(event.tally.registered)

    @admin.display
    def waiting(self, event: Any) -> int:
        return int(event.tally.waiting)

    @admin.display
    def checked_in(self, event: Any) -> int:
        return int(event.tally.checked_in)

    def save_model(
        self, request: HttpRequest, obj: Event, form: ModelForm[Event], change: bool
    ) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            services.update_event(event=obj, **changes)
            return
        fields = form.cleaned_data.copy()
        organiser = cast(User, fields.pop("created_by") or request.user)
        obj.pk = services.create_event(organiser=organiser, **fields).pk

    def has_view_registrations_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.view_registration")

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        services.delete_event(event=obj)

    @admin.action(description="Cancel, for good, and tell those registered", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        def cancel(event: Event) -> None:
            services.update_event(event=event, status=Event.Status.CANCELLED)

        write_each(self, request, queryset, cancel, "Cancelled.")

    @admin.action(description="Mark who has not come", permissions=["change"])
    def mark_no_shows(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        write_each(
            self,
            request,
            queryset,
            lambda event: services.mark_no_shows(event=event),
            "Marked who has not come.",
        )

    @admin.action(
        description="Export who has registered, as CSV", permissions=["view_registrations"]
    )
    def export_registrations(
        self, request: HttpRequest, queryset: QuerySet[Event]
    ) -> HttpResponse | None:
        events = list(queryset[:2])
        if len(events) != 1:
            self.message_user(request, "Choose one event.", messages.WARNING)
            return None
        [event] = events
        seats = event.registrations.select_related("member").order_by("id").with_position()
        rows = [{**RegistrationSerializer(seat).data, "position": seat.position} for seat in seats]
        return registrations_as_csv(event, rows)


@admin.register(Registration)
class RegistrationAdmin(admin.ModelAdmin[Registration]):
    list_display = ["id", "event", "member", "status", "checked_in_at", "no_show", "created_at"]
    list_filter = ["status", "no_show"]
    list_select_related = ["event", "member"]
    search_fields = ["event__title", "member__username", "member__nickname"]
    # To count a million would take longer than to show the page.
    show_full_result_count = False
    fields = readonly_fields = (
        "event",
        "member",
        "status",
        "offer_expires_at",
        "checked_in_at",
        "no_show",
        "ended_at",
        "created_at",
    )
    actions = ["check_in", "undo_check_in", "take_out"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return False

    @admin.action(description="Check in", permissions=["change"])
    def check_in(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        write_each(
            self,
            request,
            queryset,
            lambda seat: services.check_in(registration=seat),
            "Checked in.",
        )

    @admin.action(description="Take a check-in back", permissions=["change"])
    def undo_check_in(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        write_each(
            self,
            request,
            queryset,
            lambda seat: services.undo_check_in(registration=seat),
            "Check-in taken back.",
        )

    @admin.action(description="Take out, and tell the member", permissions=["change"])
    def take_out(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        write_each(
            self,
            request,
            queryset,
            lambda seat: services.remove_registration(registration=seat),
            "Taken out.",
        )
