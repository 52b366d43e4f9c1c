"""Signing in at Discord, as a person in a browser does, and the way back."""

import pytest

pytestmark = pytest.mark.django_db

TOKENS = """
    const { tokenClient } = await import("/tokens.js");
    const { socialClient } = await import("/social.js");
    window.tokens = tokenClient(api);
    window.social = socialClient(api, tokens);
"""


def leave_by_link(page, site):
    page.wait_for_load(
        lambda: page.run(
            "location.href = `${api}/auth/social/login/discord/?next=/welcome`", api=site.api
        )
    )


def leave_by_token(page, site):
    page.run(TOKENS, api=site.api)
    page.wait_for_load(lambda: page.run("await social.leave('discord', '/welcome')"))


def agree(page, discord):
    assert page.url.startswith(discord.url)
    page.wait_for_load(lambda: page.click("a", "ada"))


def test_a_link_comes_back_with_a_session(person, site, frontend, discord):
    page = person.open(frontend.same_site)

    leave_by_link(page, site)
    agree(page, discord)

    assert page.url == f"{frontend.same_site}/welcome"
    me = page.run(
        """
        const { sessionClient } = await import("/session.js");
        return sessionClient(api).call("GET", "users/me/");
        """,
        api=site.api,
    )
    assert me["discord_id"] == "101"


def test_a_token_app_trades_the_session_that_comes_back(person, site, frontend, discord):
    page = person.open(frontend.same_site)

    leave_by_token(page, site)
    agree(page, discord)

    assert page.url == f"{frontend.same_site}/welcome"
    page.run(TOKENS, api=site.api)
    page.run("await social.arrive()")
    assert "sessionid" not in person.cookies()
    assert page.run("return (await tokens.call('GET', 'users/me/')).discord_id") == "101"


def test_somebody_signed_in_by_token_links_instead(person, site, frontend, discord):
    discord.add_user(102, username="grace", email="grace@discord.example")
    member = site.register()
    page = person.open(frontend.same_site)
    page.run(TOKENS, api=site.api)
    page.run("await tokens.signIn(username, password)", **member)

    page.wait_for_load(lambda: page.run("await social.leave('discord', '/welcome')"))
    page.wait_for_load(lambda: page.click("a", "grace"))

    page.run(TOKENS, api=site.api)
    me = page.run("return tokens.call('GET', 'users/me/')")
    assert (me["username"], me["discord_id"]) == (member["username"], "102")


def test_cancelling_comes_back_with_the_reason(person, site, frontend):
    page = person.open(frontend.same_site)

    leave_by_link(page, site)
    page.wait_for_load(lambda: page.click("a", "Cancel"))

    assert page.url == f"{frontend.same_site}/welcome?error=cancelled"


@pytest.mark.parametrize("leave", [leave_by_link, leave_by_token])
def test_strict_cookies_do_not_come_back(person, strict_site, frontend, discord, leave):
    page = person.open(frontend.same_site)

    leave(page, strict_site)
    agree(page, discord)

    # Without its cookie, not even where it was to end is known.
    assert page.url == f"{frontend.same_site}/?error=state_mismatch"


def test_by_default_a_token_app_of_another_site_cannot_leave(person, site, frontend, discord):
    page = person.open(frontend.other_site)

    leave_by_token(page, site)
    agree(page, discord)

    assert page.url == f"{frontend.same_site}/?error=state_mismatch"
