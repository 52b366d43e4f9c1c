"""What ModelSerializer reads by its getters is what REST framework would read."""

import pytest
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

from app.accounts.serializers import UserSerializer
from app.core.serializers import ModelSerializer
from app.steam.serializers import MatchListSerializer, MatchPlayerSerializer, MatchSerializer
from app.tournaments.models import Tournament
from app.tournaments.serializers import GameSerializer, TeamSerializer, TournamentSerializer
from tests.factories import (
    GameFactory,
    MatchPlayerFactory,
    SteamMemberFactory,
    TeamFactory,
    TournamentFactory,
)

pytestmark = pytest.mark.django_db


def match_player():
    return MatchPlayerFactory(member=SteamMemberFactory(), items=[1, 2, 3, 0, 0, 0])


def match(attribute="players"):
    played = match_player().match
    if attribute == "members":
        played.members = list(played.players.all())
    return played


@pytest.mark.parametrize(
    ("serializer", "make"),
    [
        (TournamentSerializer, TournamentFactory),
        (TournamentSerializer, lambda: TournamentFactory(organiser=None)),
        (TeamSerializer, TeamFactory),
        (TeamSerializer, lambda: TeamFactory(captain=None, seed=3)),
        (GameSerializer, GameFactory),
        (UserSerializer, SteamMemberFactory),
        (MatchPlayerSerializer, match_player),
        (MatchPlayerSerializer, MatchPlayerFactory),
        (MatchListSerializer, lambda: match("members")),
        (MatchSerializer, match),
    ],
)
def test_a_row_is_read_as_rest_framework_reads_it(serializer, make, monkeypatch):
    row = make()
    ours = serializer(row).data
    monkeypatch.delattr(ModelSerializer, "to_representation")

    assert serializer(row).data == ours


class OrganisedSerializer(ModelSerializer[Tournament]):
    """Holds a serializer that shows more to some than to others."""

    organiser = UserSerializer(read_only=True)

    class Meta:
        model = Tournament
        fields = ["id", "organiser"]


def test_a_serializer_within_another_knows_who_is_looking():
    tournament = TournamentFactory()
    request = APIRequestFactory().get("/")
    request.user = tournament.organiser

    shown = OrganisedSerializer(tournament, context={"request": request}).data
    hidden = OrganisedSerializer(tournament).data

    assert shown["organiser"]["email"] == tournament.organiser.email
    assert "email" not in hidden["organiser"]


class WithMethodSerializer(ModelSerializer[Tournament]):
    shout = serializers.SerializerMethodField()

    class Meta:
        model = Tournament
        fields = ["name", "shout"]

    def get_shout(self, tournament):
        return tournament.name.upper()


def test_a_field_that_is_not_plain_is_left_to_rest_framework():
    tournament = TournamentFactory(name="cup")

    assert WithMethodSerializer(tournament).data == {"name": "cup", "shout": "CUP"}
