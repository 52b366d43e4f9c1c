"""What is written, for whom, and that it is written with what it tells of or not at all."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.core.models import SystemSettings
from app.notifications import services
from app.notifications.models import Notification
from config import functions
from tests.factories import NotificationFactory, UserFactory
from tests.fakes.sqs import Context

pytestmark = pytest.mark.django_db

WEBHOOK = "https://discord.example/api/webhooks/1/secret"


def notify(*members, key="event:1:cancelled", subject="It is off", body="The event is cancelled."):
    services.notify(members=members, key=key, subject=subject, body=body)


def told():
    return set(Notification.objects.values_list("member__username", flat=True))


def test_a_member_is_told_what_is_true_now():
    SystemSettings.objects.create(pk=1, site_name="The Guild")
    ada = UserFactory()

    notify(ada)
    SystemSettings.objects.update(site_name="Another")

    row = Notification.objects.get()
    assert (row.channel, row.member, row.state) == ("email", ada, "pending")
    assert (row.subject, row.body) == ("The Guild: It is off", "The event is cancelled.")
    assert (row.attempts, row.sent_at, row.error) == (0, None, "")
    assert row.next_attempt_at <= row.updated_at


def test_who_has_proven_no_email_or_is_deactivated_is_told_nothing():
    reached = UserFactory()

    notify(reached, UserFactory(email_verified=False), UserFactory(is_active=False))

    assert told() == {reached.username}


def test_each_member_is_told_what_is_theirs_alone():
    ada, grace = UserFactory(), UserFactory()
    unproven = UserFactory(email_verified=False)

    def tell():
        letters = [
            services.Letter(member.pk, "cup:1", f"For {member.username}", member.username)
            for member in (ada, grace, unproven)
        ]
        services.notify_each(letters=letters)

    tell()
    tell()

    rows = Notification.objects.order_by("member")
    assert [(row.member, row.subject, row.body) for row in rows] == [
        (member, f"Guildhall: For {member.username}", member.username) for member in (ada, grace)
    ]


@pytest.mark.parametrize(
    "members",
    [
        lambda queryset: queryset,
        lambda queryset: queryset.values("pk"),
        lambda queryset: queryset.values_list("pk", flat=True),
        list,
    ],
    ids=["members", "values", "ids", "list"],
)
def test_members_are_named_by_a_queryset_too(members, outsider):
    ours = User.objects.filter(pk__in=[user.pk for user in UserFactory.create_batch(3)])

    services.notify(members=members(ours), key="k", subject="s", body="b")

    assert told() == {user.username for user in ours}


def test_what_is_written_twice_is_one_for_each_key_and_member():
    ada, grace = UserFactory(), UserFactory()
    notify(ada)
    first = Notification.objects.get()

    notify(ada, grace, subject="It is still off")
    notify(ada, key="event:2:cancelled")

    assert Notification.objects.filter(member=ada).count() == 2
    assert Notification.objects.filter(member=grace).count() == 1
    first.refresh_from_db()
    assert first.subject.endswith("It is off")


def test_a_subject_is_one_line_that_fits():
    notify(UserFactory(), subject="Cup\r\nBcc: all@guild.example\n\u2028" + "x" * 300)

    subject = Notification.objects.get().subject
    assert subject.startswith("Guildhall: Cup Bcc: all@guild.example xxx")
    assert subject.isprintable()
    assert len(subject) == 200


def test_a_channel_is_told_once_if_there_is_a_webhook(settings):
    services.announce(key="event:1", text="A cup")
    assert not Notification.objects.exists()
    settings.DISCORD_WEBHOOK_URL = WEBHOOK

    services.announce(key="event:1", text=" A cup\n")
    services.announce(key="event:1", text="A cup, again")

    row = Notification.objects.get()
    assert (row.channel, row.member, row.body) == ("discord", None, "A cup")


def test_keys_of_the_channel_and_of_members_do_not_meet(settings):
    settings.DISCORD_WEBHOOK_URL = WEBHOOK
    ada = UserFactory()

    services.announce(key=f"event:1:{ada.pk}", text="A cup")
    notify(ada, key="event:1")

    assert Notification.objects.count() == 2


def test_a_long_announcement_is_cut_to_what_discord_takes(settings):
    settings.DISCORD_WEBHOOK_URL = WEBHOOK

    services.announce(key="event:1", text="x" * 3000)

    body = Notification.objects.get().body
    assert len(body) == 2000
    assert body.endswith("x…")


@pytest.mark.parametrize("channel", ["email", "discord"])
def test_a_mail_has_a_member_and_an_announcement_has_none(channel):
    member = None if channel == "email" else UserFactory()

    with pytest.raises(IntegrityError, match="notification_email_has_member"), transaction.atomic():
        NotificationFactory(channel=channel, member=member)


def test_nothing_is_written_or_enqueued_for_nobody(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notify(UserFactory(is_active=False))

    assert queue.left() == 0


class Cancelled(Exception):
    pass


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_what_is_rolled_back_has_told_nobody(self, settings, queue):
        settings.DISCORD_WEBHOOK_URL = WEBHOOK
        ada = UserFactory()

        def cancel():
            with transaction.atomic():
                notify(ada)
                services.announce(key="k", text="t")
                raise Cancelled

        with pytest.raises(Cancelled):
            cancel()

        assert not Notification.objects.exists()
        assert queue.left() == 0

    def test_a_task_is_enqueued_once_it_is_committed(self, queue):
        with transaction.atomic():
            notify(UserFactory())
            assert queue.left() == 0

        [record] = queue.records()
        path = "app.notifications.tasks.deliver_notifications"
        assert json.loads(record["body"])["task"] == path

    def test_without_a_queue_it_goes_out_at_once(self, mail):
        ada = UserFactory()

        notify(ada)

        assert len(mail.to(ada.email)) == 1

    def test_a_queue_that_takes_nothing_loses_nothing(self, queue, mail, settings, caplog):
        working = settings.TASKS
        options = {"queue_url": f"{queue.url}-is-gone"}
        settings.TASKS = {"default": working["default"] | {"OPTIONS": options}}
        ada = UserFactory()

        notify(ada)

        assert "in on_commit()" in caplog.text
        settings.TASKS = working
        functions.schedule({"entry": "notifications"}, Context())
        queue.drain(functions.worker)
        assert len(mail.to(ada.email)) == 1


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite takes fewer values in one statement."
)
def test_it_costs_as_many_queries_for_one_as_for_five_thousand():
    def queries(members):
        with CaptureQueriesContext(connection) as asked:
            services.notify(members=members, key="k", subject="s", body="b")
        return len(asked)

    SystemSettings.load()
    User.objects.bulk_create(
        User(username=f"m{n}", email=f"m{n}@guild.example", email_verified=True)
        for n in range(5000)
    )
    everybody = User.objects.all()

    few = queries([everybody[0]])
    Notification.objects.all().delete()

    assert queries(everybody) == queries([*everybody]) == few
    assert few <= 5
    assert Notification.objects.count() == 5000

    Notification.objects.all().delete()
    letters = [services.Letter(user.pk, "k", "s", user.username) for user in everybody]
    with CaptureQueriesContext(connection) as asked:
        services.notify_each(letters=letters)
    assert len(asked) == few
    assert Notification.objects.count() == 5000
