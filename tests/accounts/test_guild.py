"""Who is in the community's Discord server, as the bot is told page by page."""

import time

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from app.accounts import tasks
from app.accounts.discord import guild
from app.accounts.discord.bot import DiscordBot, DiscordError, DiscordLimited, DiscordRefused
from app.accounts.models import User
from config import functions
from tests.factories import UserFactory
from tests.fakes.discord import GUILD_ID, FakeDiscord, Fault
from tests.fakes.discord.replies import MISSING_ACCESS, UNAUTHORIZED, UNKNOWN_GUILD

pytestmark = pytest.mark.django_db

FIRST = 1_100_000_000_000_000_000


@pytest.fixture
def discord(settings):
    with FakeDiscord() as fake:
        settings.DISCORD_URL = fake.url
        settings.DISCORD_GUILD_ID = GUILD_ID
        settings.DISCORD_BOT_TOKEN = "fake-bot-token"
        yield fake


def fill(discord, number, start=0):
    for index in range(start, start + number):
        discord.add_user(FIRST + index, username=f"user{index}")
        discord.join(FIRST + index, nick=f"nick{index}")


def members(*indexes, **fields):
    return [UserFactory(discord_id=FIRST + index, **fields) for index in indexes]


def states():
    found = User.objects.exclude(discord_id=None).order_by("discord_id")
    return {user.discord_id - FIRST: (user.in_guild, user.guild_nickname) for user in found}


def test_members_in_the_guild_have_their_nickname_in_it(discord):
    fill(discord, 3)
    members(0, 2)

    guild.sync()

    assert states() == {0: (True, "nick0"), 2: (True, "nick2")}


def test_who_has_left_is_marked_with_the_time(discord):
    fill(discord, 3)
    gone, stays = members(1, 2, in_guild=True, guild_nickname="Old")
    discord.leave(FIRST + 1)

    guild.sync()

    assert states() == {1: (False, ""), 2: (True, "nick2")}
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert gone.guild_left_at is not None
    assert stays.guild_left_at is None
    left_at = gone.guild_left_at
    guild.sync()
    gone.refresh_from_db()
    assert gone.guild_left_at == left_at


def test_who_comes_back_is_in_it_again(discord):
    [user] = members(1, in_guild=True)
    guild.sync()
    fill(discord, 3)

    guild.sync()

    user.refresh_from_db()
    assert (user.in_guild, user.guild_left_at) == (True, None)


def test_who_has_linked_no_discord_is_left_alone(discord, member):
    before = User.objects.values().get(pk=member.pk)

    guild.sync()

    assert User.objects.values().get(pk=member.pk) == before


def test_a_large_guild_is_read_to_its_end(discord):
    fill(discord, 2500)
    members(0, 999, 1000, 1999, 2000, 2499)
    members(2600, in_guild=True)  # beyond the last who is in it

    guild.sync()

    assert discord.count("members") == 3
    found = states()
    assert found.pop(2600) == (False, "")
    assert found == {index: (True, f"nick{index}") for index in found}


def test_a_guild_that_ends_with_a_full_page_is_read_to_its_end(discord):
    fill(discord, 1000)
    members(999)
    members(1500, in_guild=True)

    guild.sync()

    assert discord.count("members") == 2
    assert states() == {999: (True, "nick999"), 1500: (False, "")}


def test_a_sync_that_stops_half_way_has_marked_nobody_wrongly(discord):
    fill(discord, 1500)
    members(10, 1400, in_guild=True)
    discord.fail("500", endpoint="members", after=1)

    with pytest.raises(DiscordError):
        guild.sync()

    assert states() == {10: (True, "nick10"), 1400: (True, "")}


def test_it_keeps_to_discords_limits(discord, settings):
    with FakeDiscord(rate_limit=2, rate_window=0.3) as strict:
        settings.DISCORD_URL = strict.url
        fill(strict, 6500)
        started = time.monotonic()

        guild.sync()

        assert strict.count("members") == 7
        assert strict.refused == 0
        assert time.monotonic() - started > 0.6


