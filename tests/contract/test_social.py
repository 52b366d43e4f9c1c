"""The ways by another site, walked as a browser walks them."""

import itertools
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from app.core.steam_id import to_steam_id
from tests.contract import expect
from tests.contract.sites import unique
from tests.factories import PASSWORD

STEAM_LOGIN = "/api/auth/social/login/steam/"
STEAM_COMPLETE = "/api/auth/social/complete/steam/"
DISCORD_LOGIN = "/api/auth/social/login/discord/"
DISCORD_COMPLETE = "/api/auth/social/complete/discord/"
# Of nobody else, whichever entrance a test goes by.
_numbers = itertools.count(910_000_001)


@pytest.fixture
def account_id(outside):
    account_id = next(_numbers)
    outside.steam.add_player(account_id)
    return account_id


@pytest.fixture
def discord_user(outside):
    """Somebody at Discord; answer their id and verified email."""

    def make(**fields):
        user_id, username = next(_numbers), unique("gamer")
        email = f"{username}@discord.example"
        outside.discord.add_user(user_id, username=username, **{"email": email} | fields)
        return user_id, email

    return make


@pytest.fixture
def browser(own_site, api):
    api.headers["Origin"] = own_site.base_url
    return api


@pytest.fixture
def member(own_site, browser):
    """The browser's, signed in by session."""
    member = own_site.sign_up(unique("member"))
    csrf(browser)
    body = {"email": member.user["email"], "password": PASSWORD}
    assert browser.post("/api/auth/session/", json=body).status_code == 200
    csrf(browser)
    return member


def csrf(browser):
    browser.headers["X-CSRFToken"] = browser.get("/api/auth/csrf/").json()["csrf_token"]


def go(browser, login, **who):
    """Leave for the other site, choose who one is there, and come back."""
    left = browser.get(login)
    assert left.status_code == 302, left.text
    return browser.get(choose(left.headers["location"], **who))


def choose(login_url, **who):
    chosen = httpx.get(login_url, params=dict(parse_qsl(urlsplit(login_url).query)) | who)
    assert chosen.status_code == 302, chosen.text
    return chosen.headers["location"]


def me(browser):
    return browser.get("/api/users/me/").json()


