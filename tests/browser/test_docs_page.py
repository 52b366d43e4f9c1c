"""The docs page, as somebody who reads it uses it."""

import json

import pytest

pytestmark = pytest.mark.django_db

LOGIN = "#operations-auth-auth_login_create"
ME = "#operations-users-users_me_retrieve"


def execute(page, operation, body=None):
    """Open the operation, try it out, and answer the status and the body that the page shows."""
    page.click(f"{operation} .opblock-summary-control")
    page.click(f"{operation} .try-out__btn")
    if body is not None:
        page.fill(f"{operation} textarea", json.dumps(body))
    page.click(f"{operation} .execute")
    answer = f"{operation} .live-responses-table .response"
    status = page.until(f"document.querySelector('{answer} .response-col_status')?.innerText")
    shown = page.run(f"return document.querySelector('{answer} .highlight-code').innerText")
    return int(status.split()[0]), shown


def test_signing_in_on_the_docs_page_keeps_one_signed_in(person, site, tmp_path):
    member = site.register()
    page = person.open(f"{site.api}/docs/")
    page.until("!!document.querySelector('.opblock')")

    status, _ = execute(page, LOGIN, body=member)
    assert status == 200
    status, shown = execute(page, ME)

    page.screenshot(tmp_path / "docs.png")
    assert status == 200, shown
    assert member["username"] in shown
    assert page.complaints == []
    assert "sessionid" not in person.cookies()  # so it was the token


def test_nobody_is_refused_on_the_docs_page(person, site):
    page = person.open(f"{site.api}/docs/")
    page.until("!!document.querySelector('.opblock')")

    status, shown = execute(page, ME)

    assert status == 401
    assert "not_authenticated" in shown
