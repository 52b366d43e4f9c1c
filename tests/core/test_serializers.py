"""What a compiled serializer writes is what REST framework writes, of instances and of rows."""

import pytest
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

from app.accounts.models import User
from app.accounts.serializers import MemberSerializer, UserSerializer
from app.core.models import SystemSettings
from app.core.serializers import ModelSerializer, SystemSettingsSerializer, shape_of
from app.events.serializers import (
    CountedEventSerializer,
    DashboardEventSerializer,
    EventSerializer,
    MyRegistrationSerializer,
    RegistrationSerializer,
)
from app.media.serializers import UploadSerializer
from app.steam.serializers.live import (
    HeroSerializer,
    LiveGamePlayerSerializer,
    LiveGameSerializer,
)
from app.steam.serializers.matches import (
    MatchListSerializer,
    MatchPlayerSerializer,
    MatchSerializer,
)
from app.steam.serializers.players import (
    HeroRecordSerializer,
    PeerSerializer,
    PlayedAgainstSerializer,
    PlayedWithSerializer,
)
from app.steam.serializers.sync import SyncRunSerializer, UsageSerializer
from app.tournaments.models import Game, Team, Tournament
from app.tournaments.serializers import (
    BracketChangeSerializer,
    GameSerializer,
    SeriesSerializer,
    SettlementSerializer,
    TeamMemberSerializer,
    TeamSerializer,
    TournamentSerializer,
)
from app.tournaments.serializers.brackets import BracketTournamentSerializer
from app.tournaments.serializers.settlements import MatchInSettlementSerializer
from app.tournaments.serializers.teams import InTournamentSerializer, TeamNameSerializer
from app.tournaments.serializers.tournaments import SeededTeamSerializer
from tests.factories import (
    BracketChangeFactory,
    EventFactory,
    GameFactory,
    HeroFactory,
    HeroRecordFactory,
    LiveGameFactory,
    LiveGamePlayerFactory,
    MatchFactory,
    MatchPlayerFactory,
    PeerRecordFactory,
    RegistrationFactory,
    SeriesFactory,
    SettlementFactory,
    SteamMemberFactory,
    SyncRunFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UploadFactory,
    UsageFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

AT = "2026-10-01T20:00:00Z"


def members():
    UserFactory()
    SteamMemberFactory(nickname="Ada", discord_id=2**62, avatar="https://a.example/1.png")


def tournaments():
    TournamentFactory(organiser=None, description='"Cups", {braces} & %s')
    TournamentFactory(organiser__nickname="Ada")


def teams():
    TeamFactory(captain=None, seed=3)
    TeamFactory(name="Zoë's {0}")


def team_members():
    TeamMemberFactory(member__nickname="Ada")
    TeamMemberFactory(is_stand_in=True)


def series():
    SeriesFactory(team_a__seed=1, scheduled_at=AT)
    SeriesFactory(team_b=None, status="waiting", ready_at=None)


def settlements():
    SettlementFactory(evidence={"doubts": ['"Why", {they} & %s']})
    SettlementFactory(match__league_id=7)


def changes():
    BracketChangeFactory(actor=None, before={"series": [{"id": 1}]}, reason='"Why", {they} & %s')
    BracketChangeFactory(series=SeriesFactory())


def games():
    GameFactory(radiant__seed=1)
    game = GameFactory(duration=0, played_at=AT)
    Game.objects.filter(pk=game.pk).update(winner=game.dire)


def matches():
    MatchFactory(state="pending", radiant_win=None, duration=None)
    match = MatchFactory(picks_bans=[{"is_pick": True, "hero_id": 5, "team": 0, "order": 0}])
    MatchPlayerFactory(match=match, member=SteamMemberFactory(), items=[1, 2, 3, 0, 0, 0])
    MatchPlayerFactory(match=match, player_slot=130, account_id=7, items=[])


def live_games():
    LiveGameFactory(average_mmr=4200, radiant_name="Zoë's {0}")
    player = LiveGamePlayerFactory(is_radiant=False)
    LiveGamePlayerFactory(game=player.game, member=None, account_id=7)


def runs():
    SyncRunFactory(last_error='"Why", {they} & %s')
    SyncRunFactory(trigger="staff", started_by=SteamMemberFactory(nickname="Ada"))


def events():
    EventFactory(created_by=None, max_participants=None)
    EventFactory(title="Zoë's {0}", offer_hours=24, registration_opens=AT)


def registrations():
    for status in ("registered", "offered", "waitlisted"):
        RegistrationFactory(status=status)


# What makes rows of each kind, with and without what may be null.
SERIALIZERS = {
    DashboardEventSerializer: events,
    HeroRecordSerializer: HeroRecordFactory,
    HeroSerializer: HeroFactory,
    LiveGamePlayerSerializer: live_games,
    LiveGameSerializer: live_games,
    PlayedAgainstSerializer: PeerRecordFactory,
    PlayedWithSerializer: PeerRecordFactory,
    SyncRunSerializer: runs,
    UsageSerializer: UsageFactory,
    EventSerializer: events,
    GameSerializer: games,
    MatchListSerializer: matches,
    MatchPlayerSerializer: matches,
    MatchSerializer: matches,
    MemberSerializer: members,
    MyRegistrationSerializer: registrations,
    RegistrationSerializer: registrations,
    BracketChangeSerializer: changes,
    BracketTournamentSerializer: tournaments,
    SeededTeamSerializer: teams,
    MatchInSettlementSerializer: matches,
    SeriesSerializer: series,
    SettlementSerializer: settlements,
    SystemSettingsSerializer: SystemSettings.load,
    TeamNameSerializer: teams,
    TeamMemberSerializer: team_members,
    TeamSerializer: teams,
    TournamentSerializer: tournaments,
    UploadSerializer: UploadFactory,
    UserSerializer: members,
}
# With a day, with a plain serializer inside, and by who looks.
LEFT_TO_REST_FRAMEWORK = [UsageSerializer, MatchSerializer, UploadSerializer, UserSerializer]
# Read by a prefetch, or with an annotation and a property.
OF_INSTANCES_ALONE = [
    HeroRecordSerializer,
    LiveGameSerializer,
    MatchListSerializer,
    MyRegistrationSerializer,
]
OF_ROWS = [s for s in SERIALIZERS if s not in LEFT_TO_REST_FRAMEWORK + OF_INSTANCES_ALONE]


def ours(serializer=ModelSerializer):
    for each in serializer.__subclasses__():
        if each.__module__.startswith("app."):
            yield each
        yield from ours(each)


def test_every_serializer_of_a_model_is_compared():
    bases = {CountedEventSerializer, InTournamentSerializer, PeerSerializer}
    assert set(ours()) - bases == set(SERIALIZERS)


def by_rest_framework(serializer, instances, monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr(ModelSerializer, "to_representation")
        rows = [dict(serializer(instance).data) for instance in instances]
    # What is derived is the view's to add.
    for name in getattr(serializer.Meta, "derived", ()):
        for row in rows:
            row.pop(name, None)
    return rows


def rows_of(serializer):
    SERIALIZERS[serializer]()
    rows = serializer.Meta.model.objects.order_by("pk")
    assert rows
    for row in rows:
        if serializer in {LiveGameSerializer, MatchListSerializer}:
            row.members = list(row.players.exclude(member=None))
        if serializer is HeroRecordSerializer:
            row.localized_name = "Axe"
        if serializer is MyRegistrationSerializer:
            row.position = 1
        yield row


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_an_instance_is_written_as_rest_framework_writes_it(serializer, monkeypatch):
    instances = list(rows_of(serializer))
    expected = by_rest_framework(serializer, instances, monkeypatch)

    assert [serializer(instance).data for instance in instances] == expected
    if serializer not in LEFT_TO_REST_FRAMEWORK:
        written = list(map(shape_of(serializer).of_instance, instances))
        assert written == expected
        assert list(map(list, written)) == list(map(list, expected))


@pytest.mark.parametrize("serializer", OF_ROWS)
def test_a_row_is_written_as_rest_framework_writes_its_instance(serializer, monkeypatch):
    instances = list(rows_of(serializer))
    shape = shape_of(serializer)

    written = shape.of_rows(
        serializer.Meta.model.objects.order_by("pk").values_list(*shape.columns)
    )

    assert written == by_rest_framework(serializer, instances, monkeypatch)
    assert len(set(shape.columns)) == len(shape.columns)


def test_what_is_compiled_stays_so():
    shapes = {serializer: shape_of(serializer) for serializer in SERIALIZERS}

    assert [s for s, shape in shapes.items() if shape is None] == LEFT_TO_REST_FRAMEWORK
    assert [s for s, shape in shapes.items() if shape and not shape.columns] == OF_INSTANCES_ALONE


def test_what_was_just_written_is_answered_as_it_is_read_again(member_api, member):
    cup = TournamentFactory(organiser=member)
    radiant, dire = TeamFactory.create_batch(2, tournament=cup)
    body = {
        "tournament_id": cup.pk,
        "radiant_id": radiant.pk,
        "dire_id": str(dire.pk),
        "winner_id": None,
        "duration": "1800",
        "played_at": "2026-10-01T22:00:00+02:00",
    }

    written = member_api.post("/api/games/", body).json()

    assert written["duration"] == 1800
    assert member_api.get(f"/api/games/{written['id']}/").json() == written


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


class WithDotsSerializer(ModelSerializer[Tournament]):
    shout = serializers.CharField(source="organiser.username")

    class Meta:
        model = Tournament
        fields = ["name", "shout"]


class LoudField(serializers.CharField):
    def to_representation(self, value):
        return super().to_representation(value).upper()


class WithFieldSerializer(ModelSerializer[Tournament]):
    shout = LoudField(source="name")

    class Meta:
        model = Tournament
        fields = ["name", "shout"]


class WithSourceSerializer(ModelSerializer[Tournament]):
    shout = WithMethodSerializer(source="*")

    class Meta:
        model = Tournament
        fields = ["name", "shout"]


class WithRepresentationSerializer(ModelSerializer[Tournament]):
    class Meta:
        model = Tournament
        fields = ["name"]

    def to_representation(self, tournament):
        return super().to_representation(tournament) | {"shout": tournament.name.upper()}


class NestedSerializer(ModelSerializer[Team]):
    tournament = WithRepresentationSerializer()

    class Meta:
        model = Team
        fields = ["id", "tournament"]


@pytest.mark.parametrize(
    ("serializer", "shout"),
    [
        (WithMethodSerializer, "CUP"),
        (WithDotsSerializer, "ada"),
        (WithFieldSerializer, "CUP"),
        (WithSourceSerializer, {"name": "cup", "shout": "CUP"}),
        (WithRepresentationSerializer, "CUP"),
    ],
)
def test_a_serializer_that_is_not_plain_is_left_to_rest_framework(serializer, shout):
    tournament = TournamentFactory(name="cup", organiser__username="ada")

    assert shape_of(serializer) is None
    assert serializer(tournament).data == {"name": "cup", "shout": shout}


def test_so_is_one_that_holds_such_a_one():
    team = TeamFactory(tournament__name="cup")

    assert shape_of(NestedSerializer) is None
    assert NestedSerializer(team).data == {
        "id": team.pk,
        "tournament": {"name": "cup", "shout": "CUP"},
    }


class WithTextSerializer(ModelSerializer[User]):
    """Writes a number, if there is one, as a text."""

    steam_id = serializers.CharField(read_only=True)

    class Meta:
        model = User
        fields = ["steam_id"]


def test_null_is_no_text():
    instances = [UserFactory(), SteamMemberFactory()]
    expected = [{"steam_id": None}, {"steam_id": str(instances[1].steam_id)}]
    shape = shape_of(WithTextSerializer)

    assert list(map(shape.of_instance, instances)) == expected
    assert shape.of_rows([(member.steam_id,) for member in instances]) == expected


class WithPropertySerializer(ModelSerializer[User]):
    """Reads what is no column."""

    is_authenticated = serializers.BooleanField(read_only=True)

    class Meta:
        model = User
        fields = ["id", "is_authenticated"]


def test_what_is_no_column_is_read_of_instances_alone():
    shape = shape_of(WithPropertySerializer)
    member = UserFactory()

    assert shape.columns == ()
    assert WithPropertySerializer(member).data == {"id": member.pk, "is_authenticated": True}


def test_a_serializer_that_takes_writes_has_fields_of_its_own_each_time():
    team = TeamFactory()

    written = TeamSerializer(instance=team)

    assert written.fields["tournament_id"].read_only
    assert not TeamSerializer().fields["tournament_id"].read_only
