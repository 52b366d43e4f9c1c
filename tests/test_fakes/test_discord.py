import hashlib
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.fakes.discord import GUILD_ID, FakeDiscord, Fault

# Beyond 2^53, as Discord's are, and not in the order of their names.
ADA, BEA, CLEO = 1_200_000_000_000_000_002, 1_200_000_000_000_000_001, 1_200_000_000_000_000_010
BACK = "https://api.guildhall.example/back/?next=a%20b"
LOGIN = {
    "client_id": "fake-client",
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "identify email guilds.members.read",
    "state": "s&t",
}
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
MEMBERS = f"/api/v10/guilds/{GUILD_ID}/members"
MEMBER = f"/api/v10/users/@me/guilds/{GUILD_ID}/member"
BOT = {"Authorization": "Bot fake-bot-token"}


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with FakeDiscord() as fake:
        fake.add_user(
            ADA, username="ada", global_name="Ada L.", avatar="a1b2", email="ada@guildhall.example"
        )
        fake.add_user(BEA, username="bea")
        fake.add_user(CLEO, username="cleo", email="cleo@guildhall.example", verified=False)
        fake.join(ADA, nick="The Countess", roles=[11, 12], joined_at="2025-01-01T00:00:00+00:00")
        fake.join(CLEO)
        yield fake


@pytest.fixture
def client(discord: FakeDiscord) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=discord.url, trust_env=False) as opened:
        yield opened


def authorize_url(discord: FakeDiscord, **changes: str) -> str:
    return f"{discord.url}/oauth2/authorize?{urlencode(LOGIN | changes)}"


