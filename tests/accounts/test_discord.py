"""Signing in by Discord, and linking: by the Discord id, or by an email proven on both sides."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from rest_framework.test import APIClient

from app.accounts.discord.payloads import GuildMember, Profile
from app.accounts.models import User
from app.accounts.services import sign_in_by_discord, unlink_discord
from tests.factories import PASSWORD, UserFactory
from tests.fakes.discord import GUILD_ID, FakeDiscord
from tests.races import at_once, racing

pytestmark = pytest.mark.django_db

LOGIN = "/api/auth/social/login/discord/"
COMPLETE = "/api/auth/social/complete/discord/"
ME = "/api/users/me/"
ADA = 1_100_000_000_000_000_001


@pytest.fixture(autouse=True)
def discord(settings):
    with FakeDiscord() as fake:
        settings.DISCORD_URL = fake.url
        settings.DISCORD_GUILD_ID = GUILD_ID
        settings.SOCIAL_AUTH_DISCORD_KEY = "fake-client"
        settings.SOCIAL_AUTH_DISCORD_SECRET = "fake-secret"
        fake.add_user(
            ADA,
            username="ada.lovelace",
            global_name="Ada L.",
            avatar="a1b2c3",
            email="Ada@Guild.Example",
            verified=True,
        )
        yield fake


@pytest.fixture
def browser():
    return APIClient()


def begin(client, **query):
    response = client.get(LOGIN, query)
    assert response.status_code == 302, response.content
    return response["Location"]


def come_back(client, address):
    return client.get(f"{COMPLETE}?{urlsplit(address).query}")


def sign_in(client, discord, user_id=ADA):
    return come_back(client, discord.approve(begin(client), user_id))


def fields(user):
    return User.objects.values().get(pk=user.pk)


def refused(response, code, status=409):
    assert response.status_code == status, response.content
    assert response.json()["code"] == code
    return True


class TestSigningIn:
    def test_somebody_new_becomes_a_member(self, discord, browser):
        response = sign_in(browser, discord)

        assert response.status_code == 302
        assert response["Location"] == "/api/docs/"
        user = User.objects.get()
        assert user.discord_id == ADA
        assert (user.email, user.email_verified) == ("ada@guild.example", True)
        assert user.username == "ada.lovelace"
        assert user.discord_nickname == "Ada L."
        assert user.avatar == f"https://cdn.discordapp.com/avatars/{ADA}/a1b2c3.png"
        assert not user.has_usable_password()
        assert browser.get(ME).json()["id"] == user.pk

    def test_who_has_linked_it_signs_in(self, discord, browser):
        user = UserFactory(discord_id=ADA)

        sign_in(browser, discord)

        assert browser.get(ME).json()["id"] == user.pk
        assert User.objects.count() == 1

    def test_who_has_proven_the_email_here_too_is_linked(self, discord, browser):
        user = UserFactory(email="ada@guild.example")

        sign_in(browser, discord)

        assert browser.get(ME).json()["id"] == user.pk
        assert fields(user)["discord_id"] == ADA
        assert User.objects.count() == 1

    def test_what_they_are_called_there_is_brought_up_to_date(self, discord, browser):
        user = UserFactory(discord_id=ADA, discord_nickname="Old", username="ada")
        discord.join(ADA, nick="Countess")

        sign_in(browser, discord)

        found = fields(user)
        assert (found["discord_nickname"], found["guild_nickname"]) == ("Ada L.", "Countess")
        assert found["in_guild"] is True
        assert browser.get(ME).json()["display_name"] == "Countess"
        assert found["username"] == "ada"

    def test_without_a_global_name_it_is_the_username(self, discord, browser):
        discord.add_user(5, username="grace", email="grace@guild.example", verified=True)

        sign_in(browser, discord, 5)

        assert User.objects.get().discord_nickname == "grace"
        assert User.objects.get().avatar == ""

    def test_an_avatar_of_the_members_own_stays(self, discord, browser):
        own = "https://avatars.example/me.png"
        user = UserFactory(discord_id=ADA, avatar=own)

        sign_in(browser, discord)

        assert fields(user)["avatar"] == own

    def test_who_is_not_in_the_guild_has_no_nickname_in_it(self, discord, browser):
        user = UserFactory(discord_id=ADA, in_guild=True, guild_nickname="Gone")

        sign_in(browser, discord)

        assert (fields(user)["in_guild"], fields(user)["guild_nickname"]) == (False, "")
        left_at = fields(user)["guild_left_at"]
        assert left_at is not None
        sign_in(browser, discord)
        assert fields(user)["guild_left_at"] == left_at

    def test_a_guild_that_cannot_be_asked_stops_nobody_and_changes_nothing(self, discord, browser):
        user = UserFactory(discord_id=ADA, in_guild=True, guild_nickname="Countess")
        discord.fail("503", endpoint="member")

        assert sign_in(browser, discord).status_code == 302
        assert browser.get(ME).status_code == 200
        assert fields(user)["guild_nickname"] == "Countess"

    def test_without_a_guild_nobody_is_asked(self, discord, browser, settings):
        settings.DISCORD_GUILD_ID = 0

        assert sign_in(browser, discord).status_code == 302
        assert discord.count("member") == 0

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("ada", "ada-"),  # taken
            ("A", "member-"),
            ("аdа", "member-"),  # noqa: RUF001 - in Cyrillic, but for one letter
            (".ada.l", "ada.l"),
            ("ada l", "adal"),
            ("x" * 40, "x" * 32),
        ],
    )
    def test_a_name_that_is_no_username_here_becomes_one(self, discord, browser, theirs, ours):
        UserFactory(username="Ada")
        discord.add_user(7, username=theirs, email="new@guild.example", verified=True)

        sign_in(browser, discord, 7)

        user = User.objects.get(discord_id=7)
        assert user.username.startswith(ours)
        user.full_clean(exclude=["password", "email"])

    def test_a_session_is_not_the_one_from_before(self, discord, browser):
        login_url = begin(browser)
        planted = browser.cookies["sessionid"].value

        come_back(browser, discord.approve(login_url, ADA))

        assert browser.cookies["sessionid"].value != planted
        assert APIClient(HTTP_COOKIE=f"sessionid={planted}").get(ME).status_code == 401

    def test_a_session_becomes_a_token_pair(self, discord, browser):
        sign_in(browser, discord)

        pair = browser.post("/api/auth/token/").json()

        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
        assert client.get(ME).json()["discord_id"] == str(ADA)

    @racing
    def test_who_comes_by_twice_at_once_is_one_member(self):
        profile = Profile(ADA, "ada", "Ada", "", "ada@guild.example", GuildMember(joined=True))

        found = at_once(6, lambda _: sign_in_by_discord(profile=profile).pk)

        assert len(found) == 6
        assert len(set(found)) == User.objects.count() == 1


class TestTakeover:
    """Neither side's word for an email is enough."""

    def test_an_email_that_discord_has_not_verified_opens_nobodys_account(self, discord, browser):
        victim = UserFactory(email="ada@guild.example")
        discord.add_user(666, username="mallory", email="ada@guild.example", verified=False)

        assert refused(sign_in(browser, discord, 666), "discord_email_not_verified")

        assert fields(victim)["discord_id"] is None
        assert browser.get(ME).status_code == 401

    def test_nor_is_it_told_whether_there_is_one(self, discord, browser):
        UserFactory(email="ada@guild.example")
        discord.add_user(666, username="mallory", email="ada@guild.example", verified=False)
        discord.add_user(667, username="mallet", email="nobody@guild.example", verified=False)
        discord.add_user(668, username="marvin")

        answers = {sign_in(browser, discord, user_id).content for user_id in (666, 667, 668)}

        assert len(answers) == 1

    def test_who_claimed_the_email_here_first_does_not_get_its_owner(self, discord, browser):
        mallory = UserFactory(email="ada@guild.example", email_verified=False)

        assert refused(sign_in(browser, discord), "email_not_verified")

        assert fields(mallory)["discord_id"] is None
        assert User.objects.count() == 1
        assert browser.get(ME).status_code == 401

    def test_once_the_owner_has_proven_it_the_claim_is_none(self, discord, browser):
        mallory = UserFactory(email="ada@guild.example", email_verified=False)
        ada = UserFactory(email="ada@guild.example", email_verified=True)

        sign_in(browser, discord)

        assert browser.get(ME).json()["id"] == ada.pk
        assert fields(mallory)["discord_id"] is None

    def test_another_discord_account_with_the_members_email_is_refused(self, discord, browser):
        user = UserFactory(email="ada@guild.example", discord_id=999)

        assert refused(sign_in(browser, discord), "discord_already_linked")
        assert fields(user)["discord_id"] == 999

    @pytest.mark.parametrize("linked", [{"discord_id": ADA}, {"email": "ada@guild.example"}])
    def test_a_deactivated_member_is_kept_out(self, discord, browser, linked):
        user = UserFactory(is_active=False, **linked)
        before = fields(user)

        assert refused(sign_in(browser, discord), "user_inactive", 403)
        assert fields(user) == before
        assert browser.get(ME).status_code == 401


