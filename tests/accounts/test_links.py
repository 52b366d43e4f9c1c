"""What a member links: who is told of it, and what several make of it at the same moment."""

import time
from urllib.parse import urlsplit

import pytest
from django.db.models import QuerySet
from rest_framework.exceptions import APIException
from rest_framework.test import APIClient

from app.accounts.discord.payloads import GuildMember, Profile
from app.accounts.models import Nonce, User
from app.accounts.services import (
    link_discord,
    link_steam,
    record_guild_page,
    sign_in_by_discord,
    sign_out_everywhere,
    unlink_discord,
    use_nonce,
)
from app.core.steam_id import to_steam_id
from tests.factories import UserFactory
from tests.fakes.discord import FakeDiscord
from tests.races import at_once, before_the_commit_of, racing, without_constraint

STEAM_ID = to_steam_id(100_000_101)
EMAIL = "ada@guild.example"
ADA, ADAS_OTHER = 1_100_000_000_000_000_001, 1_100_000_000_000_000_002


@pytest.mark.django_db
def test_no_notice_goes_to_an_email_that_is_only_claimed(settings, mailoutbox):
    user, browser = UserFactory(email_verified=False), APIClient()
    browser.force_login(user)
    with FakeDiscord() as discord:
        settings.DISCORD_URL = discord.url
        settings.SOCIAL_AUTH_DISCORD_KEY = discord.client_id
        settings.SOCIAL_AUTH_DISCORD_SECRET = discord.client_secret
        discord.add_user(ADA, username="ada")
        address = browser.post("/api/auth/social/login/discord/").json()["url"]
        answer = urlsplit(discord.approve(address, ADA)).query
        browser.get(f"/api/auth/social/complete/discord/?{answer}")

    assert discord_id_of(user) == ADA
    assert mailoutbox == []


def discord_id_of(user):
    return User.objects.values_list("discord_id", flat=True).get(pk=user.pk)


def outcome(call):
    try:
        call()
    except APIException as error:
        return error.default_code
    return "done"


@racing
class TestRace:
    def test_of_many_who_link_one_account_one_has_it(self):
        users = UserFactory.create_batch(6)

        outcomes = at_once(
            6, lambda number: outcome(lambda: link_steam(user=users[number], steam_id=STEAM_ID))
        )

        assert sorted(outcomes) == ["done"] + ["steam_account_taken"] * 5
        assert User.objects.filter(steam_id=STEAM_ID).count() == 1

    def test_of_many_accounts_that_one_links_one_is_theirs(self):
        user = UserFactory()

        outcomes = at_once(
            6, lambda number: outcome(lambda: link_steam(user=user, steam_id=STEAM_ID + number))
        )

        assert sorted(outcomes) == ["done"] + ["steam_already_linked"] * 5

    def test_looking_before_writing_would_link_several(self):
        user = UserFactory()

        def look_then_write(number):
            if User.objects.get(pk=user.pk).steam_id is not None:
                return False
            time.sleep(0.05)
            User.objects.filter(pk=user.pk).update(steam_id=STEAM_ID + number)
            return True

        assert sum(at_once(6, look_then_write)) > 1

    def test_a_nonce_counts_once(self):
        assert sum(at_once(8, lambda _: use_nonce("once"))) == 1
        assert Nonce.objects.count() == 1


def race(first, second):
    return before_the_commit_of(first, lambda: outcome(second))


@pytest.fixture
def without_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows: rows)


def profile(discord_id, email=EMAIL):
    return Profile(discord_id, f"user{discord_id}", "Ada", "", email)


def link(user, discord_id):
    link_discord(user=user, profile=profile(discord_id))


def sign_in(user, discord_id):
    sign_in_by_discord(profile=profile(discord_id))


@racing
@pytest.mark.parametrize("come", [link, sign_in])
class TestTwoWhoBringDiscordAccounts:
    @pytest.fixture
    def user(self):
        return UserFactory(email=EMAIL)

    def come_with_both(self, come, user):
        return race(lambda: come(user, ADA), lambda: come(user, ADAS_OTHER))

    def come_twice(self, come, user):
        assert race(lambda: come(user, ADA), lambda: come(user, ADA)) == "done"

    def test_of_two_accounts_one_is_the_members(self, come, user):
        assert self.come_with_both(come, user) == "discord_already_linked"
        assert discord_id_of(user) == ADA

    @pytest.mark.usefixtures("without_locks")
    def test_without_the_lock_the_second_would_replace_the_first(self, come, user):
        assert self.come_with_both(come, user) == "done"
        assert discord_id_of(user) == ADAS_OTHER

    def test_of_one_account_that_comes_twice_the_member_is_told_once(self, come, user, mailoutbox):
        self.come_twice(come, user)

        assert len(mailoutbox) == 1

    @pytest.mark.usefixtures("without_locks")
    def test_without_the_lock_they_would_be_told_twice(self, come, user, mailoutbox):
        self.come_twice(come, user)

        assert len(mailoutbox) == 2


@racing
class TestTwoNewcomersWithOneEmail:
    def come_with_both(self):
        return race(lambda: sign_in(None, ADA), lambda: sign_in(None, ADAS_OTHER))

    def test_one_becomes_the_member_whose_it_is(self):
        assert self.come_with_both() == "discord_already_linked"
        assert User.objects.get().discord_id == ADA

    def test_without_the_constraint_both_would(self):
        with without_constraint(User, "user_verified_email_unique"):
            assert self.come_with_both() == "done"
            assert User.objects.count() == 2


@racing
class TestEndedMeanwhile:
    """What a member ends is not brought back by what had begun before."""

    @pytest.fixture
    def user(self):
        return UserFactory()

    @pytest.fixture
    def linked(self):
        return UserFactory(discord_id=ADA)

    def sign_in_while_unlinking(self, user):
        return race(
            lambda: unlink_discord(user=user),
            lambda: sign_in_by_discord(profile=profile(ADA, email="")),
        )

    def test_an_account_that_is_unlinked_signs_nobody_in(self, linked):
        assert self.sign_in_while_unlinking(linked) == "discord_email_not_verified"
        assert discord_id_of(linked) is None

    @pytest.mark.usefixtures("without_locks")
    def test_without_the_lock_signing_in_would_link_it_again(self, linked):
        assert self.sign_in_while_unlinking(linked) == "done"
        assert discord_id_of(linked) == ADA

    def link_while_signing_out(self, user):
        return race(lambda: sign_out_everywhere(user=user), lambda: link(user, ADA))

    def test_who_is_signed_out_links_nothing(self, user):
        assert self.link_while_signing_out(user) == "state_mismatch"
        assert discord_id_of(user) is None

    @pytest.mark.usefixtures("without_locks")
    def test_without_the_lock_they_would(self, user):
        assert self.link_while_signing_out(user) == "done"
        assert discord_id_of(user) == ADA

    def read_the_guild_while_unlinking(self, user):
        found = {ADA: GuildMember(joined=True, nickname="Countess")}
        race(
            lambda: unlink_discord(user=user),
            lambda: record_guild_page(after=0, last=None, members=found),
        )
        user.refresh_from_db()
        return user.discord_id, user.in_guild, user.guild_nickname

    def test_who_has_unlinked_is_not_in_the_guild(self, linked):
        assert self.read_the_guild_while_unlinking(linked) == (None, False, "")

    @pytest.mark.usefixtures("without_locks")
    def test_without_the_lock_they_would_be_by_no_account(self, linked):
        assert self.read_the_guild_while_unlinking(linked) == (None, True, "Countess")