def fields(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def code_of(discord: FakeDiscord, user_id: int = ADA, **changes: str) -> str:
    return fields(discord.approve(authorize_url(discord, **changes), user_id))["code"]


def exchange(client: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": "fake-client",
        "client_secret": "fake-secret",
    }
    return client.post("/api/v10/oauth2/token", data=form | changes)


def bearer(
    discord: FakeDiscord, client: httpx.Client, user_id: int = ADA, **changes: str
) -> dict[str, str]:
    answer = exchange(client, code_of(discord, user_id, **changes)).json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


def links(page: httpx.Response) -> dict[str, str]:
    found = re.findall(r'<a href="([^"]*)">([^<]*)</a>', page.text)
    return {unescape(label): unescape(url) for url, label in found}


def statuses(client: httpx.Client, count: int, path: str = MEMBERS) -> list[int]:
    return [client.get(path, headers=BOT).status_code for _ in range(count)]


def test_the_page_lists_the_users(discord: FakeDiscord, client: httpx.Client) -> None:
    page = client.get(authorize_url(discord))

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert list(links(page)) == [
        "Ada L. (ada, ada@guildhall.example)",
        "bea (bea)",
        "cleo (cleo, cleo@guildhall.example (unverified))",
        "Cancel",
    ]


def test_names_on_the_page_are_escaped(discord: FakeDiscord, client: httpx.Client) -> None:
    discord.add_user(BEA, username="bea", global_name='<script>"&amp;')

    page = client.get(authorize_url(discord))

    assert "<script>" not in page.text
    assert '<script>"&amp; (bea)' in links(page)


def test_a_link_of_the_page_leads_back_with_a_code(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    link = links(client.get(authorize_url(discord)))["bea (bea)"]

    back = client.get(link)

    assert back.status_code == 302
    location = back.headers["location"]
    assert location.startswith(f"{BACK}&code=")
    assert fields(location)["state"] == "s&t"
    token = exchange(client, fields(location)["code"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/users/@me", headers=headers).json()["username"] == "bea"


def test_cancel_leads_back_with_an_error(discord: FakeDiscord, client: httpx.Client) -> None:
    back = links(client.get(authorize_url(discord)))["Cancel"]

    assert back.startswith(f"{BACK}&error=access_denied&")
    assert fields(back)["state"] == "s&t"
    assert "code" not in fields(back)


def test_a_state_is_handed_back_only_if_there_was_one(discord: FakeDiscord) -> None:
    url = f"{discord.url}/oauth2/authorize?" + urlencode(
        {name: value for name, value in LOGIN.items() if name != "state"}
    )

    assert fields(discord.approve(url, ADA)).keys() == {"next", "code"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "another"),
        ("client_id", ""),
        ("response_type", "token"),
        ("redirect_uri", ""),
        ("redirect_uri", "/back/"),
        ("redirect_uri", "javascript:alert(1)"),
        ("scope", ""),
        ("scope", "identify everything"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    discord: FakeDiscord, client: httpx.Client, name: str, value: str
) -> None:
    url = authorize_url(discord, **{name: value})

    assert client.get(url).status_code == 400
    assert client.get(f"{url}&user={ADA}").status_code == 400
    with pytest.raises(ValueError, match=name):
        discord.approve(url, ADA)


@pytest.mark.parametrize("method", ["plain", ""])
def test_a_challenge_is_hashed(discord: FakeDiscord, client: httpx.Client, method: str) -> None:
    url = authorize_url(discord, code_challenge=VERIFIER, code_challenge_method=method)

    assert client.get(url).status_code == 400


@pytest.mark.parametrize("user", ["1", "", "ada"])
def test_nobody_but_a_user_agrees(discord: FakeDiscord, client: httpx.Client, user: str) -> None:
    assert client.get(f"{authorize_url(discord)}&user={user}").status_code == 400
    with pytest.raises(KeyError):
        discord.approve(authorize_url(discord), 1)


@pytest.mark.parametrize("path", ["/api/oauth2/token", "/api/v10/oauth2/token"])
def test_a_code_buys_a_token(discord: FakeDiscord, client: httpx.Client, path: str) -> None:
    form = {"grant_type": "authorization_code", "code": code_of(discord), "redirect_uri": BACK}

    response = client.post(path, data=form, auth=("fake-client", "fake-secret"))

    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("access_token") != answer.pop("refresh_token")
    assert answer == {
        "token_type": "Bearer",
        "expires_in": 604800,
        "scope": "identify email guilds.members.read",
    }


def test_a_code_is_used_once(discord: FakeDiscord, client: httpx.Client) -> None:
    code = code_of(discord)

    assert exchange(client, code).status_code == 200
    again = exchange(client, code)

    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("change", [{"code": "guess"}, {"code": ""}, {"redirect_uri": "elsewhere"}])
def test_a_code_that_does_not_fit_buys_nothing(
    discord: FakeDiscord, client: httpx.Client, change: dict[str, str]
) -> None:
    form = {"code": code_of(discord)} | change

    response = exchange(client, **form)

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"


def test_a_code_is_used_up_by_who_brings_it_wrongly(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    code = code_of(discord)
    exchange(client, code, redirect_uri="https://another.example/")

    assert exchange(client, code).status_code == 400


@pytest.mark.parametrize(
    ("verifier", "status"), [(VERIFIER, 200), ("w" * 43, 400), (CHALLENGE, 400), ("", 400)]
)
def test_a_challenged_code_needs_its_verifier(
    discord: FakeDiscord, client: httpx.Client, verifier: str, status: int
) -> None:
    code = code_of(discord, code_challenge=CHALLENGE, code_challenge_method="S256")

    assert exchange(client, code, code_verifier=verifier).status_code == status


@pytest.mark.parametrize(
    "change", [{"client_id": "another"}, {"client_secret": "guess"}, {"client_secret": ""}]
)
def test_a_client_that_is_unknown_uses_up_no_code(
    discord: FakeDiscord, client: httpx.Client, change: dict[str, str]
) -> None:
    code = code_of(discord)

    refused = exchange(client, code, **change)

    assert refused.status_code == 401
    assert refused.json() == {"error": "invalid_client"}
    assert exchange(client, code).status_code == 200


@pytest.mark.parametrize("authorization", ["Basic guess", "Basic bm9ib2R5Omd1ZXNz", "Basic /w=="])
def test_a_wrong_header_is_a_wrong_client(client: httpx.Client, authorization: str) -> None:
    response = client.post("/api/oauth2/token", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Basic"


def test_a_token_is_bought_by_a_form(discord: FakeDiscord, client: httpx.Client) -> None:
    form = {"client_id": "fake-client", "client_secret": "fake-secret", "code": code_of(discord)}

    assert client.post("/api/oauth2/token", json=form).status_code == 401
    assert client.post("/api/oauth2/token", params=form).status_code == 401


def test_other_grants_are_not_supported(client: httpx.Client) -> None:
    response = exchange(client, "", grant_type="password")

    assert (response.status_code, response.json()) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize("path", ["/api/users/@me", "/api/v10/users/@me"])
def test_me_is_who_has_agreed(discord: FakeDiscord, client: httpx.Client, path: str) -> None:
    me = client.get(path, headers=bearer(discord, client)).json()

    assert me == {
        "id": str(ADA),
        "username": "ada",
        "discriminator": "0",
        "global_name": "Ada L.",
        "avatar": "a1b2",
        "email": "ada@guildhall.example",
        "verified": True,
    }


def test_an_email_may_be_unverified_or_missing(discord: FakeDiscord, client: httpx.Client) -> None:
    cleo, bea = (
        client.get("/api/users/@me", headers=bearer(discord, client, user_id)).json()
        for user_id in (CLEO, BEA)
    )

    assert (cleo["email"], cleo["verified"]) == ("cleo@guildhall.example", False)
    assert (bea["email"], bea["global_name"], bea["avatar"]) == (None, None, None)


def test_the_email_needs_its_scope(discord: FakeDiscord, client: httpx.Client) -> None:
    me = client.get(
        "/api/users/@me", headers=bearer(discord, client, scope="identify guilds.members.read")
    ).json()

    assert me.keys() == {"id", "username", "discriminator", "global_name", "avatar"}


@pytest.mark.parametrize(
    ("path", "scope"), [("/api/users/@me", "email"), (MEMBER, "identify email")]
)
def test_a_token_opens_what_it_was_given_for(
    discord: FakeDiscord, client: httpx.Client, path: str, scope: str
) -> None:
    response = client.get(path, headers=bearer(discord, client, scope=scope))

    assert (response.status_code, response.json()["code"]) == (403, 50001)


def test_me_shows_what_has_changed_since(discord: FakeDiscord, client: httpx.Client) -> None:
    headers = bearer(discord, client)
    discord.add_user(ADA, username="lovelace")

    assert client.get("/api/users/@me", headers=headers).json()["username"] == "lovelace"


@pytest.mark.parametrize("path", ["/api/users/@me", "/api/v10/users/@me", MEMBER, MEMBERS])
@pytest.mark.parametrize("authorization", [None, "", "Bearer guess", "Bot guess", "guess"])
def test_a_wrong_token_is_unauthorized(
    client: httpx.Client, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    response = client.get(path, headers=headers)

    assert response.status_code == 401
    assert response.json() == {"message": "401: Unauthorized", "code": 0}


def test_people_and_bots_open_different_doors(discord: FakeDiscord, client: httpx.Client) -> None:
    assert client.get(MEMBERS, headers=bearer(discord, client)).status_code == 401
    assert client.get(MEMBER, headers=BOT).status_code == 401


def test_a_member_reads_their_place_in_the_guild(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    ada, cleo = (
        client.get(MEMBER, headers=bearer(discord, client, user_id)).json()
        for user_id in (ADA, CLEO)
    )

    assert ada == {
        "nick": "The Countess",
        "roles": ["11", "12"],
        "joined_at": "2025-01-01T00:00:00+00:00",
        "user": {
            "id": str(ADA),
            "username": "ada",
            "discriminator": "0",
            "global_name": "Ada L.",
            "avatar": "a1b2",
        },
    }
    assert (cleo["nick"], cleo["roles"]) == (None, [])


def test_a_guild_is_unknown_to_who_is_not_in_it(discord: FakeDiscord, client: httpx.Client) -> None:
    headers = bearer(discord, client, BEA)
    outside = client.get(MEMBER, headers=headers)
    discord.join(BEA)
    inside = client.get(MEMBER, headers=headers)
    discord.leave(BEA)

    assert outside.status_code == 404
    assert outside.json() == {"message": "Unknown Guild", "code": 10004}
    assert inside.status_code == 200
    assert client.get(MEMBER, headers=headers).status_code == 404
    assert client.get("/api/users/@me/guilds/1/member", headers=headers).status_code == 404


def test_only_a_user_joins_and_only_a_member_leaves(discord: FakeDiscord) -> None:
    with pytest.raises(KeyError):
        discord.join(1)
    with pytest.raises(KeyError):
        discord.leave(BEA)


def member_ids(client: httpx.Client, **params: int) -> list[int]:
    response = client.get(MEMBERS, headers=BOT, params=params)
    assert response.status_code == 200
    return [int(member["user"]["id"]) for member in response.json()]


def test_members_ascend_by_id(discord: FakeDiscord, client: httpx.Client) -> None:
    discord.join(BEA)

    assert member_ids(client, limit=1000) == [BEA, ADA, CLEO]
    assert member_ids(client, limit=2) == [BEA, ADA]
    assert member_ids(client, limit=2, after=ADA) == [CLEO]
    assert member_ids(client, limit=2, after=CLEO) == []
    assert member_ids(client) == [BEA]


def test_members_are_told_as_the_member_is(discord: FakeDiscord, client: httpx.Client) -> None:
    (member, _) = client.get(MEMBERS, headers=BOT, params={"limit": 2}).json()

    assert member == client.get(MEMBER, headers=bearer(discord, client)).json()


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 1001}, {"limit": "many"}, {"after": "ada"}, {"after": -1}]
)
def test_a_page_that_cannot_be_is_invalid(client: httpx.Client, params: dict[str, Any]) -> None:
    response = client.get(MEMBERS, headers=BOT, params=params)

    assert (response.status_code, response.json()["code"]) == (400, 50035)


def test_a_bot_knows_its_guild_alone(client: httpx.Client) -> None:
    response = client.get("/api/guilds/1/members", headers=BOT)

    assert (response.status_code, response.json()["code"]) == (404, 10004)


def test_each_answer_to_the_bot_says_what_is_left() -> None:
    with FakeDiscord(rate_window=60) as discord:
        url = discord.url + MEMBERS
        first, second = (httpx.get(url, headers=BOT, trust_env=False).headers for _ in range(2))

    assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("10", "9")
    assert second["x-ratelimit-remaining"] == "8"
    assert first["x-ratelimit-bucket"] == second["x-ratelimit-bucket"]
    assert 0 < float(second["x-ratelimit-reset-after"]) <= float(first["x-ratelimit-reset-after"])
    assert float(first["x-ratelimit-reset-after"]) <= 60


def test_beyond_the_limit_the_bot_has_to_wait() -> None:
    with (
        FakeDiscord(rate_limit=2, rate_window=59.5) as discord,
        httpx.Client(base_url=discord.url, trust_env=False) as client,
    ):
        assert statuses(client, 4) == [200, 200, 429, 429]
        refused = client.get(MEMBERS, headers=BOT)

        assert discord.refused == 3
        payload = refused.json()
        assert payload["global"] is False
        assert payload["message"]
        assert 0 < payload["retry_after"] <= 59.5
        assert 0 <= int(refused.headers["retry-after"]) - payload["retry_after"] < 1
        assert refused.headers["x-ratelimit-remaining"] == "0"


def test_who_waits_as_long_as_told_is_let_in() -> None:
    with (
        FakeDiscord(rate_limit=1, rate_window=0.5) as discord,
        httpx.Client(base_url=discord.url, trust_env=False) as client,
    ):
        for _ in range(2):
            assert statuses(client, 1) == [200]
            time.sleep(client.get(MEMBERS, headers=BOT).json()["retry_after"])

        assert statuses(client, 1) == [200]
        assert discord.refused == 2


def test_the_limit_is_the_bots_alone() -> None:
    with (
        FakeDiscord(rate_limit=1, rate_window=60) as discord,
        httpx.Client(base_url=discord.url, trust_env=False) as client,
    ):
        discord.add_user(ADA, username="ada")
        headers = bearer(discord, client)

        answers = [client.get("/api/users/@me", headers=headers) for _ in range(3)]
        # Who has no token takes nothing from who has.
        assert client.get(MEMBERS).status_code == 401

        assert [answer.status_code for answer in answers] == [200] * 3
        assert statuses(client, 2) == [200, 429]


def test_concurrent_requests_share_the_limit() -> None:
    with FakeDiscord(rate_window=60) as discord:
        url = discord.url + MEMBERS

        def ask(_: int) -> int:
            return httpx.get(url, headers=BOT, trust_env=False).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(24)))

        assert (answers.count(200), answers.count(429)) == (10, 14)
        assert (discord.refused, discord.count("members")) == (14, 24)


def post(discord: FakeDiscord, content: str, **params: str) -> httpx.Response:
    url = discord.webhook_url
    return httpx.post(url, params=params, json={"content": content}, trust_env=False)


def test_what_is_posted_is_kept_in_its_order(discord: FakeDiscord) -> None:
    quiet, waited = post(discord, "One"), post(discord, "Two", wait="true")

    assert (quiet.status_code, quiet.content) == (204, b"")
    assert waited.status_code == 200
    assert waited.json()["content"] == "Two"
    assert int(waited.json()["id"]) > 2**53
    assert discord.posts == [{"content": "One"}, {"content": "Two"}]
    assert [call.method_name for call in discord.calls] == ["webhook"] * 2


def test_a_webhook_is_known_by_its_whole_address(discord: FakeDiscord) -> None:
    url, message = discord.webhook_url, {"content": "Hello"}
    other = re.sub(r"webhooks/\d+/", "webhooks/1/", url)

    unknown, guessed = (
        httpx.post(wrong, json=message, trust_env=False) for wrong in (other, f"{url}x")
    )

    assert unknown.status_code == 404
    assert unknown.json() == {"message": "Unknown Webhook", "code": 10015}
    assert guessed.status_code == 401
    assert guessed.json() == {"message": "Invalid Webhook Token", "code": 50027}
    assert discord.posts == []
    assert not [call for call in discord.calls if "fake-webhook-token" in repr(call)]


@pytest.mark.parametrize(
    ("content", "code"), [("", 50006), (" \n", 50006), ("x" * 2001, 50035), (7, 50035)]
)
def test_a_message_has_text_and_not_too_much(discord: FakeDiscord, content: Any, code: int) -> None:
    response = post(discord, content)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert discord.posts == []


def test_a_body_that_is_no_message_is_invalid(discord: FakeDiscord) -> None:
    bodies = [b"", b"[]", b"content=Hello"]

    answers = [httpx.post(discord.webhook_url, content=body, trust_env=False) for body in bodies]

    assert [answer.status_code for answer in answers] == [400] * 3


def test_a_webhook_has_a_limit_of_its_own(discord: FakeDiscord, client: httpx.Client) -> None:
    answers = [post(discord, "Hello", wait="true") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 0 < answers[-1].json()["retry_after"] <= 2
    assert (len(discord.posts), discord.refused) == (5, 1)
    members = client.get(MEMBERS, headers=BOT)
    assert members.status_code == 200
    buckets = [answer.headers["x-ratelimit-bucket"] for answer in (answers[0], members)]
    assert buckets[0] != buckets[1]


def ask(discord: FakeDiscord, client: httpx.Client, endpoint: str) -> httpx.Response:
    if endpoint == "token":
        return exchange(client, code_of(discord))
    if endpoint == "members":
        return client.get(MEMBERS, headers=BOT)
    if endpoint == "webhook":
        return post(discord, "Hello", wait="true")
    path = {"me": "/api/users/@me", "member": MEMBER}[endpoint]
    return client.get(path, headers=bearer(discord, client))


@pytest.mark.parametrize("endpoint", ["token", "me", "member", "members", "webhook"])
@pytest.mark.parametrize("kind", ["429", "500", "503", "empty", "garbage", "truncated"])
def test_a_fault_strikes_the_endpoint_that_it_names(
    discord: FakeDiscord, client: httpx.Client, kind: str, endpoint: str
) -> None:
    discord.fail(kind, endpoint=endpoint, times=1)

    spoilt, whole = (ask(discord, client, endpoint) for _ in range(2))

    assert spoilt.status_code == (int(kind) if kind.isdecimal() else 200)
    assert spoilt.text != whole.text
    assert whole.status_code == 200
    assert discord.refused == 0


def test_a_429_asks_for_the_rest_that_it_was_told(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    discord.fail("429", seconds=0.25, times=1)
    discord.fail("429")

    short, usual = (client.get(MEMBERS, headers=BOT) for _ in range(2))

    assert (short.json()["retry_after"], short.headers["retry-after"]) == (0.25, "1")
    assert (usual.json()["retry_after"], usual.headers["retry-after"]) == (1.0, "1")


def test_a_failure_is_json(discord: FakeDiscord, client: httpx.Client) -> None:
    discord.fail("503")

    response = client.get(MEMBERS, headers=BOT)

    assert response.json() == {"message": "503: Service Unavailable", "code": 0}


def test_a_fault_of_no_endpoint_strikes_every_one(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    headers = bearer(discord, client)
    discord.fail("503", every=2)

    paths = ["/api/users/@me", MEMBER, "/api/users/@me", MEMBER]
    answers = [client.get(path, headers=headers).status_code for path in paths]

    assert answers == [200, 503, 200, 503]
    discord.clear_faults()
    assert client.get(MEMBER, headers=headers).status_code == 200


def test_faults_spare_the_page_and_who_is_refused_anyway(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    discord.fail("503", times=1)

    assert client.get(authorize_url(discord)).status_code == 200
    assert client.get(MEMBERS).status_code == 401
    assert client.get("/api/users/@me").status_code == 401
    assert statuses(client, 2) == [503, 200]


def test_a_failed_exchange_has_not_used_up_the_code(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    discord.fail("503", times=1)
    code = code_of(discord)

    assert [exchange(client, code).status_code for _ in range(2)] == [503, 200]


def test_an_answer_may_be_dropped_or_slow(discord: FakeDiscord, client: httpx.Client) -> None:
    discord.fail("drop", times=1)
    discord.fail("slow", seconds=0.2)

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(MEMBERS, headers=BOT)
    began = time.monotonic()

    assert statuses(client, 1) == [200]
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("spec", ["418", "status2", "429:endpoint=GetHeroes", "429:every=0"])
def test_a_fault_that_cannot_happen_is_an_error(spec: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault.parse(spec)


def test_calls_are_recorded_in_order_and_without_the_secret(
    discord: FakeDiscord, client: httpx.Client
) -> None:
    code = code_of(discord)
    client.get(authorize_url(discord))
    exchange(client, code, code_verifier=VERIFIER)
    client.get(MEMBERS, params={"limit": 5})
    client.get("/api/v10/gateway")

    assert [(call.method_name, call.status) for call in discord.calls] == [
        ("token", 200),
        ("members", 401),
        ("/api/v10/gateway", 404),
    ]
    assert discord.calls[0].params == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": "fake-client",
        "code_verifier": VERIFIER,
    }
    assert discord.calls[1].params == {"limit": "5"}
    assert (discord.count("token"), discord.count()) == (1, 3)


@pytest.mark.parametrize(
    "path", ["/", "/api/users/@me/", "/api/v9/users/@me", "/users/@me", "/api/guilds/x/members"]
)
def test_an_unknown_route_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response.json() == {"message": "404: Not Found", "code": 0}


def test_a_route_has_one_verb(client: httpx.Client) -> None:
    assert client.get("/api/oauth2/token").status_code == 405
    assert client.get("/api/webhooks/1/x").status_code == 405
    assert client.post(MEMBERS, headers=BOT).status_code == 405


def test_its_keys_are_those_it_is_given() -> None:
    with (
        FakeDiscord(client_id="c", client_secret="s", bot_token="t", guild_id=7) as discord,
        httpx.Client(base_url=discord.url, trust_env=False) as client,
    ):
        discord.add_user(ADA, username="ada")
        code = code_of(discord, client_id="c")

        assert exchange(client, code, client_id="c", client_secret="s").status_code == 200
        answer = client.get("/api/guilds/7/members", headers={"Authorization": "Bot t"})
        assert answer.json() == []
