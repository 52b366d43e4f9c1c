from typing import Any

from rest_framework import serializers

from app.accounts.models import User
from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.tournaments.models import Team, TeamMember, Tournament
from app.tournaments.serializers.examples import (
    IN_RESERVE,
    NIGHT_OWLS,
    TIMES,
    TOURNAMENT_ID,
)
from app.tournaments.serializers.orders import OrderSerializer

STAYS = "Cannot be changed later."


class InTournamentSerializer(ModelSerializer[Any]):
    """What belongs to a tournament, and stays in it."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if self.instance is not None:
            fields["tournament_id"].read_only = True
        return fields


class TeamNameSerializer(ModelSerializer[Team]):
    """A team inside of something else."""

    class Meta:
        model = Team
        fields = ["id", "name", "seed"]
        read_only_fields = fields


class TeamSerializer(InTournamentSerializer):
    example = {
        **NIGHT_OWLS,
        "tournament_id": TOURNAMENT_ID,
        "logo": "https://cdn.example.org/owls.png",
        "captain_id": MemberSerializer.example["id"],
        "rating": 4200,
        "checked_in_at": TIMES["updated_at"],
        "disqualified_at": None,
        **TIMES,
    }

    tournament_id = serializers.PrimaryKeyRelatedField(
        source="tournament", queryset=Tournament.objects.all(), help_text=STAYS
    )
    captain_id = serializers.PrimaryKeyRelatedField(
        source="captain", queryset=User.objects.active(), required=False, allow_null=True
    )

    logo_upload_id = IdField(
        write_only=True,
        required=False,
        allow_null=True,
        help_text="One's own upload for a logo, to be shown as `logo`; null takes it away.",
    )

    class Meta:
        model = Team
        fields = [
            "id",
            "tournament_id",
            "name",
            "logo",
            "logo_upload_id",
            "captain_id",
            "seed",
            "rating",
            "checked_in_at",
            "disqualified_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["checked_in_at", "disqualified_at"]

    def validate_tournament_id(self, tournament: Tournament) -> Tournament:
        user = self.context["request"].user
        if tournament.status == Tournament.Status.DRAFT and not (
            user.is_staff or tournament.is_organised_by(user)
        ):
            # As if there were none.
            field: Any = self.fields["tournament_id"]
            field.fail("does_not_exist", pk_value=tournament.pk)
        return tournament


class TeamMemberSerializer(ModelSerializer[TeamMember]):
    example = {
        "id": 51,
        "member_id": MemberSerializer.example["id"],
        "member": MemberSerializer.example,
        "is_stand_in": False,
        "created_at": TIMES["created_at"],
    }

    member_id = serializers.PrimaryKeyRelatedField(source="member", queryset=User.objects.active())
    member = MemberSerializer(read_only=True)

    class Meta:
        model = TeamMember
        fields = ["id", "member_id", "member", "is_stand_in", "created_at"]


class SubstituteSerializer(OrderSerializer):
    example = {"team_id": IN_RESERVE["id"], **OrderSerializer.example}

    team_id = IdField(help_text="The team in reserve that takes the place.")
