import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.fakes.steam import ANONYMOUS, STEAM_ID_BASE, FakeSteam, Fault, match

ALICE, BOB = 1001, 1002
NS = "http://specs.openid.net/auth/2.0"
SELECT = f"{NS}/identifier_select"
RETURN_TO = "https://api.guildhall.example/back/?state=s%20%26t"
LOGIN = {
    "openid.ns": NS,
    "openid.mode": "checkid_setup",
    "openid.identity": SELECT,
    "openid.claimed_id": SELECT,
    "openid.return_to": RETURN_TO,
    "openid.realm": "https://api.guildhall.example",
}
VALID = f"ns:{NS}\nis_valid:true\n"
INVALID = f"ns:{NS}\nis_valid:false\n"


@pytest.fixture
def steam() -> Iterator[FakeSteam]:
    with FakeSteam() as fake:
        fake.add_player(ALICE, personaname="Alice")
        yield fake


def login_url(steam: FakeSteam, **changes: str) -> str:
    changed = {f"openid.{name}": value for name, value in changes.items()}
    return f"{steam.openid_url}?{urlencode(LOGIN | changed)}"


def fields(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def assertion(steam: FakeSteam, account_id: int = ALICE) -> dict[str, str]:
    """What Steam sends back with a player, without what return_to had of its own."""
    asserted = fields(steam.assertion(login_url(steam), account_id))
    return {name: value for name, value in asserted.items() if name.startswith("openid.")}


def check(steam: FakeSteam, params: dict[str, str]) -> str:
    content = params | {"openid.mode": "check_authentication"}
    response = httpx.post(steam.openid_url, data=content, trust_env=False)
    assert response.status_code == 200
    return response.text


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def links(page: httpx.Response) -> dict[str, str]:
    found = re.findall(r'<a href="([^"]*)">([^<]*)</a>', page.text)
    return {unescape(label): unescape(url) for url, label in found}


def test_the_login_page_lists_the_known_players(steam: FakeSteam) -> None:
    steam.add_match(match(match_id=1, seq=1, accounts=[BOB]))

    page = get(login_url(steam))

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert list(links(page)) == [
        f"Alice ({STEAM_ID_BASE + ALICE})",
        f"Player 1002 ({STEAM_ID_BASE + BOB})",
        "Cancel",
    ]


def test_names_on_the_login_page_are_escaped(steam: FakeSteam) -> None:
    steam.add_player(BOB, personaname='<script>"&amp;')

    page = get(login_url(steam))

    assert "<script>" not in page.text
    assert f'<script>"&amp; ({STEAM_ID_BASE + BOB})' in links(page)


def test_a_link_of_the_login_page_asserts_its_player(steam: FakeSteam) -> None:
    page = get(login_url(steam))

    back = get(steam.url + links(page)[f"Alice ({STEAM_ID_BASE + ALICE})"])

    assert back.status_code == 302
    asserted = fields(back.headers["location"])
    assert asserted["openid.claimed_id"].endswith(f"/{STEAM_ID_BASE + ALICE}")
    assert check(steam, asserted) == VALID


def test_cancel_leads_back_without_a_player(steam: FakeSteam) -> None:
    back = links(get(login_url(steam)))["Cancel"]

    assert back.startswith("https://api.guildhall.example/back/?state=s%20%26t&")
    assert fields(back) == {"state": "s &t", "openid.ns": NS, "openid.mode": "cancel"}


def test_an_assertion_has_the_fields_that_steam_sends(steam: FakeSteam) -> None:
    back = steam.assertion(login_url(steam), ALICE)

    assert back.startswith(f"{RETURN_TO}&openid.")
    asserted = fields(back)
    nonce, signature = (asserted.pop(f"openid.{name}") for name in ("response_nonce", "sig"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\S{20,}", nonce)
    assert re.fullmatch(r"[A-Za-z0-9+/]{27}=", signature)
    assert asserted == {
        "state": "s &t",
        "openid.ns": NS,
        "openid.mode": "id_res",
        "openid.op_endpoint": f"{steam.url}/openid/login",
        "openid.claimed_id": f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + ALICE}",
        "openid.identity": f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + ALICE}",
        "openid.return_to": RETURN_TO,
        "openid.assoc_handle": "1234567890",
        "openid.signed": (
            "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
        ),
    }


@pytest.mark.parametrize("account", [BOB, STEAM_ID_BASE + BOB])
def test_an_account_is_written_in_either_form(steam: FakeSteam, account: int) -> None:
    back = get(f"{login_url(steam)}&account={account}").headers["location"]

    assert fields(back)["openid.identity"].endswith(f"/{STEAM_ID_BASE + BOB}")
    assert fields(steam.assertion(login_url(steam), account))["openid.identity"].endswith(
        f"/{STEAM_ID_BASE + BOB}"
    )


def test_a_return_url_without_a_query_gets_one(steam: FakeSteam) -> None:
    url = login_url(steam, return_to="https://api.guildhall.example/back/")

    back = steam.assertion(url, ALICE)

    assert back.startswith("https://api.guildhall.example/back/?openid.")


def test_a_redirect_holds_no_line_break(steam: FakeSteam) -> None:
    url = login_url(steam, return_to="https://api.guildhall.example/ö\r\nSet-Cookie: a=b")

    back = get(f"{url}&account={ALICE}")

    assert "set-cookie" not in back.headers
    assert back.headers["location"].startswith("https://api.guildhall.example/%C3%B6")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ns", "http://openid.net/signon/1.1"),
        ("ns", ""),
        ("mode", "checkid_immediate"),
        ("mode", "check_authentication"),
        ("identity", f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + ALICE}"),
        ("claimed_id", f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + ALICE}"),
        ("return_to", ""),
        ("return_to", "/back/"),
        ("return_to", "javascript:alert(1)"),
        ("return_to", "https://another.example/back/"),
        ("return_to", "http://api.guildhall.example/back/"),
        ("return_to", "https://api.guildhall.example.evil.example/back/"),
        ("realm", ""),
        ("realm", "https://api.guildhall.example/elsewhere/"),
    ],
)
def test_a_login_that_steam_would_not_take_is_an_error(
    steam: FakeSteam, name: str, value: str
) -> None:
    url = login_url(steam, **{name: value})

    assert get(url).status_code == 400
    assert get(f"{url}&account={ALICE}").status_code == 400
    with pytest.raises(ValueError, match=r"openid\."):
        steam.assertion(url, ALICE)


