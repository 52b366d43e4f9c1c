from typing import Any

from rest_framework import serializers

from app.accounts.models import User
from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.events.models import Event, Registration

_TIMES = {"created_at": "2026-11-01T18:00:00Z", "updated_at": "2026-11-02T09:30:00Z"}
_POSITION = "How far from the first in line, who has 1; null with a seat."
_OFFER = "Until when a seat is kept; null if none is."


class MyRegistrationSerializer(ModelSerializer[Registration]):
    """The caller's own seat, or place in line."""

    example = {
        "id": 31,
        "status": "registered",
        "position": None,
        "offer_expires_at": None,
        "checked_in_at": None,
        "check_in_code": "31:Tm90aGluZyB0byBzZWUgaGVyZQ",
    }

    position = serializers.IntegerField(read_only=True, allow_null=True, help_text=_POSITION)
    check_in_code = serializers.CharField(
        read_only=True, help_text="For the organiser's eyes at the door, as a QR code may show it."
    )

    class Meta:
        model = Registration
        fields = [
            "id",
            "status",
            "position",
            "offer_expires_at",
            "checked_in_at",
            "check_in_code",
        ]
        read_only_fields = fields
        extra_kwargs = {"offer_expires_at": {"help_text": _OFFER}}


class CountedEventSerializer(ModelSerializer[Event]):
    example: dict[str, Any] = {
        "id": 5,
        "title": "Friday in-house",
        "description": "Ten players, captains draft, three games.",
        "location": "Voice channel Radiant",
        "cover": "https://cdn.example.org/in-house.png",
        "start_date": "2026-12-04T19:00:00Z",
        "end_date": "2026-12-04T23:00:00Z",
        "status": "published",
        "max_participants": 10,
        "registration_opens": None,
        "registration_closes": None,
        "waiting_list": True,
        "offer_hours": None,
        "created_by": MemberSerializer.example,
        **_TIMES,
        "is_upcoming": True,
        "registered_count": 10,
        "seats_left": 0,
        "waitlist_count": 3,
    }

    created_by = MemberSerializer(read_only=True, allow_null=True)
    cover_upload_id = IdField(
        write_only=True,
        required=False,
        allow_null=True,
        help_text="One's own upload for a cover, to be shown as `cover`; null takes it away.",
    )
    is_upcoming = serializers.BooleanField(read_only=True, help_text="Has not begun.")
    registered_count = serializers.IntegerField(read_only=True, help_text="How many have a seat.")
    seats_left = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="How many seats nobody has, or is offered; null where there is no limit.",
    )
    waitlist_count = serializers.IntegerField(
        read_only=True, help_text="How many are in line for a seat."
    )

    class Meta:
        model = Event
        derived = ["is_upcoming", "registered_count", "seats_left", "waitlist_count"]
        fields = [
            "id",
            "title",
            "description",
            "location",
            "cover",
            "cover_upload_id",
            "start_date",
            "end_date",
            "status",
            "max_participants",
            "registration_opens",
            "registration_closes",
            "waiting_list",
            "offer_hours",
            "created_by",
            "created_at",
            "updated_at",
            *derived,
        ]


class EventSerializer(CountedEventSerializer):
    """An event, and what the caller has there."""

    example = CountedEventSerializer.example | {"my_registration": MyRegistrationSerializer.example}

    my_registration = MyRegistrationSerializer(
        read_only=True, allow_null=True, help_text="Null without one, and to who is not signed in."
    )

    class Meta(CountedEventSerializer.Meta):
        derived = [*CountedEventSerializer.Meta.derived, "my_registration"]
        fields = [*CountedEventSerializer.Meta.fields, "my_registration"]


class DashboardEventSerializer(CountedEventSerializer):
    """An event as its organiser looks at it."""

    example = CountedEventSerializer.example | {
        "offered_count": 0,
        "checked_in_count": 8,
        "no_show_count": 0,
    }

    offered_count = serializers.IntegerField(
        read_only=True, help_text="How many are offered a seat, and have not taken it yet."
    )
    checked_in_count = serializers.IntegerField(read_only=True, help_text="How many have come.")
    no_show_count = serializers.IntegerField(
        read_only=True, help_text="How many had a seat and are marked as not having come."
    )

    class Meta(CountedEventSerializer.Meta):
        _counts = ["offered_count", "checked_in_count", "no_show_count"]
        derived = [*CountedEventSerializer.Meta.derived, *_counts]
        fields = [*CountedEventSerializer.Meta.fields, *_counts]


class RegistrationSerializer(ModelSerializer[Registration]):
    example = {
        "id": 31,
        "member": MemberSerializer.example,
        "status": "registered",
        "offer_expires_at": None,
        "checked_in_at": "2026-12-04T18:52:10Z",
        "no_show": False,
        "ended_at": None,
        "created_at": "2026-11-20T12:00:00Z",
        "position": None,
    }

    member = MemberSerializer(read_only=True)
    position = serializers.IntegerField(read_only=True, allow_null=True, help_text=_POSITION)

    class Meta:
        model = Registration
        derived = ["position"]
        fields = [
            "id",
            "member",
            "status",
            "offer_expires_at",
            "checked_in_at",
            "no_show",
            "ended_at",
            "created_at",
            *derived,
        ]
        read_only_fields = fields
        extra_kwargs = {"offer_expires_at": {"help_text": _OFFER}}


class WalkInSerializer(serializers.Serializer[Any]):
    example = {"member_id": 7}

    member_id = serializers.PrimaryKeyRelatedField(queryset=User.objects.active())


class CheckInSerializer(serializers.Serializer[Any]):
    """The code that the member shows, or else the registration as the list has it."""

    example = {"code": MyRegistrationSerializer.example["check_in_code"]}

    code = serializers.CharField(
        required=False, max_length=100, help_text="The member's `check_in_code`."
    )
    registration_id = IdField(required=False, help_text="Of the event's registrations.")
    checked_in = serializers.BooleanField(
        default=True, help_text="False takes a check-in back, such as one made by mistake."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"code", "registration_id"} & attrs.keys():
            raise serializers.ValidationError({"code": "Give a code, or else a registration_id."})
        return attrs


class NoShowsSerializer(serializers.Serializer[Any]):
    example = {"no_shows": 2}

    no_shows = serializers.IntegerField(help_text="How many were registered and have not come.")


class FeedSerializer(serializers.Serializer[Any]):
    example = {"url": "https://api.example.org/api/events/calendar/q3Zt0vN8….ics"}

    url = serializers.CharField(
        help_text="Subscribe to it in a calendar. It is shown this once; whoever has it can read."
    )