class TestLinking:
    def test_who_is_signed_in_links_it(self, discord, browser, member):
        browser.force_login(member)

        response = sign_in(browser, discord)

        assert response.status_code == 302
        assert response.wsgi_request.user == member
        assert fields(member)["discord_id"] == ADA
        assert fields(member)["email"] == member.email
        assert browser.get(ME).json()["id"] == member.pk

    def test_no_email_is_needed_for_it(self, discord, browser, member):
        discord.add_user(8, username="grace")
        browser.force_login(member)

        sign_in(browser, discord, 8)

        assert fields(member)["discord_id"] == 8

    def test_a_frontend_that_signs_in_by_token_gets_the_address(self, discord, member_api, member):
        login_url = member_api.post(LOGIN).json()["url"]
        member_api.credentials()  # a browser that comes back sends its cookie alone

        come_back(member_api, discord.approve(login_url, ADA))

        assert fields(member)["discord_id"] == ADA
        assert member_api.get(ME).status_code == 401

    def test_the_member_is_told_as_it_is_a_way_in(self, discord, browser, member, mailoutbox):
        browser.force_login(member)

        sign_in(browser, discord)
        sign_in(browser, discord)

        [mail] = mailoutbox
        assert mail.to == [member.email]
        assert "Ada L." in mail.body

    def test_another_members_account_is_refused(self, discord, browser, member):
        UserFactory(discord_id=ADA)
        browser.force_login(member)

        assert refused(sign_in(browser, discord), "discord_account_taken")
        assert fields(member)["discord_id"] is None

    def test_a_second_account_is_refused(self, discord, browser, member):
        User.objects.filter(pk=member.pk).update(discord_id=999)
        browser.force_login(member)

        assert refused(sign_in(browser, discord), "discord_already_linked")
        assert fields(member)["discord_id"] == 999

    @pytest.mark.parametrize("method", ["patch", "put"])
    def test_there_is_no_other_way_to_write_it(self, member_api, member, method):
        getattr(member_api, method)(ME, {"username": "renamed", "discord_id": str(ADA)})

        assert fields(member)["discord_id"] is None