class TestDiscord:
    def test_somebody_new_signs_in_and_trades_the_session_for_tokens(
        self, own_site, browser, outside, discord_user
    ):
        user_id, email = discord_user(global_name="Ådel 🐉", avatar="abc")
        outside.discord.join(user_id, nick="Countess")

        assert go(browser, DISCORD_LOGIN, user=user_id).headers["location"] == "/api/docs/"

        user = me(browser)
        assert user["discord_id"] == str(user_id)
        assert user["discord_nickname"] == "Ådel 🐉"
        assert user["guild_nickname"] == user["display_name"] == "Countess"
        assert user["avatar"].endswith("/abc.png")
        assert (user["email"], user["email_verified"]) == (email, True)
        csrf(browser)
        pair = browser.post("/api/auth/token/").json()
        other = own_site.caller()
        other.headers["Authorization"] = f"Bearer {pair['access']}"
        assert me(other)["id"] == user["id"]

    def test_a_member_links_it_and_signs_in_by_it(self, own_site, browser, member, discord_user):
        user_id, _ = discord_user()

        assert go(browser, DISCORD_LOGIN, user=user_id).status_code == 302
        assert me(browser)["discord_id"] == str(user_id)

        other = own_site.caller()
        go(other, DISCORD_LOGIN, user=user_id)
        assert me(other)["id"] == member.user["id"]

    def test_an_unproven_email_opens_no_account(self, own_site, browser, discord_user):
        victim = own_site.sign_up(unique("victim"))
        there, _ = discord_user(email=victim.user["email"], verified=False)
        here, _ = discord_user(email=victim.user["email"])  # proven there, and not here

        for user_id, code in [(there, "discord_email_not_verified"), (here, "email_not_verified")]:
            expect.refused(go(browser, DISCORD_LOGIN, user=user_id), 409, code)
        expect.refused(browser.get("/api/users/me/"), 401, "not_authenticated")
        assert me(victim)["discord_id"] is None

    def test_another_browsers_answer_is_refused(self, own_site, browser, discord_user):
        user_id, _ = discord_user()
        address = choose(browser.get(DISCORD_LOGIN).headers["location"], user=user_id)

        expect.refused(own_site.caller().get(address), 403, "state_mismatch")

    def test_one_who_went_back_is_told_so(self, browser):
        login_url = browser.get(DISCORD_LOGIN).headers["location"]
        state = dict(parse_qsl(urlsplit(login_url).query))["state"]

        answer = browser.get(f"{DISCORD_COMPLETE}?error=access_denied&state={state}")

        expect.refused(answer, 403, "cancelled")

    def test_a_discord_that_does_not_answer_signs_nobody_out(
        self, browser, member, outside, discord_user
    ):
        user_id, _ = discord_user()
        outside.discord.fail("503", endpoint="token", times=1)

        answer = go(browser, DISCORD_LOGIN, user=user_id)

        expect.refused(answer, 503, "discord_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert me(browser)["id"] == member.user["id"]
        assert go(browser, DISCORD_LOGIN, user=user_id).status_code == 302


class TestSteam:
    def test_a_member_links_the_account_that_is_theirs(self, browser, member, account_id):
        assert go(browser, STEAM_LOGIN, account=account_id).headers["location"] == "/api/docs/"

        assert me(browser)["steam_id"] == str(to_steam_id(account_id))
        assert me(member)["steam_id"] == str(to_steam_id(account_id))

    def test_a_frontend_that_signs_in_by_token_links_it_too(self, own_site, account_id):
        member = own_site.sign_up(unique("member"))
        login_url = member.post(STEAM_LOGIN).json()["url"]
        # A browser that comes back sends its cookie alone.
        browser = own_site.caller()
        browser.cookies = member.cookies

        assert browser.get(choose(login_url, account=account_id)).status_code == 302

        assert me(member)["steam_id"] == str(to_steam_id(account_id))

    def test_nobody_begins_it(self, browser):
        expect.refused(browser.get(STEAM_LOGIN), 401, "not_authenticated")

    def test_a_forged_answer_links_nothing(self, browser, member, account_id):
        victim = f"https://steamcommunity.com/openid/id/{to_steam_id(next(_numbers))}"
        forgeries = [
            {"openid.claimed_id": victim, "openid.identity": victim},
            {"openid.claimed_id": victim.replace("steamcommunity.com", "evil.example")},
            {"openid.return_to": "https://evil.example/"},
            {"openid.op_endpoint": "https://evil.example/openid/login"},
            {"openid.sig": "forged"},
            {"openid.response_nonce": "2001-01-01T00:00:00Zabc"},
            {"openid.extra": "1"},
        ]
        for forgery in forgeries:
            address = choose(browser.get(STEAM_LOGIN).headers["location"], account=account_id)
            said = dict(parse_qsl(urlsplit(address).query)) | forgery
            answer = browser.get(f"{STEAM_COMPLETE}?{urlencode(said)}")
            expect.refused(answer, 403, "steam_not_proven")
        assert me(browser)["steam_id"] is None

    def test_an_answer_is_good_once_and_in_one_browser(self, own_site, browser, member, account_id):
        address = choose(browser.get(STEAM_LOGIN).headers["location"], account=account_id)

        expect.refused(own_site.caller().get(address), 403, "state_mismatch")
        assert browser.get(address).status_code == 302
        expect.refused(browser.get(address), 403, "state_mismatch")

    def test_an_account_is_one_members(self, own_site, browser, member, account_id):
        go(browser, STEAM_LOGIN, account=account_id)
        other = own_site.sign_up(unique("other"))

        login_url = other.post(STEAM_LOGIN).json()["url"]
        answer = other.get(choose(login_url, account=account_id))

        expect.refused(answer, 409, "steam_account_taken")
        assert me(other)["steam_id"] is None

    def test_a_steam_that_does_not_answer_signs_nobody_out(
        self, browser, member, outside, account_id
    ):
        address = choose(browser.get(STEAM_LOGIN).headers["location"], account=account_id)
        outside.steam.fail("429", endpoint="openid", times=3)

        answer = browser.get(address)

        expect.refused(answer, 503, "steam_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert me(browser)["id"] == member.user["id"]
        # Loading the page again is all that it takes.
        assert browser.get(address).status_code == 302
        assert me(browser)["steam_id"] == str(to_steam_id(account_id))


@pytest.mark.parametrize("login", [STEAM_LOGIN, DISCORD_LOGIN])
@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_way_ends_nowhere_else(browser, member, login, place):
    expect.invalid(browser.get(login, params={"next": place}), "next")
