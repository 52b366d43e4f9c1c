"""Signing in by session, from pages of another origin and of another site."""

import pytest

# The databases are made for tests that say that they use one; the servers have copies.
pytestmark = pytest.mark.django_db

FLOW = """
    const { sessionClient } = await import(client);
    const session = sessionClient(api);
    const member = await session.signIn(username, password);
    const read = await session.call("GET", "users/me/");
    await session.call("PATCH", "users/me/", { nickname: "Ada" });
    const { nickname } = await session.call("GET", "users/me/");
    await session.signOut();
    const refused = await session.call("GET", "users/me/").catch((error) => error);
    return { member, read, nickname, refused: [refused.status, refused.code] };
"""
SIGN_IN = """
    const { sessionClient } = await import("/session.js");
    window.session = sessionClient(api);
    const refusal = ({ status, code, message }) => [status, code, message];
    window.outcome = (work) => work.then(() => "done", refusal);
    return outcome(session.signIn(username, password));
"""
NOT_SIGNED_IN = [401, "not_authenticated"]
NO_COOKIE = [403, "csrf_failed", "CSRF check failed: CSRF cookie not set."]


def assert_session_flow(page, site, *, client="/session.js"):
    member = site.register()
    seen = page.run(FLOW, client=client, api=site.api, **member)
    assert seen["member"]["username"] == member["username"]
    assert seen["read"] == seen["member"]
    assert seen["nickname"] == "Ada"
    assert seen["refused"] == NOT_SIGNED_IN


def outcome(page, method, path, body=None):
    """What comes of a call by the client that SIGN_IN has left on the page."""
    return page.run(
        "return outcome(session.call(method, path, body ?? undefined))",
        method=method,
        path=path,
        body=body,
    )


def test_a_page_of_the_same_origin(person, site, clients):
    page = person.open(f"{site.api}/health/")
    client = page.run(
        "return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))",
        code=clients["session.js"],
    )

    assert_session_flow(page, site, client=client)


def test_a_page_of_another_origin_of_the_same_site(person, site, frontend):
    assert_session_flow(person.open(frontend.same_site), site)


def test_a_page_of_another_site_where_cookies_go_along_from_any(person, open_site, frontend):
    assert_session_flow(person.open(frontend.other_site), open_site)

    cookie = person.cookies()["csrftoken"]
    assert (cookie["sameSite"], cookie["secure"]) == ("None", True)


def test_by_default_a_page_of_another_site_is_given_no_cookie(person, site, frontend):
    page = person.open(frontend.other_site)

    assert page.run(SIGN_IN, api=site.api, **site.register()) == NO_COOKIE
    assert outcome(page, "GET", "users/me/")[:2] == NOT_SIGNED_IN
    assert person.cookies() == {}


def test_by_default_a_session_does_not_go_along_from_another_site(person, site, frontend):
    page = person.open(frontend.same_site)
    assert page.run(SIGN_IN, api=site.api, **site.register()) == "done"

    page.open(frontend.other_site)
    answer = page.run(
        "return (await fetch(`${api}/users/me/`, { credentials: 'include' })).status", api=site.api
    )

    assert "sessionid" in person.cookies()
    assert answer == 401


def test_blocked_third_party_cookies_are_blocked_whatever_the_settings(person, open_site, frontend):
    page = person.open(frontend.other_site)
    page.block_third_party_cookies()

    assert page.run(SIGN_IN, api=open_site.api, **open_site.register()) == NO_COOKIE


def test_an_origin_that_cors_does_not_name_cannot_read(person, site, stranger):
    page = person.open(stranger.same_site)

    for path in ("tournaments/", "auth/csrf/"):
        read = "return fetch(`${api}/${path}`).then(() => 'read', (error) => error.message)"
        assert page.run(read, api=site.api, path=path) == "Failed to fetch"
        assert "No 'Access-Control-Allow-Origin' header is present" in page.complaints[-2]


def test_an_origin_that_cors_alone_names_cannot_write(person, site, frontend, token_frontend):
    member = site.register()
    page = person.open(token_frontend.same_site)
    distrust = f"Origin checking failed - {token_frontend.same_site} does not match"

    [status, code, message] = page.run(SIGN_IN, api=site.api, **member)
    assert (status, code) == (403, "csrf_failed")
    assert distrust in message

    # Nor with a session that a page which is trusted has begun; reading is another matter.
    assert person.open(frontend.same_site).run(SIGN_IN, api=site.api, **member) == "done"
    [status, _, message] = outcome(page, "PATCH", "users/me/", {"nickname": "Eve"})
    assert status == 403
    assert distrust in message
    assert outcome(page, "GET", "users/me/") == "done"


def test_a_sign_in_in_another_tab_changes_the_token_and_the_client_goes_on(person, site, frontend):
    member = site.register()
    page, other_tab = person.open(frontend.same_site), person.open(frontend.same_site)
    assert page.run(SIGN_IN, api=site.api, **member) == "done"
    assert outcome(page, "PATCH", "users/me/", {"nickname": "Ada"}) == "done"

    assert other_tab.run(SIGN_IN, api=site.api, **member) == "done"

    assert outcome(page, "PATCH", "users/me/", {"nickname": "Ada L."}) == "done"
    patches = [method for method, _ in page.requests if method == "PATCH"]
    assert len(patches) == 3  # the last of them twice
