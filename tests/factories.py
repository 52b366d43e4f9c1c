from datetime import UTC, datetime, timedelta

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from app.accounts.models import User
from app.core.models import WaitingTask
from app.core.steam_id import to_account_id, to_steam_id
from app.events.models import Event, Registration
from app.media.models import Upload
from app.notifications.models import Notification
from app.steam.models import (
    Hero,
    HeroRecord,
    LiveGame,
    LiveGamePlayer,
    Match,
    MatchPlayer,
    MemberSync,
    PeerRecord,
    PlayerRecord,
    QuarantinedAnswer,
    SyncRun,
    Usage,
)
from app.tournaments import services as tournaments
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)

PASSWORD = "five-couriers-no-wards"
# Hashed once: Argon2 is slow on purpose.
_HASH = make_password(PASSWORD)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"member{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@guildhall.example")
    email_verified = True
    password = _HASH


class SteamMemberFactory(UserFactory):
    steam_id = factory.Sequence(lambda n: to_steam_id(4_100_000_000 + n))


class StaffFactory(UserFactory):
    is_staff = True


class TournamentFactory(DjangoModelFactory[Tournament]):
    class Meta:
        model = Tournament

    name = factory.Sequence(lambda n: f"Tournament {n}")
    tournament_type = Tournament.Type.SINGLE_ELIMINATION
    status = Tournament.Status.REGISTRATION
    organiser = factory.SubFactory(UserFactory)


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    tournament = factory.SubFactory(TournamentFactory)
    # None of those of running_tournament().
    name = factory.Sequence(lambda n: f"Team no. {n}")
    captain = factory.SubFactory(UserFactory)


class GameFactory(DjangoModelFactory[Game]):
    class Meta:
        model = Game

    tournament = factory.SubFactory(TournamentFactory)
    radiant = factory.SubFactory(TeamFactory, tournament=factory.SelfAttribute("..tournament"))
    dire = factory.SubFactory(TeamFactory, tournament=factory.SelfAttribute("..tournament"))


class MatchFactory(DjangoModelFactory[Match]):
    class Meta:
        model = Match

    match_id = factory.Sequence(lambda n: 8_000_000_000 + n)
    match_seq_num = factory.Sequence(lambda n: 7_000_000_000 + n)
    state = Match.State.STORED
    reason = factory.LazyAttribute(lambda match: "hidden" if match.state == "unavailable" else "")
    start_time = datetime(2026, 10, 1, 20, tzinfo=UTC)
    duration = 2400
    radiant_win = True


class MatchPlayerFactory(DjangoModelFactory[MatchPlayer]):
    class Meta:
        model = MatchPlayer

    match = factory.SubFactory(MatchFactory)
    player_slot = 0
    account_id = None
    won = factory.LazyAttribute(
        lambda player: (
            None
            if player.match.radiant_win is None
            else player.match.radiant_win == (player.player_slot < 128)
        )
    )
    hero_id = 14
    hero_variant = 0
    items = factory.LazyFunction(lambda: [0] * 6)
    backpack = factory.LazyFunction(lambda: [0] * 3)
    item_neutral = item_neutral2 = 0
    kills = deaths = assists = 5
    leaver_status = last_hits = denies = 0
    gold_per_min = xp_per_min = 500
    level = 20
    net_worth = hero_damage = tower_damage = hero_healing = 0


class MemberSyncFactory(DjangoModelFactory[MemberSync]):
    """A history that was read to its end."""

    class Meta:
        model = MemberSync

    member = factory.SubFactory(SteamMemberFactory)
    steam_id = factory.SelfAttribute("member.steam_id")
    status = MemberSync.Status.OK
    since = synced_at = datetime(2026, 10, 1, 18, tzinfo=UTC)
    due_at = datetime(2036, 10, 1, 18, tzinfo=UTC)
    persona_name = factory.LazyAttribute(lambda sync: f"persona of {sync.member.username}")
    avatar = "https://avatars.example/full.jpg"


class PlayerRecordFactory(DjangoModelFactory[PlayerRecord]):
    class Meta:
        model = PlayerRecord

    member = factory.SubFactory(SteamMemberFactory)
    games, wins, abandons = 3, 2, 0
    kills, deaths, assists = 30, 12, 45
    streak = 2
    last_played_at = datetime(2026, 10, 1, 20, tzinfo=UTC)