class TestForgeries:
    def test_a_state_is_good_once(self, discord, browser):
        address = discord.approve(begin(browser), ADA)
        come_back(browser, address)
        browser.logout()

        assert refused(come_back(browser, address), "state_mismatch", 403)

    def test_another_browser_cannot_bring_it(self, discord, browser):
        address = discord.approve(begin(browser), ADA)
        other = APIClient()

        assert refused(come_back(other, address), "state_mismatch", 403)
        begin(other)
        assert refused(come_back(other, address), "state_mismatch", 403)
        assert not User.objects.exists()

    def test_nobody_is_signed_in_as_who_sent_them_the_link(self, discord, browser, member):
        """A link with somebody else's code, in the browser of one who is about to link."""
        mallorys = dict(parse_qsl(urlsplit(discord.approve(begin(APIClient()), ADA)).query))
        browser.force_login(member)
        begin(browser)

        response = browser.get(f"{COMPLETE}?{urlencode(mallorys)}")

        assert refused(response, "state_mismatch", 403)
        assert fields(member)["discord_id"] is None

    @pytest.mark.parametrize("change", [{"state": "x"}, {"state": ""}, {"code": "x"}, {"code": ""}])
    def test_what_was_changed_on_the_way_is_refused(self, discord, browser, change):
        query = dict(parse_qsl(urlsplit(discord.approve(begin(browser), ADA)).query)) | change

        response = browser.get(f"{COMPLETE}?{urlencode(query)}")

        assert response.status_code in {403, 503}
        assert not User.objects.exists()

    def test_nothing_at_all_is_refused(self, browser):
        assert refused(browser.get(COMPLETE), "state_mismatch", 403)
        begin(browser)
        assert refused(browser.get(COMPLETE), "state_mismatch", 403)

    def test_one_who_went_back_is_told_so(self, browser):
        state = dict(parse_qsl(urlsplit(begin(browser)).query))["state"]

        response = browser.get(f"{COMPLETE}?error=access_denied&state={state}")

        assert refused(response, "cancelled", 403)