@pytest.mark.parametrize("account", ["alice", "", "0", "-1", str(ANONYMOUS)])
def test_nobody_signs_in_by_an_account_that_is_none(steam: FakeSteam, account: str) -> None:
    assert get(f"{login_url(steam)}&account={account}").status_code == 400


def test_an_assertion_is_confirmed_once(steam: FakeSteam) -> None:
    asserted = assertion(steam)

    assert [check(steam, asserted) for _ in range(3)] == [VALID, INVALID, INVALID]


def test_a_confirmation_is_plain_text(steam: FakeSteam) -> None:
    params = assertion(steam) | {"openid.mode": "check_authentication"}

    response = httpx.post(steam.openid_url, data=params, trust_env=False)

    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("claimed_id", f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + BOB}"),
        ("identity", f"https://steamcommunity.com/openid/id/{STEAM_ID_BASE + BOB}"),
        ("op_endpoint", "https://another.example/openid/login"),
        ("return_to", "https://another.example/back/"),
        ("response_nonce", "2026-01-01T00:00:00Zguess"),
        ("assoc_handle", "another"),
        ("signed", "signed"),
        ("sig", ""),
        ("sig", "guess"),
    ],
)
def test_a_changed_field_is_not_confirmed(steam: FakeSteam, name: str, value: str) -> None:
    asserted = assertion(steam)

    assert check(steam, asserted | {f"openid.{name}": value}) == INVALID
    # And has not used up the true one.
    assert check(steam, asserted) == VALID


def test_another_steam_confirms_nothing(steam: FakeSteam) -> None:
    with FakeSteam() as another:
        assert check(another, assertion(steam)) == INVALID


def test_of_a_key_that_comes_twice_the_last_is_checked(steam: FakeSteam) -> None:
    asserted = assertion(steam) | {"openid.mode": "check_authentication"}
    forged = [("openid.claimed_id", "https://another.example/"), *asserted.items()]

    response = httpx.post(
        steam.openid_url,
        content=urlencode(forged),
        headers={"content-type": "application/x-www-form-urlencoded"},
        trust_env=False,
    )

    assert response.text == VALID


def test_what_a_test_signs_is_confirmed(steam: FakeSteam) -> None:
    forged = assertion(steam) | {"openid.claimed_id": "https://another.example/openid/id/1"}
    assert check(steam, forged) == INVALID

    signed = steam.sign(forged)

    assert signed["openid.claimed_id"] == forged["openid.claimed_id"]
    assert [check(steam, signed) for _ in range(2)] == [VALID, INVALID]