class HeroRecordFactory(DjangoModelFactory[HeroRecord]):
    class Meta:
        model = HeroRecord

    member = factory.SubFactory(SteamMemberFactory)
    hero_id = factory.Sequence(lambda n: n + 1)
    games, wins = 3, 2
    kills, deaths, assists = 30, 12, 45
    last_played_at = datetime(2026, 10, 1, 20, tzinfo=UTC)


class PeerRecordFactory(DjangoModelFactory[PeerRecord]):
    class Meta:
        model = PeerRecord

    member = factory.SubFactory(SteamMemberFactory)
    peer = factory.SubFactory(SteamMemberFactory)
    games_with, wins_with = 3, 2
    games_against, wins_against = 2, 1
    last_played_at = datetime(2026, 10, 1, 20, tzinfo=UTC)


class HeroFactory(DjangoModelFactory[Hero]):
    """A hero that is newer than those of the migrations."""

    class Meta:
        model = Hero

    hero_id = factory.Sequence(lambda n: 10_000 + n)
    name = factory.Sequence(lambda n: f"npc_dota_hero_{n}")
    localized_name = factory.Sequence(lambda n: f"Hero {n}")


class LiveGameFactory(DjangoModelFactory[LiveGame]):
    class Meta:
        model = LiveGame

    match_id = factory.Sequence(lambda n: 8_500_000_000 + n)
    kind = LiveGame.Kind.LEAGUE
    lobby_id = factory.Sequence(lambda n: 29_137_452_817_462_814 + n)
    seen_at = factory.LazyFunction(timezone.now)


class LiveGamePlayerFactory(DjangoModelFactory[LiveGamePlayer]):
    class Meta:
        model = LiveGamePlayer

    game = factory.SubFactory(LiveGameFactory)
    member = factory.SubFactory(SteamMemberFactory)
    account_id = factory.LazyAttribute(lambda player: to_account_id(player.member.steam_id))
    is_radiant = True
    hero_id = 14


class SyncRunFactory(DjangoModelFactory[SyncRun]):
    class Meta:
        model = SyncRun

    started_at = last_active_at = datetime(2026, 10, 1, 20, tzinfo=UTC)


class UsageFactory(DjangoModelFactory[Usage]):
    class Meta:
        model = Usage

    day = factory.Sequence(lambda n: timezone.now().date() - timedelta(days=n % 7))
    source = "steam"
    endpoint = factory.Sequence(lambda n: f"Get{n}")
    calls = 10


class QuarantinedAnswerFactory(DjangoModelFactory[QuarantinedAnswer]):
    class Meta:
        model = QuarantinedAnswer

    digest = factory.Sequence(lambda n: f"{n:064x}")
    source = "steam"
    endpoint = "GetMatchHistory"
    reason = "Expected `int`, got `str`"
    size = 120
    first_seen_at = last_seen_at = datetime(2026, 10, 1, 20, tzinfo=UTC)


class EventFactory(DjangoModelFactory[Event]):
    """A published event that begins in a week, with seats for whoever comes."""

    class Meta:
        model = Event

    class Params:
        over = factory.Trait(
            start_date=factory.LazyFunction(lambda: timezone.now() - timedelta(days=7)),
            end_date=factory.LazyFunction(lambda: timezone.now() - timedelta(days=7, hours=-3)),
        )
        running = factory.Trait(
            start_date=factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1)),
            end_date=factory.LazyFunction(lambda: timezone.now() + timedelta(hours=2)),
        )

    title = factory.Sequence(lambda n: f"Event {n}")
    start_date = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
    end_date = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7, hours=3))
    status = Event.Status.PUBLISHED
    created_by = factory.SubFactory(UserFactory)


class RegistrationFactory(DjangoModelFactory[Registration]):
    class Meta:
        model = Registration

    event = factory.SubFactory(EventFactory)
    member = factory.SubFactory(UserFactory)
    status = Registration.Status.REGISTERED
    offer_expires_at = factory.LazyAttribute(
        lambda registration: (
            timezone.now() + timedelta(hours=1) if registration.status == "offered" else None
        )
    )


