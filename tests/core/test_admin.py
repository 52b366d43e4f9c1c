import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import config.admin  # noqa: F401 - discovers what the admin shows
from app.core.models import SystemSettings, WaitingTask
from app.events.models import Event, Registration
from app.media.models import Upload
from app.notifications.models import Notification
from app.steam.models import (
    Hero,
    LiveGame,
    Match,
    MemberSync,
    PlayerRecord,
    QuarantinedAnswer,
    SyncRun,
    Usage,
)
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)
from tests.factories import (
    PASSWORD,
    BracketChangeFactory,
    EventFactory,
    GameFactory,
    HeroFactory,
    LiveGamePlayerFactory,
    MatchFactory,
    MemberSyncFactory,
    NotificationFactory,
    PlayerRecordFactory,
    QuarantinedAnswerFactory,
    RegistrationFactory,
    SeriesFactory,
    SettlementFactory,
    SyncRunFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UploadFactory,
    UsageFactory,
    UserFactory,
    WaitingTaskFactory,
)

pytestmark = pytest.mark.django_db

# Made by the rules alone.
STEAM = {
    Hero: HeroFactory,
    LiveGame: lambda: LiveGamePlayerFactory().game,
    Match: MatchFactory,
    MemberSync: MemberSyncFactory,
    PlayerRecord: PlayerRecordFactory,
    QuarantinedAnswer: QuarantinedAnswerFactory,
    SyncRun: lambda: SyncRunFactory(started_by=UserFactory()),
    Usage: UsageFactory,
}
NEVER_ADDED = {
    *(BracketChange, Notification, Registration, Series, Settlement, SystemSettings),
    *(Upload, WaitingTask),
    *STEAM,
}
OURS = [model for model in admin.site._registry if model.__module__.startswith("app.")]
MAKE = {
    BracketChange: BracketChangeFactory,
    Game: GameFactory,
    Series: SeriesFactory,
    Settlement: SettlementFactory,
    Team: TeamFactory,
    TeamMember: TeamMemberFactory,
    Tournament: TournamentFactory,
    **STEAM,
    Notification: NotificationFactory,
    Event: EventFactory,
    Registration: RegistrationFactory,
    SystemSettings: SystemSettings.load,
    WaitingTask: WaitingTaskFactory,
    Upload: UploadFactory,
}


@pytest.fixture
def organiser(client):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user, backend="app.accounts.backends.EmailOrUsernameBackend")
    return client


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_page_of_the_admin_opens(organiser, model):
    row = MAKE.get(model, UserFactory)()

    assert organiser.get(page(model, "changelist") + "?q=1").status_code == 200
    assert organiser.get(page(model, "change", row.pk)).status_code == 200
    added = organiser.get(page(model, "add")).status_code
    assert added == (403 if model in NEVER_ADDED else 200)


@pytest.mark.parametrize("model", [m for m in OURS if m is not SystemSettings])
def test_a_list_in_the_admin_costs_the_same_for_few_and_many(organiser, model):
    make = MAKE.get(model, UserFactory)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            organiser.get(page(model, "changelist"))
        return len(asked)

    make()
    queries()
    few = queries()
    for _ in range(20):
        make()

    assert queries() == few


def test_the_admin_passes_djangos_checks():
    assert OURS
    assert run_checks(tags=["admin"]) == []


def test_the_admin_is_signed_in_to_by_email(client):
    user = UserFactory(is_staff=True, is_superuser=True)

    response = client.post(
        reverse("admin:login"), {"username": user.email.upper(), "password": PASSWORD}
    )

    assert response.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_member_does_not_get_in(client, member):
    client.force_login(member, backend="app.accounts.backends.EmailOrUsernameBackend")

    assert client.get(reverse("admin:index")).status_code == 302
