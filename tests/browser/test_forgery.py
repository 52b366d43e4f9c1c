"""Another site's form, which asks nobody for leave and needs no script, in a visitor's browser."""

from html import escape

import pytest

from tests.browser.test_sessions import SIGN_IN

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session", params=["lax", "none"])
def any_site(request, site, open_site):
    return {"lax": site, "none": open_site}[request.param]


@pytest.fixture
def submit(stranger, person):
    """Have the person press the button of a form on a page of another site; answer what comes."""

    def submit(url, fields, *, enctype):
        inputs = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in fields.items()
        )
        stranger.pages["/prize"] = (
            f'<form method="post" enctype="{enctype}" action="{url}">{inputs}'
            "<button>Collect your prize</button></form>"
        )
        page = person.open(f"{stranger.other_site}/prize")
        page.wait_for_load(lambda: page.click("button", "Collect"))
        assert page.url == url
        return page.run("return JSON.parse(document.body.innerText)")

    return submit


@pytest.mark.parametrize(
    ("enctype", "fields"),
    [
        # A text that is JSON, which is what the API reads.
        ("text/plain", {'{"name": "Forged", "tournament_type": "swiss", "': '": ""}'}),
        ("application/x-www-form-urlencoded", {"name": "Forged", "tournament_type": "swiss"}),
    ],
)
def test_a_form_of_another_site_makes_nothing(any_site, person, frontend, submit, enctype, fields):
    page = person.open(frontend.same_site)
    assert page.run(SIGN_IN, api=any_site.api, **any_site.register()) == "done"
    assert "sessionid" in person.cookies()

    refusal = submit(f"{any_site.api}/tournaments/", fields, enctype=enctype)

    assert refusal["code"] in {"not_authenticated", "csrf_failed"}
    assert page.run("return (await session.call('GET', 'users/me/')).username")  # still signed in
    names = page.run(
        "return (await session.call('GET', 'tournaments/')).results.map(({ name }) => name)"
    )
    assert "Forged" not in names


def test_a_form_of_another_site_signs_nobody_in(any_site, person, submit):
    member = any_site.register()

    refusal = submit(
        f"{any_site.api}/auth/session/", member, enctype="application/x-www-form-urlencoded"
    )

    assert refusal["code"] == "csrf_failed"
    assert "sessionid" not in person.cookies()