class UploadFactory(DjangoModelFactory[Upload]):
    """A picture that is ready, as the database has it: nothing is stored."""

    class Meta:
        model = Upload

    owner = factory.SubFactory(UserFactory)
    purpose = Upload.Purpose.AVATAR
    content_type = Upload.ContentType.PNG
    size = 1000
    status = Upload.Status.READY
    pictures = factory.LazyAttribute(
        lambda upload: (
            [
                {"name": size.name, "width": size.width, "height": size.height}
                for size in Upload.SIZES[upload.purpose]
            ]
            if upload.status == "ready"
            else []
        )
    )


class NotificationFactory(DjangoModelFactory[Notification]):
    class Meta:
        model = Notification

    channel = Notification.Channel.EMAIL
    member = factory.SubFactory(UserFactory)
    subject = "Guildhall: News"
    body = "Something has happened.\n"
    dedupe_key = factory.Sequence(lambda n: f"news:{n}")


class TeamMemberFactory(DjangoModelFactory[TeamMember]):
    class Meta:
        model = TeamMember

    team = factory.SubFactory(TeamFactory)
    tournament = factory.SelfAttribute("team.tournament")
    member = factory.SubFactory(UserFactory)


class SeriesFactory(DjangoModelFactory[Series]):
    """A series of the first round that is ready to be played, in a tournament of its own."""

    class Meta:
        model = Series

    tournament = factory.SubFactory(
        TournamentFactory,
        status=Tournament.Status.RUNNING,
        started_at=factory.LazyFunction(timezone.now),
    )
    section = Series.Section.UPPER
    round = position = best_of = 1
    source_a, source_b = "seed:1", "seed:2"
    team_a = factory.SubFactory(TeamFactory, tournament=factory.SelfAttribute("..tournament"))
    team_b = factory.SubFactory(TeamFactory, tournament=factory.SelfAttribute("..tournament"))
    status = Series.Status.READY
    ready_at = factory.LazyFunction(timezone.now)


class BracketChangeFactory(DjangoModelFactory[BracketChange]):
    class Meta:
        model = BracketChange

    tournament = factory.SubFactory(TournamentFactory)
    action = BracketChange.Action.CORRECT
    actor = factory.SubFactory(UserFactory)


def _lineup(team_id: int, side: str, *, found: int, anonymous: int = 0) -> dict[str, object]:
    return {
        "team_id": team_id,
        "side": side,
        "members": list(range(1, found + 1)),
        "found": found,
        "players": 5,
        "stand_ins": 0,
        "anonymous": anonymous,
    }


class SettlementFactory(DjangoModelFactory[Settlement]):
    """A match that waits for the organiser: the series' first team, as radiant, may have won it."""

    class Meta:
        model = Settlement

    series = factory.SubFactory(SeriesFactory)
    tournament = factory.SelfAttribute("series.tournament")
    match = factory.SubFactory(MatchFactory)
    evidence = factory.LazyAttribute(
        lambda settlement: {
            "team_a": _lineup(settlement.series.team_a.pk, "radiant", found=5),
            "team_b": _lineup(settlement.series.team_b.pk, "dire", found=3, anonymous=2),
            "winner_id": settlement.series.team_a.pk,
            "minutes_after_ready": 5,
            "league": None,
            "doubts": ["Only 3 of 5 on dire play for them; 2 are anonymous."],
        }
    )


def running_tournament(teams: int = 4, **fields) -> Tournament:
    """A tournament that has begun, with so many teams: Team 1 is the strongest."""
    tournament = TournamentFactory.create(**fields)
    for seed in range(1, teams + 1):
        TeamFactory(tournament=tournament, name=f"Team {seed}", seed=seed)
    staff = UserFactory.create(is_staff=True)
    return tournaments.start_tournament(tournament=tournament, by=staff).tournament


class WaitingTaskFactory(DjangoModelFactory[WaitingTask]):
    class Meta:
        model = WaitingTask

    id = factory.Sequence(lambda n: f"{n:032x}")
    due_at = factory.LazyFunction(timezone.now)
    message = factory.LazyAttribute(
        lambda row: {
            "task": "app.accounts.tasks.mail_password_reset",
            "id": row.id,
            "args": [],
            "kwargs": {"email": "nobody@guild.example"},
            "run_after": None,
            "enqueued_at": timezone.now().isoformat(),
            "attempts": 0,
        }
    )