class TestOutage:
    @pytest.mark.parametrize("endpoint", ["token", "me"])
    @pytest.mark.parametrize("kind", ["429", "500", "503", "drop", "garbage", "empty"])
    def test_it_is_said_and_loses_nothing(self, discord, browser, member, endpoint, kind):
        browser.force_login(member)
        discord.fail(kind, endpoint=endpoint)

        response = sign_in(browser, discord)

        assert refused(response, "discord_unavailable", 503)
        assert int(response["Retry-After"]) > 0
        assert browser.get(ME).status_code == 200
        discord.clear_faults()
        assert sign_in(browser, discord).status_code == 302
        assert fields(member)["discord_id"] == ADA

    def test_the_same_answer_brings_nobody_in_later(self, discord, browser):
        discord.fail("503", endpoint="me", times=1)
        address = discord.approve(begin(browser), ADA)

        assert refused(come_back(browser, address), "discord_unavailable", 503)
        # Discord's code was used: there is no other way than from the start.
        assert refused(come_back(browser, address), "state_mismatch", 403)
        assert sign_in(browser, discord).status_code == 302

    def test_the_frontend_is_told(self, discord, browser, settings):
        settings.FRONTEND_URL = "https://app.guildhall.example"
        discord.fail("503", endpoint="me")
        address = discord.approve(begin(browser, next="/join"), ADA)

        response = come_back(browser, address)

        assert response["Location"] == (
            "https://app.guildhall.example/join?error=discord_unavailable"
        )

    def test_a_site_without_an_application_says_so(self, browser, settings):
        settings.SOCIAL_AUTH_DISCORD_KEY = ""

        assert refused(browser.get(LOGIN), "discord_not_configured", 404)

    def test_a_link_that_is_refused_ends_at_the_frontend_too(self, browser, settings):
        settings.SOCIAL_AUTH_DISCORD_KEY = ""
        settings.FRONTEND_URL = "https://app.guildhall.example"

        assert browser.get(LOGIN, {"next": "/join?a=1"})["Location"] == (
            "https://app.guildhall.example/join?a=1&error=discord_not_configured"
        )
        # A script reads the answer itself.
        assert refused(browser.post(LOGIN), "discord_not_configured", 404)
        assert browser.get(LOGIN, {"next": "//evil.example"}).status_code == 400

    def test_neither_code_nor_token_is_logged(self, discord, browser, caplog):
        caplog.set_level("DEBUG")
        discord.fail("503", endpoint="me")
        address = discord.approve(begin(browser), ADA)

        come_back(browser, address)

        ours = [record.getMessage() for record in caplog.records if record.name.startswith("app")]
        code = dict(parse_qsl(urlsplit(address).query))["code"]
        assert ours
        assert not any(code in line or "fake-secret" in line for line in ours)


def test_who_came_by_discord_sets_a_password_by_mail(discord, browser, mailoutbox):
    sign_in(browser, discord)

    browser.post("/api/auth/password/reset/", {"email": "ada@guild.example"})

    token = mailoutbox[-1].body.split("\n\n")[2].strip()
    body = {"token": token, "password": PASSWORD, "password_confirm": PASSWORD}
    assert browser.post("/api/auth/password/reset/confirm/", body).status_code == 204
    login = {"email": "ada@guild.example", "password": PASSWORD}
    assert APIClient().post("/api/auth/login/", login).status_code == 200


class TestUnlinking:
    def test_whoever_had_signed_in_by_it_is_out(self, discord, browser, member):
        User.objects.filter(pk=member.pk).update(discord_id=ADA)
        sign_in(browser, discord)
        access = browser.post("/api/auth/token/").json()["access"]

        unlink_discord(user=member)

        bearing = APIClient()
        bearing.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        assert (browser.get(ME).status_code, bearing.get(ME).status_code) == (401, 401)
