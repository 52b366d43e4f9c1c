from typing import Any

from rest_framework import serializers

from app.accounts.models import User
from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.tournaments.models import Team, TeamMember, Tournament
from app.tournaments.serializers.tournaments import TIMES

STAYS = "Cannot be changed later."


class InTournamentSerializer(ModelSerializer[Any]):
    """What belongs to a tournament, and stays in it."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if self.instance is not None:
            fields["tournament_id"].read_only = True
        return fields


class TeamSerializer(InTournamentSerializer):
    example = {
        "id": 1,
        "tournament_id": 1,
        "name": "Night Owls",
        "logo": "https://cdn.example.org/owls.png",
        "captain_id": 7,
        "seed": 1,
        "rating": 4200,
        "checked_in_at": None,
        "disqualified_at": None,
        **TIMES,
    }

    tournament_id = serializers.PrimaryKeyRelatedField(
        source="tournament", queryset=Tournament.objects.all(), help_text=STAYS
    )
    captain_id = serializers.PrimaryKeyRelatedField(
        source="captain", queryset=User.objects.active(), required=False, allow_null=True
    )

    class Meta:
        model = Team
        fields = [
            "id",
            "tournament_id",
            "name",
            "logo",
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
        "member_id": 7,
        "member": MemberSerializer.example,
        "is_stand_in": False,
        "created_at": TIMES["created_at"],
    }

    member_id = serializers.PrimaryKeyRelatedField(source="member", queryset=User.objects.active())
    member = MemberSerializer(read_only=True)

    class Meta:
        model = TeamMember
        fields = ["id", "member_id", "member", "is_stand_in", "created_at"]


class VersionField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            min_value=0,
            help_text="The tournament's version that this was thought out for: with any other, it "
            "is refused.",
            **kwargs,
        )


class OrderSerializer(serializers.Serializer[Any]):
    """Why a bracket is changed, and what that may cost."""

    example: dict[str, Any] = {"reason": "Did not turn up.", "force": False, "version": 12}

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="Kept with the change."
    )
    force = serializers.BooleanField(
        required=False, help_text="Let go of what has been played since, if it must be."
    )
    version = VersionField()


class SubstituteSerializer(OrderSerializer):
    example = {"team_id": 9, **OrderSerializer.example}

    team_id = IdField(help_text="The team in reserve that takes the place.")
