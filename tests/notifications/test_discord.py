"""Announcements that go to the channel by its webhook, whose address is a secret."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from app.notifications import discord as sender
from app.notifications import services
from app.notifications.errors import Refused, Unavailable
from app.notifications.models import Notification
from tests.factories import NotificationFactory
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply

pytestmark = pytest.mark.django_db

SECRET = "secret-of-the-webhook"


def announce(text="A cup"):
    """Write an announcement; nobody has delivered it yet."""
    services.announce(key=f"event:{Notification.objects.count()}", text=text)
    return Notification.objects.latest("id")


def delivered(row):
    services.deliver(deadline=60)
    row.refresh_from_db()
    return row


def waits(row):
    """Answer for how long it is left alone, in seconds."""
    row.refresh_from_db()
    return (row.next_attempt_at - timezone.now()).total_seconds()


def test_the_channel_reads_it_and_nobody_is_called(discord):
    row = delivered(announce("@everyone, a cup"))

    assert (row.state, row.error) == ("sent", "")
    [post] = discord.posts
    assert post == {
        "content": "@everyone, a cup",
        "allowed_mentions": {"parse": []},
        "flags": 4,  # no previews
    }
    [call] = discord.calls
    assert call.params == {"wait": "true"}


def test_what_the_webhooks_address_asks_for_is_asked_for(discord, settings):
    settings.DISCORD_WEBHOOK_URL += "?thread_id=7"

    delivered(announce())

    [call] = discord.calls
    assert call.params == {"thread_id": "7", "wait": "true"}


@pytest.mark.parametrize("kind", ["500", "503", "garbage", "empty", "truncated", "drop"])
def test_what_discord_does_not_confirm_is_tried_again(discord, kind):
    discord.fail(kind, endpoint="webhook", times=1)

    row = delivered(announce())

    assert row.state == "pending"
    assert row.error.startswith("Discord: ")
    assert 60 <= waits(row) + 1 <= 80
    Notification.objects.update(next_attempt_at=timezone.now())
    assert delivered(row).state == "sent"


def test_an_answer_that_takes_too_long_is_not_waited_for(discord, settings):
    settings.SOCIAL_AUTH_REQUESTS_TIMEOUT = 0.2
    discord.fail("slow", endpoint="webhook", seconds=5)

    row = delivered(announce())

    assert (row.state, row.error) == ("pending", "Discord: ReadTimeout")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("secret-of-the-webhook", "guess"), "Discord: 401, there is no such webhook"),
        (("/webhooks/1", "/webhooks/2"), "Discord: 404, there is no such webhook"),
        (("/api/webhooks", "/nothing"), "Discord: 404, there is no such webhook"),
    ],
)
def test_a_webhook_that_there_is_not_is_not_tried_again(discord, settings, change, reason):
    settings.DISCORD_WEBHOOK_URL = discord.webhook_url.replace(*change)

    row = delivered(announce())

    assert (row.state, row.attempts, row.error) == ("dead", 1, reason)
    assert discord.posts == []


def test_a_message_that_discord_does_not_take_is_not_tried_again(discord):
    row = delivered(NotificationFactory(channel="discord", member=None, body="x" * 2001))

    assert (row.state, row.error) == ("dead", "Discord: 400")


def test_a_webhook_that_is_taken_away_is_said(discord, settings):
    row = announce()
    settings.DISCORD_WEBHOOK_URL = ""

    assert delivered(row).state == "dead"
    assert "DISCORD_WEBHOOK_URL" in row.error


class TestLimits:
    def test_told_to_rest_the_channel_rests_as_long(self, discord):
        discord.fail("429", endpoint="webhook", times=1, seconds=900)
        first, second = announce(), announce()
        mailed = NotificationFactory()

        services.deliver(deadline=60)

        assert discord.count("webhook") == 1
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.attempts, second.attempts) == (1, 0)
        assert first.error == "Discord: 429"
        for row in (first, second):
            assert 890 < waits(row) <= 900
        # Mails have nothing to do with it.
        assert delivered(mailed).state == "sent"

    def test_beyond_its_limit_the_rest_goes_out_after_it(self, discord):
        for _ in range(7):
            announce()

        services.deliver(deadline=60)

        assert len(discord.posts) == 5
        assert discord.refused == 1

    def test_a_rest_ends_some_time(self, discord):
        discord.fail("429", endpoint="webhook", times=1, seconds=10**9)

        row = announce()
        services.deliver(deadline=60)

        assert waits(row) <= timedelta(hours=6).total_seconds()

    @pytest.mark.parametrize("header", ["soon", "nan", "inf", "-5", ""])
    def test_a_rest_that_makes_no_sense_is_none_that_breaks_anything(self, settings, header):
        refusal = Reply.json({}, status=429).with_headers({"Retry-After": header})
        listener = Listener(("127.0.0.1", 0), lambda request: refusal)
        listener.start()
        port = listener.server_address[1]
        settings.DISCORD_WEBHOOK_URL = f"http://127.0.0.1:{port}/api/webhooks/1/x"
        try:
            row = delivered(announce())
        finally:
            listener.stop()

        assert (row.state, row.error) == ("pending", "Discord: 429")


class TestOutages:
    def test_while_discord_is_down_mails_go_out(self, discord, mail):
        _, second = announce(), announce()
        mailed = NotificationFactory()
        discord.fail("503", endpoint="webhook")

        services.deliver(deadline=60)

        assert discord.count("webhook") == 1
        assert len(mail.to(mailed.member.email)) == 1
        second.refresh_from_db()
        assert second.attempts == 0

    def test_while_the_mail_server_is_down_announcements_go_out(self, discord, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        NotificationFactory.create_batch(2)
        announce()

        services.deliver(deadline=60)

        assert len(discord.posts) == 1


class TestSecret:
    @pytest.mark.parametrize("kind", ["429", "500", "drop", "slow"])
    def test_the_webhooks_address_is_in_no_log_and_no_row(self, discord, settings, caplog, kind):
        settings.SOCIAL_AUTH_REQUESTS_TIMEOUT = 0.2
        discord.fail(kind, endpoint="webhook", times=1)
        announce()
        announce()

        with caplog.at_level(logging.DEBUG):
            services.deliver(deadline=60)

        assert caplog.text
        assert SECRET not in caplog.text
        assert SECRET not in str(list(Notification.objects.values()))

    @pytest.mark.parametrize(
        "url",
        [
            f"http://127.0.0.1:9/api/webhooks/1/{SECRET}",
            f"http://[{SECRET}/api/webhooks",
            f"http://127.0.0.1:{SECRET}/",
            f"https://{'x' * 64}.example/{SECRET}",
        ],
    )
    def test_it_is_in_no_error(self, url):
        with pytest.raises(Unavailable) as error:
            sender.post(url=url, text="A cup", timeout=1)

        assert SECRET not in str(error.value)
        assert error.value.__suppress_context__

    def test_nor_in_that_of_a_refusal(self, discord):
        with pytest.raises(Refused) as error:
            sender.post(url=f"{discord.webhook_url}x", text="A cup", timeout=1)

        assert SECRET not in str(error.value)