def test_a_signature_is_over_the_fields_that_it_names(steam: FakeSteam) -> None:
    signed = steam.sign(assertion(steam) | {"openid.signed": "signed,identity,response_nonce"})

    assert check(steam, signed | {"openid.return_to": "https://another.example/"}) == VALID
    assert check(steam, steam.sign(signed) | {"openid.identity": "another"}) == INVALID


def test_signing_again_lets_a_nonce_pass_again(steam: FakeSteam) -> None:
    asserted = assertion(steam)

    assert check(steam, asserted) == VALID
    assert check(steam, steam.sign(asserted)) == VALID


@pytest.mark.parametrize("name", ["identity", "assoc_handle"])
def test_a_field_may_be_left_out_before_signing_but_not_after(steam: FakeSteam, name: str) -> None:
    asserted = assertion(steam)
    partial = {key: value for key, value in asserted.items() if key != f"openid.{name}"}

    assert check(steam, partial) == INVALID
    assert check(steam, steam.sign(partial)) == VALID


def test_an_assertion_without_a_nonce_is_never_confirmed(steam: FakeSteam) -> None:
    asserted = assertion(steam)
    del asserted["openid.response_nonce"]

    assert check(steam, steam.sign(asserted)) == INVALID


@pytest.mark.parametrize("params", [{}, {"openid.mode": "associate"}])
def test_only_checks_are_posted(steam: FakeSteam, params: dict[str, str]) -> None:
    assert httpx.post(steam.openid_url, data=params, trust_env=False).status_code == 400


def test_checks_in_a_query_or_in_json_are_none(steam: FakeSteam) -> None:
    params = assertion(steam) | {"openid.mode": "check_authentication"}

    assert httpx.post(steam.openid_url, params=params, trust_env=False).status_code == 400
    assert httpx.post(steam.openid_url, json=params, trust_env=False).status_code == 400


def test_only_the_check_is_a_call(steam: FakeSteam) -> None:
    asserted = assertion(steam)
    get(login_url(steam))
    get(f"{login_url(steam)}&account={ALICE}")

    check(steam, asserted)

    (call,) = steam.calls
    assert (call.method_name, call.status) == ("openid", 200)
    assert call.params == asserted | {"openid.mode": "check_authentication"}
    assert steam.count("openid") == 1


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("429", 429, "Too Many Requests"),
        ("500", 500, "Internal Server Error"),
        ("503", 503, "Service Unavailable"),
        ("empty", 200, "{}"),
        ("garbage", 200, "<html>"),
        ("truncated", 200, "ns:"),
    ],
)
@pytest.mark.parametrize("endpoint", ["openid", None])
def test_a_fault_strikes_the_check_alone(
    steam: FakeSteam, kind: str, status: int, text: str, endpoint: str | None
) -> None:
    steam.fail(kind, endpoint=endpoint, times=1)
    params = assertion(steam) | {"openid.mode": "check_authentication"}

    assert get(login_url(steam)).status_code == 200
    response = httpx.post(steam.openid_url, data=params, trust_env=False)

    assert response.status_code == status
    assert text in response.text
    assert "is_valid:true" not in response.text


def test_a_check_that_failed_has_not_used_up_the_nonce(steam: FakeSteam) -> None:
    steam.fail("503", endpoint="openid", times=1)
    asserted = assertion(steam)
    params = asserted | {"openid.mode": "check_authentication"}

    assert httpx.post(steam.openid_url, data=params, trust_env=False).status_code == 503
    assert check(steam, asserted) == VALID


def test_a_check_may_be_dropped_or_slow(steam: FakeSteam) -> None:
    steam.fail("drop", endpoint="openid", times=1)
    steam.fail("slow", endpoint="openid", seconds=0.2)
    asserted = assertion(steam)

    with pytest.raises(httpx.RemoteProtocolError):
        check(steam, asserted)
    began = time.monotonic()

    assert check(steam, asserted) == VALID
    assert time.monotonic() - began >= 0.2
    assert [call.status for call in steam.calls] == [None, 200]


@pytest.mark.parametrize("kind", ["status2", "status15"])
def test_faults_of_other_methods_never_happen_to_a_check(steam: FakeSteam, kind: str) -> None:
    steam.fail(kind)

    assert check(steam, assertion(steam)) == VALID
    with pytest.raises(ValueError, match="never happens to openid"):
        Fault(kind, endpoint="openid")


def test_a_fault_of_the_check_spares_the_web_api(steam: FakeSteam) -> None:
    steam.fail("503", endpoint="openid")

    url = f"{steam.url}/IEconDOTA2_570/GetHeroes/v1/?key={steam.key}"

    assert get(url).status_code == 200
