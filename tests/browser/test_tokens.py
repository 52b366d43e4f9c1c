"""Signing in by token, from a page that the API trusts with no cookie."""

from datetime import timedelta

import httpx
import pytest

from app.accounts.tokens import AccessToken

pytestmark = pytest.mark.django_db

CLIENT = """
    const { tokenClient } = await import("/tokens.js");
    window.tokens = tokenClient(api);
    const me = tokens.call.bind(null, "GET", "users/me/");
    window.me = () => me().then(({ username }) => username, ({ code }) => code);
"""
FIVE_TIMES = "return Promise.all([me(), me(), me(), me(), me()])"


@pytest.fixture
def open_tab(person, token_frontend, site):
    """Open a tab of the frontend, with a client."""

    def open_tab():
        # Of another site, and in a browser that has no cookies for it.
        page = person.open(token_frontend.other_site)
        page.block_third_party_cookies()
        page.run(CLIENT, api=site.api)
        return page

    return open_tab


@pytest.fixture
def refreshes(site):
    def count(page):
        return page.requests.count(("POST", f"{site.api}/auth/refresh/"))

    return count


def log_in(site, member):
    """Answer a token pair that the page knows nothing of."""
    return httpx.post(f"{site.api}/auth/login/", json=member, trust_env=False).json()


def sign_in(page, member):
    return page.run("return (await tokens.signIn(username, password)).username", **member)


def reload(page, site):
    """Load the page anew, which forgets the access token."""
    page.reload()
    page.run(CLIENT, api=site.api)


def test_a_token_reads_and_writes_until_it_is_signed_out(person, site, open_tab, refreshes):
    member, page = site.register(), open_tab()

    assert sign_in(page, member) == member["username"]
    assert page.run("return me()") == member["username"]
    change = "return (await tokens.call('PATCH', 'users/me/', { nickname: 'Ada' })).nickname"
    assert page.run(change) == "Ada"

    page.run("await tokens.signOut()")

    assert page.run("return me()") == "not_authenticated"
    assert refreshes(page) == 0
    assert person.cookies() == {}


def test_signing_out_ends_the_refresh_token(site, open_tab):
    page, pair = open_tab(), log_in(site, site.register())
    page.run("await tokens.keep(pair)", pair=pair)

    page.run("await tokens.signOut()")

    answer = httpx.post(
        f"{site.api}/auth/refresh/", json={"refresh": pair["refresh"]}, trust_env=False
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


def test_five_callers_with_an_expired_token_refresh_once(site, open_tab, refreshes):
    member, page = site.register(), open_tab()
    pair = log_in(site, member)
    access = AccessToken(pair["access"])
    access.set_exp(lifetime=-timedelta(minutes=1))
    page.run("await tokens.keep(pair)", pair={**pair, "access": str(access)})

    assert page.run(FIVE_TIMES) == [member["username"]] * 5

    assert refreshes(page) == 1
    asked = page.requests.count(("GET", f"{site.api}/users/me/"))
    assert asked == 10  # each was refused once


def test_five_callers_of_a_page_just_loaded_refresh_once(site, open_tab, refreshes):
    member, page = site.register(), open_tab()
    sign_in(page, member)

    reload(page, site)

    assert page.run(FIVE_TIMES) == [member["username"]] * 5
    assert refreshes(page) == 1


def refresh_together(tabs, site, *, lock):
    """Have all tabs refresh at once, and answer whom the API then takes each for."""
    for tab in tabs:
        reload(tab, site)
        # Slow enough that each has read its refresh token before another's answer is there.
        tab.run("""
            const send = window.fetch;
            window.fetch = async (url, options) => {
                if (url.endsWith("/auth/refresh/")) await new Promise((go) => setTimeout(go, 300));
                return send(url, options);
            };
        """)
        if not lock:
            tab.run("navigator.locks.request = async (name, work) => work();")
    for number in [tab.begin("return me()") for tab in tabs]:
        tabs[0].finished(number)
    return [tab.run("return me()") for tab in tabs]


def test_tabs_that_take_turns_keep_their_sign_in(site, open_tab, refreshes):
    member, tabs = site.register(), [open_tab(), open_tab()]
    sign_in(tabs[0], member)

    for _ in range(3):
        assert refresh_together(tabs, site, lock=True) == [member["username"]] * 2

    assert [refreshes(tab) for tab in tabs] == [3, 3]


def test_tabs_that_do_not_take_turns_lose_it(site, open_tab):
    member, tabs = site.register(), [open_tab(), open_tab()]
    sign_in(tabs[0], member)

    assert refresh_together(tabs, site, lock=False) == ["not_authenticated"] * 2


def test_signing_out_in_one_tab_signs_out_the_other(site, open_tab):
    member, tabs = site.register(), [open_tab(), open_tab()]
    sign_in(tabs[0], member)
    assert [tab.run("return me()") for tab in tabs] == [member["username"]] * 2

    tabs[0].run("await tokens.signOut()")

    assert tabs[1].run("return me()") == "not_authenticated"