def test_told_to_rest_it_rests_as_long_as_it_is_told(discord):
    fill(discord, 5)
    members(1)
    discord.fail("429", endpoint="members", times=1, seconds=0.4)
    started = time.monotonic()

    guild.sync()

    assert time.monotonic() - started >= 0.4
    assert states() == {1: (True, "nick1")}


def test_a_long_rest_is_taken_by_the_queue(discord, queue):
    fill(discord, 1500)
    members(10, 1400)
    discord.fail("429", endpoint="members", after=1, times=1, seconds=60)

    guild.sync()

    assert states() == {10: (True, "nick10"), 1400: (False, "")}
    assert queue.left() == 1
    # Held back, so that nobody is handed it now.
    assert queue.records() == []


def test_without_a_queue_a_long_rest_is_an_error_that_says_so(discord):
    discord.fail("429", endpoint="members", seconds=60)

    with pytest.raises(DiscordLimited, match="seconds of rest"):
        guild.sync()


@pytest.mark.django_db(transaction=True)
def test_a_guild_of_many_pages_goes_on_in_another_task(discord, queue, monkeypatch):
    monkeypatch.setattr(guild, "PAGES", 2)
    fill(discord, 4100)
    members(4050)
    tasks.sync_guild_members.enqueue()

    queue.drain(functions.worker)

    assert states() == {4050: (True, "nick4050")}
    assert discord.count("members") == 5


@pytest.mark.parametrize("missing", [{"DISCORD_BOT_TOKEN": ""}, {"DISCORD_GUILD_ID": 0}])
def test_without_a_bot_nobody_is_asked(discord, missing):
    members(1, in_guild=True)

    with override_settings(**missing):
        guild.sync()

    assert discord.count() == 0
    assert states() == {1: (True, "")}


def test_a_wrong_token_is_not_tried_again(discord, settings):
    settings.DISCORD_BOT_TOKEN = "wrong-secret"

    with pytest.raises(DiscordRefused) as error:
        guild.sync()

    assert discord.count("members") == 1
    assert "wrong-secret" not in str(error.value)


class Refusal(Fault):
    """The token is wrong; the bot lacks the members intent; there is no such guild."""

    SUBSTITUTES = Fault.SUBSTITUTES | {
        "401": UNAUTHORIZED,
        "403": MISSING_ACCESS,
        "404": UNKNOWN_GUILD,
    }


@pytest.mark.parametrize("kind", ["401", "403", "404"])
def test_what_is_refused_is_not_asked_for_again_and_nobody_has_left(discord, kind):
    members(1, in_guild=True)
    discord.add_fault(Refusal(kind, endpoint="members"))

    with pytest.raises(DiscordRefused, match=kind):
        guild.sync()

    assert discord.count("members") == 1
    assert states() == {1: (True, "")}


@pytest.mark.parametrize("kind", ["garbage", "empty", "drop", "503"])
def test_an_answer_that_is_none_changes_nothing(discord, kind):
    members(1, in_guild=True)
    discord.fail(kind, endpoint="members")

    with pytest.raises(DiscordError):
        guild.sync()

    assert states() == {1: (True, "")}


def test_an_answer_that_takes_too_long_is_not_waited_for(discord):
    discord.fail("slow", endpoint="members", seconds=5)
    began = time.monotonic()

    with (
        DiscordBot(url=discord.url, token="fake-bot-token", timeout=0.2) as bot,
        pytest.raises(DiscordError),
    ):
        bot.guild_page(guild_id=GUILD_ID)

    assert time.monotonic() - began < 4


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite takes fewer values in one statement."
)
def test_a_page_costs_as_many_queries_for_few_as_for_many(discord):
    fill(discord, 300)

    def queries(*indexes):
        members(*indexes)
        with CaptureQueriesContext(connection) as asked:
            guild.sync()
        return len(asked)

    assert queries(0) == queries(*range(1, 300)) <= 5


def test_a_bot_asks_for_no_more_than_discord_gives(discord):
    fill(discord, 3)
    with DiscordBot(url=discord.url, token="fake-bot-token") as bot:
        page = bot.guild_page(guild_id=GUILD_ID, after=FIRST)

    assert page.last is None
    assert {member_id - FIRST for member_id in page.members} == {1, 2}
