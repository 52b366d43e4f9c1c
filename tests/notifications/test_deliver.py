"""Mails that go out: once if all goes well, again if not, and never for ever."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.notifications import services, tasks
from app.notifications.models import Notification
from config import functions
from tests.factories import NotificationFactory, UserFactory
from tests.races import at_once, before_the_commit_of, racing
from tests.template.documents import FUNCTIONS

pytestmark = pytest.mark.django_db

State = Notification.State


def deliver(deadline=60):
    services.deliver(deadline=deadline)


def make_due():
    """Let the time pass that is waited for."""
    Notification.objects.update(next_attempt_at=timezone.now())


def states():
    return [row.state for row in Notification.objects.order_by("id")]


def waits(row):
    """Answer for how long it is left alone, in minutes."""
    row.refresh_from_db()
    return (row.next_attempt_at - timezone.now()).total_seconds() / 60


class TestSending:
    def test_a_mail_says_what_was_written(self, mail):
        row = NotificationFactory(subject="Guildhall: Grüße", body="Hello.\n")

        deliver()

        [sent] = mail.to(row.member.email)
        assert (sent["Subject"], sent.get_content()) == ("Guildhall: Grüße", "Hello.\n")
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == ("sent", 1, "")
        assert row.created_at <= row.sent_at <= timezone.now()

    def test_it_goes_to_the_address_that_is_the_members_now(self, mail):
        row = NotificationFactory()
        User.objects.update(email="new@guild.example")

        deliver()

        assert mail.to(row.member.email) == []
        assert len(mail.to("new@guild.example")) == 1

    def test_all_go_by_one_connection_and_once(self, mail):
        rows = NotificationFactory.create_batch(5)

        deliver()
        deliver()

        assert [len(mail.to(row.member.email)) for row in rows] == [1] * 5
        assert mail.connections == 1
        assert states() == [State.SENT] * 5

    def test_what_has_waited_longest_goes_first(self, mail):
        member = UserFactory()
        for hours in (1, 3, 2):
            NotificationFactory(
                member=member,
                subject=f"{hours}",
                next_attempt_at=timezone.now() - timedelta(hours=hours),
            )

        deliver()

        assert [sent["Subject"] for sent in mail.to(member.email)] == ["3", "2", "1"]

    def test_what_is_not_due_waits(self, mail):
        NotificationFactory(next_attempt_at=timezone.now() + timedelta(minutes=1))

        deliver()

        assert states() == [State.PENDING]
        assert mail.connections == 0

    def test_no_transaction_is_open_while_a_mail_goes_out(self, mail, monkeypatch):
        send, seen = EmailMessage.send, []
        depth = len(connection.savepoint_ids)

        def look(message, *args, **kwargs):
            seen.append(len(connection.savepoint_ids))
            return send(message, *args, **kwargs)

        monkeypatch.setattr(EmailMessage, "send", look)
        NotificationFactory()

        deliver()

        assert seen == [depth]


class TestDeadline:
    def test_nothing_is_begun_after_the_deadline(self, mail):
        NotificationFactory()

        deliver(deadline=0)

        assert states() == [State.PENDING]
        assert mail.connections == 0

    @pytest.mark.django_db(transaction=True)
    def test_what_is_left_is_the_next_tasks_and_makes_none(self, mail, queue, monkeypatch):
        NotificationFactory.create_batch(3)
        monkeypatch.setattr(tasks, "DEADLINE", 0)
        tasks.deliver_notifications.enqueue()
        queue.drain(functions.worker)
        assert states() == [State.PENDING] * 3
        monkeypatch.setattr(tasks, "DEADLINE", 40)

        tasks.deliver_notifications.enqueue()
        queue.drain(functions.worker)

        assert states() == [State.SENT] * 3

    def test_two_tasks_are_done_before_lambda_ends_their_worker(self):
        worker = FUNCTIONS["WorkerFunction"]["Properties"]
        batch = worker["Events"]["Tasks"]["Properties"]["BatchSize"]

        assert batch * (tasks.DEADLINE + 2 * settings.EMAIL_TIMEOUT) <= worker["Timeout"]


class TestFailing:
    def test_who_is_refused_for_now_is_tried_again_and_holds_up_nobody(self, mail):
        refused, fine = NotificationFactory.create_batch(2)
        mail.refuse(refused.member.email, 451)

        deliver()

        assert states() == [State.PENDING, State.SENT]
        refused.refresh_from_db()
        assert refused.error.startswith("The mail server: 451")
        assert mail.connections == 1
        mail.relent()
        make_due()
        deliver()
        assert len(mail.to(refused.member.email)) == len(mail.to(fine.member.email)) == 1

    def test_each_pause_is_twice_the_last_until_it_is_dead(self, mail):
        row = NotificationFactory()
        mail.refuse(row.member.email, 451)
        pauses = []

        for _ in range(services.ATTEMPTS):
            assert states() == [State.PENDING]
            deliver()
            pauses.append(waits(row))
            make_due()

        for attempt, pause in enumerate(pauses[:-1]):
            assert 2**attempt - 0.1 < pause <= 2**attempt * 1.25
        assert max(pauses) <= 6 * 60
        assert (row.state, row.attempts) == ("dead", services.ATTEMPTS)
        assert row.error.startswith("The mail server: 451")
        deliver()
        row.refresh_from_db()
        assert row.attempts == services.ATTEMPTS

    def test_what_fails_together_does_not_come_back_together(self, mail):
        rows = NotificationFactory.create_batch(5)
        for row in rows:
            mail.refuse(row.member.email, 451)

        deliver()

        assert len({round(waits(row), 4) for row in rows}) == 5

    @pytest.mark.parametrize(("code", "verb"), [(550, "RCPT"), (554, "DATA")])
    def test_who_is_refused_for_good_is_not_tried_again(self, mail, caplog, code, verb):
        row, _ = NotificationFactory.create_batch(2)
        mail.refuse(row.member.email, code, verb=verb)

        deliver()

        assert states() == [State.DEAD, State.SENT]
        row.refresh_from_db()
        assert row.error.startswith(f"The mail server: {code}")
        assert row.member.email not in caplog.text

    def test_a_server_that_is_busy_is_left_alone_for_now(self, mail):
        first, second = NotificationFactory.create_batch(2)
        for row in (first, second):
            mail.refuse(row.member.email, 454, verb="DATA")

        deliver()

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.attempts, second.attempts) == (1, 0)
        assert first.error == "The mail server: 454"

    def test_a_server_that_is_down_costs_one_of_them_an_attempt(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        NotificationFactory.create_batch(3)

        deliver()

        assert states() == [State.PENDING] * 3
        assert [row.attempts for row in Notification.objects.order_by("id")] == [1, 0, 0]
        assert Notification.objects.get(attempts=1).error.startswith("The mail server: ")

    def test_a_server_that_hangs_up_is_called_again_for_the_next(self, mail):
        row = NotificationFactory()
        mail.refuse(row.member.email, 421)
        deliver()
        mail.relent()
        make_due()

        deliver()

        assert states() == [State.SENT]

    def test_a_password_is_in_no_error(self, mail, settings, caplog):
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "guild", "s3cret-of-ours"
        row = NotificationFactory()

        deliver()  # the fake knows no AUTH

        row.refresh_from_db()
        assert row.state == "pending"
        assert "s3cret" not in row.error + caplog.text

    def test_what_no_mail_can_be_made_of_is_dead_and_holds_up_nobody(self, mail):
        broken = NotificationFactory(subject="one\nBcc: all@guild.example")
        NotificationFactory()

        deliver()

        assert states() == [State.DEAD, State.SENT]
        broken.refresh_from_db()
        assert "BadHeaderError" in broken.error


class TestWhoHasLeft:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"is_active": False}, "The member is deactivated"),
            ({"email_verified": False}, "The member's email is not proven"),
        ],
    )
    def test_who_is_no_longer_to_be_told_is_not_and_it_says_why(self, mail, change, reason):
        row = NotificationFactory()
        User.objects.update(**change)

        deliver()

        row.refresh_from_db()
        assert (row.state, row.error) == ("dead", reason)
        assert mail.connections == 0

    def test_who_is_gone_takes_what_they_were_to_be_told_with_them(self, mail):
        row = NotificationFactory()
        row.member.delete()

        deliver()

        assert not Notification.objects.exists()


@racing
def test_who_leaves_while_the_mail_goes_is_no_error(mail, monkeypatch):
    row, other = NotificationFactory.create_batch(2)
    accept = mail.accept

    def accept_and_leave(recipients, data):
        accept(recipients, data)
        User.objects.filter(email__in=recipients, pk=row.member.pk).delete()
        connection.close()

    monkeypatch.setattr(mail, "accept", accept_and_leave)

    deliver()

    assert len(mail.to(row.member.email)) == len(mail.to(other.member.email)) == 1
    assert Notification.objects.get().state == "sent"


@racing
def test_a_worker_that_was_too_slow_says_nothing_against_one_that_has_sent_it(mail, monkeypatch):
    row = NotificationFactory()

    def send_and_refuse(recipients, verb):
        Notification.objects.update(state=State.SENT, error="")
        connection.close()
        return 550

    monkeypatch.setattr(mail, "refusal", send_and_refuse)

    deliver()

    row.refresh_from_db()
    assert (row.state, row.error) == ("sent", "")


@pytest.mark.django_db(transaction=True)
class TestCrashing:
    def crash(self):
        """Deliver, and lose the database between the sending and the note of it."""

        def fail(execute, sql, params, many, context):
            if "sent_at" in sql and sql.startswith("UPDATE") and "attempts" not in sql:
                raise OperationalError("the database is gone")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(fail), pytest.raises(OperationalError):
            deliver()

    def test_a_crash_before_it_is_noted_sends_it_again_as_the_same_mail(self, mail):
        row = NotificationFactory()

        self.crash()

        row.refresh_from_db()
        assert (row.state, row.error) == ("pending", services.UNFINISHED)
        deliver()  # not at once: the worker may be alive
        assert len(mail.to(row.member.email)) == 1
        make_due()
        deliver()
        first, second = mail.to(row.member.email)
        assert first["Message-ID"] == second["Message-ID"]
        assert states() == [State.SENT]

    def test_different_mails_have_different_ids(self, mail):
        member = UserFactory()
        NotificationFactory.create_batch(2, member=member)

        deliver()

        first, second = mail.to(member.email)
        assert first["Message-ID"] != second["Message-ID"]
        assert first["Message-ID"].endswith("@localhost>")

    def test_a_crash_costs_one_of_them_a_second_delivery(self, mail):
        rows = NotificationFactory.create_batch(3)

        self.crash()
        make_due()
        deliver()

        assert sorted(len(mail.to(row.member.email)) for row in rows) == [1, 1, 2]

    def test_what_ends_each_worker_is_dead_in_the_end(self, mail):
        row = NotificationFactory()
        for _ in range(services.ATTEMPTS):
            self.crash()
            make_due()

        deliver()

        row.refresh_from_db()
        assert (row.state, row.error) == ("dead", services.UNFINISHED)
        assert len(mail.to(row.member.email)) == services.ATTEMPTS


@racing
class TestRace:
    def deliver_at_once(self, mail):
        """Answer how many mails there are, of 20 notifications that six workers deliver."""
        rows = NotificationFactory.create_batch(20)
        at_once(6, lambda number: deliver())
        assert states() == [State.SENT] * 20
        return sum(len(mail.to(row.member.email)) for row in rows)

    def test_of_many_workers_one_takes_each(self, mail):
        assert self.deliver_at_once(mail) == 20
        assert mail.connections > 1

    def test_without_the_lock_several_would(self, mail, monkeypatch):
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows)

        assert self.deliver_at_once(mail) > 20

    def test_nobody_waits_for_what_another_holds(self, mail):
        held, free = NotificationFactory.create_batch(2)
        others = Notification.objects.select_for_update()

        before_the_commit_of(lambda: others.get(pk=held.pk), deliver)

        assert len(mail.to(free.member.email)) == 1
        assert mail.to(held.member.email) == []


class TestQueries:
    def test_each_costs_the_same_few_statements(self, mail):
        def queries(number):
            NotificationFactory.create_batch(number)
            with CaptureQueriesContext(connection) as asked:
                deliver()
            return len(asked)

        one, ten = queries(1), queries(10)

        assert (ten - one) / 9 <= 5
        # The claim that finds nothing: a savepoint, a look, its end.
        assert one <= 5 + 3


class TestRetry:
    def test_the_dead_are_sent_as_if_for_the_first_time(self, mail):
        dead = NotificationFactory(state=State.DEAD, attempts=10, error="The mail server: 550")

        assert services.retry(notifications=Notification.objects.all()) == 1
        dead.refresh_from_db()
        assert (dead.state, dead.attempts, dead.error) == ("pending", 0, "")
        deliver()

        assert len(mail.to(dead.member.email)) == 1

    def test_others_are_left_as_they_are(self, mail):
        later = timezone.now() + timedelta(hours=1)
        NotificationFactory(state=State.SENT, attempts=1)
        NotificationFactory(attempts=3, next_attempt_at=later)
        before = list(Notification.objects.values())

        assert services.retry(notifications=Notification.objects.all()) == 0

        assert list(Notification.objects.values()) == before

    @pytest.mark.django_db(transaction=True)
    def test_it_does_not_wait_for_the_schedule(self, mail, queue):
        dead = NotificationFactory(state=State.DEAD)

        services.retry(notifications=Notification.objects.all())
        queue.drain(functions.worker)

        assert len(mail.to(dead.member.email)) == 1


def test_what_came_to_its_end_long_ago_is_forgotten():
    rows = {
        (state, days): NotificationFactory(state=state)
        for state in State.values
        for days in (89, 91)
    }
    for (_, days), row in rows.items():
        Notification.objects.filter(pk=row.pk).update(
            updated_at=timezone.now() - timedelta(days=days)
        )

    tasks.remove_old_notifications.call()

    left = set(Notification.objects.values_list("pk", flat=True))
    gone = {key for key, row in rows.items() if row.pk not in left}
    assert gone == {("sent", 91), ("dead", 91)}
