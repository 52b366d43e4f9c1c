"""The demo's tournaments: one of each format, half-way, and as the services would leave them."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.accounts.demo import EMAIL
from app.notifications.models import Notification
from app.steam.models import Match
from app.tournaments import demo
from app.tournaments.board import Board
from app.tournaments.models import BracketChange, Game, Series, Tournament
from app.tournaments.tasks import tell_of_forgotten_changes

pytestmark = pytest.mark.django_db

HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


def load(*arguments):
    call_command("demo", *arguments, stdout=io.StringIO())


@pytest.fixture(autouse=True)
def _laptop(settings):
    settings.DEBUG = True
    settings.DISCORD_WEBHOOK_URL = "https://discord.example/api/webhooks/1/secret"
    settings.PASSWORD_HASHERS = [HASHER]


def test_there_is_a_running_tournament_of_each_format_and_something_of_everything(api):
    load()

    assert sorted(Tournament.objects.values_list("tournament_type", "status")) == sorted(
        (kind, "running") for kind in Tournament.Type.values
    )
    for tournament in Tournament.objects.all():
        assert tournament.organiser.email == EMAIL
        for page in ("bracket/", "bracket.svg", "standings/"):
            assert api.get(f"/api/tournaments/{tournament.pk}/{page}").status_code == 200

    found = set(Series.objects.values_list("status", flat=True))
    assert found == set(Series.Status.values)
    assert Series.objects.filter(outcome="walkover").exists()
    assert Series.objects.filter(score_a=1, score_b=1, status="finished").exists()
    assert Game.objects.exclude(match=None).exists()
    actions = set(BracketChange.objects.values_list("action", flat=True))
    assert {"start", "report", "confirm", "dispute", "games", "correct"} <= actions


def test_the_rows_are_what_follows_from_the_results_and_were_in_their_order():
    load()

    now = timezone.now()
    for tournament in Tournament.objects.all():
        board = Board.load(tournament)
        changes = board.update_rows(board.resolve(), now)
        assert (changes.changed, changes.gone) == ([], [])

        assert tournament.created_at < tournament.started_at < now
        for series in tournament.series.exclude(finished_at=None).exclude(ready_at=None):
            assert tournament.started_at <= series.ready_at < series.finished_at < now
        told = [change.created_at for change in tournament.changes.order_by("id")]
        assert told == sorted(told)
        assert told[0] >= tournament.started_at


def test_nobody_is_told_of_what_has_never_happened(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        load()
        assert BracketChange.objects.exists()
        BracketChange.objects.update(created_at=timezone.now() - timedelta(hours=1))
        tell_of_forgotten_changes.call()

    assert not Notification.objects.exists()


def test_a_second_time_nothing_comes_to_it():
    load()
    before = [model.objects.count() for model in (Tournament, Series, Game, BracketChange)]

    load("--if-empty")
    with pytest.raises(CommandError):
        load()

    assert before == [model.objects.count() for model in (Tournament, Series, Game, BracketChange)]


def test_without_matches_captains_say_how_it_ended():
    load()
    Tournament.objects.all().delete()
    Match.objects.all().delete()

    demo.load()

    assert Tournament.objects.count() == 4
    assert not Game.objects.exclude(match=None).exists()
