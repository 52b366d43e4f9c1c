"""Linking a Steam account: by nobody but whom Steam names, in the browser that asked, once.

Each forgery is one that Steam itself would confirm, as far as it can: what refuses it is ours.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from rest_framework.test import APIClient

from app.accounts import services
from app.accounts.errors import SignInLost
from app.accounts.models import Nonce, User
from app.core.steam_id import to_steam_id
from app.steam.models import MemberSync
from app.steam.openid import Unavailable, confirm
from tests.factories import PASSWORD, UserFactory
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.steam.conftest import ACCOUNTS

pytestmark = pytest.mark.django_db

LOGIN = "/api/auth/social/login/steam/"
COMPLETE = "/api/auth/social/complete/steam/"
ACCOUNT = ACCOUNTS[0]
STEAM_ID = to_steam_id(ACCOUNT)
VICTIM = to_steam_id(ACCOUNTS[1])
# The same in the digits of another script.
FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in str(VICTIM))
IDENTITY = "https://steamcommunity.com/openid/id/"


@pytest.fixture(autouse=True)
def openid(steam, settings):
    settings.STEAM_OPENID_URL = steam.openid_url


@pytest.fixture
def browser(member):
    """The member's, signed in."""
    return browser_of(member)


def browser_of(user):
    client = APIClient()
    client.force_login(user)
    return client


def begin(client, **query):
    response = client.get(LOGIN, query)
    assert response.status_code == 302, response.content
    return response["Location"]


def answer(steam, login_url, account=ACCOUNT):
    """What Steam says of the account, as names and values."""
    return dict(parse_qsl(urlsplit(steam.assertion(login_url, account)).query))


def come_back(client, pairs):
    return client.get(f"{COMPLETE}?{urlencode(pairs)}")


def steam_id_of(user):
    return User.objects.values_list("steam_id", flat=True).get(pk=user.pk)


def refused(response, code="steam_not_proven", status=403):
    assert response.status_code == status, response.content
    assert response.json()["code"] == code
    return True


class TestLinking:
    def test_a_member_links_the_account_that_steam_says_is_theirs(self, steam, browser, member):
        response = come_back(browser, answer(steam, begin(browser)))

        assert response.status_code == 302
        assert response["Location"] == "/api/docs/"
        assert steam_id_of(member) == STEAM_ID
        # Whose write it was, for what they read next.
        assert response.wsgi_request.user == member

    def test_steam_is_asked_to_come_back_here_and_nowhere_else(self, browser):
        query = dict(parse_qsl(urlsplit(begin(browser)).query))

        assert query["openid.realm"] == "http://testserver/"
        assert query["openid.return_to"].startswith(f"http://testserver{COMPLETE}?state=")

    def test_the_first_sync_begins(self, steam, browser, member):
        come_back(browser, answer(steam, begin(browser)))

        assert MemberSync.objects.get(member=member).status == "ok"
        assert member.match_players.exists()

    def test_the_first_sync_is_a_task_of_the_queue(
        self, steam, browser, member, queue, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            come_back(browser, answer(steam, begin(browser)))

        [message] = [json.loads(record["body"]) for record in queue.records()]
        assert message["task"] == "app.steam.tasks.sync_linked_member"
        assert message["kwargs"] == {"member_id": member.pk}

    def test_a_sync_that_fails_loses_no_link(self, steam, browser, member):
        steam.fail("503", endpoint="GetMatchHistory")

        assert come_back(browser, answer(steam, begin(browser))).status_code == 302
        assert steam_id_of(member) == STEAM_ID

    def test_a_frontend_that_signs_in_by_token_gets_the_address(self, steam, member_api, member):
        response = member_api.post(LOGIN)
        member_api.credentials()  # a browser that comes back sends its cookie alone

        come_back(member_api, answer(steam, response.json()["url"]))

        assert steam_id_of(member) == STEAM_ID

    def test_linking_the_same_again_is_no_error(self, steam, browser, member):
        for _ in range(2):
            assert come_back(browser, answer(steam, begin(browser))).status_code == 302
        assert steam_id_of(member) == STEAM_ID

    def test_another_members_account_is_refused(self, steam, browser, member):
        UserFactory(steam_id=STEAM_ID)

        response = come_back(browser, answer(steam, begin(browser)))

        assert refused(response, "steam_account_taken", 409)
        assert steam_id_of(member) is None

    def test_a_second_account_is_refused(self, steam, browser, member):
        User.objects.filter(pk=member.pk).update(steam_id=VICTIM)

        response = come_back(browser, answer(steam, begin(browser)))

        assert refused(response, "steam_already_linked", 409)
        assert steam_id_of(member) == VICTIM

    def test_nobody_links_anything(self, api):
        assert api.get(LOGIN).status_code == 401
        assert api.post(LOGIN).status_code == 401

    @pytest.mark.parametrize("method", ["post", "patch", "put"])
    def test_there_is_no_other_way_to_write_it(self, member_api, member, method):
        path = "/api/users/" if method == "post" else "/api/users/me/"
        getattr(member_api, method)(path, {"username": "renamed", "steam_id": str(STEAM_ID)})

        assert not User.objects.exclude(steam_id=None).exists()


class TestWithAFrontend:
    @pytest.fixture(autouse=True)
    def frontend(self, settings):
        settings.FRONTEND_URL = "https://app.guildhall.example"

    def test_it_ends_where_the_frontend_wants(self, steam, browser):
        login_url = begin(browser, next="/settings?tab=links")

        response = come_back(browser, answer(steam, login_url))

        assert response["Location"] == "https://app.guildhall.example/settings?tab=links"

    def test_what_went_wrong_is_said_by_its_code(self, steam, browser):
        said = answer(steam, begin(browser, next="/settings?tab=links"))

        response = come_back(browser, said | {"openid.sig": "forged"})

        assert response["Location"] == (
            "https://app.guildhall.example/settings?tab=links&error=steam_not_proven"
        )

    def test_who_has_not_begun_ends_at_its_front_page(self, steam, browser, outsider):
        said = answer(steam, begin(browser))

        response = come_back(browser_of(outsider), said)

        assert response["Location"] == "https://app.guildhall.example/?error=state_mismatch"

    @pytest.mark.parametrize(
        "place",
        [
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "evil.example",
            ".evil.example",
            "@evil.example",
            " //evil.example",
            "http:///evil.example",
        ],
    )
    def test_it_ends_nowhere_else(self, browser, place):
        for call in (browser.get, browser.post):
            response = call(f"{LOGIN}?{urlencode({'next': place})}")
            assert response.status_code == 400
            assert list(response.json()["details"]) == ["next"]


class TestForgeries:
    """Somebody has their own account's proof, or another site's, and wants the victim's."""

    @pytest.fixture
    def forge(self, steam, browser, member):
        """Come back with Steam's answer changed, and signed by Steam all the same."""

        def come(changes=None, *, sign=True, drop=(), after=None):
            said = answer(steam, begin(browser)) | (changes or {})
            said = {name: value for name, value in said.items() if name not in drop}
            if sign:
                state = {"state": said["state"]} if "state" in said else {}
                ours = {name: said[name] for name in said if name.startswith("openid.")}
                ours.pop("openid.sig", None)
                said = state | steam.sign(ours)
            pairs = [*said.items(), *(after or [])]
            response = come_back(browser, pairs)
            assert steam_id_of(member) is None
            return response

        return come

    def test_the_forger_is_able_to_come_back_at_all(self, steam, browser, member):
        """Else the others would say nothing."""
        said = answer(steam, begin(browser))
        ours = {n: v for n, v in said.items() if n.startswith("openid.") and n != "openid.sig"}

        come_back(browser, {"state": said["state"]} | steam.sign(ours))

        assert steam_id_of(member) == STEAM_ID

    @pytest.mark.parametrize(
        "identity",
        [
            f"https://evil.example/openid/id/{VICTIM}",
            f"https://steamcommunity.com.evil.example/openid/id/{VICTIM}",
            f"https://evil.example/?https://steamcommunity.com/openid/id/{VICTIM}",
            f"http://steamcommunity.com/openid/id/{VICTIM}",
            f"https://steamcommunityXcom/openid/id/{VICTIM}",
            f"https://evil.example@steamcommunity.com/openid/id/{VICTIM}",
            f"{IDENTITY}{VICTIM}.evil.example",
            f"{IDENTITY}{VICTIM}/../{STEAM_ID}",
            f"{IDENTITY}{VICTIM}0",
            f"{IDENTITY}{VICTIM}//",
            f"{IDENTITY}103582791429521412",  # a group
            f"{IDENTITY}76561197960265728",  # account 0
            f"{IDENTITY}76561202255233023",  # everybody who is anonymous
            f"{IDENTITY}99999999999999999",
            f"{IDENTITY}{FULL_WIDTH}",
            f" {IDENTITY}{VICTIM}",
            IDENTITY,
            "",
        ],
    )
    def test_an_identity_that_is_no_account_of_steams(self, forge, identity):
        assert refused(forge({"openid.claimed_id": identity, "openid.identity": identity}))

    @pytest.mark.parametrize("name", ["openid.claimed_id", "openid.identity"])
    def test_a_claim_on_another_identity_than_the_proven_one(self, forge, name):
        assert refused(forge({name: f"{IDENTITY}{VICTIM}"}))

    @pytest.mark.parametrize(
        "endpoint",
        ["https://evil.example/openid/login", "{ours}/", "{ours}?x", "https://steamcommunity.com/"],
    )
    def test_another_providers_word(self, forge, steam, endpoint):
        assert refused(forge({"openid.op_endpoint": endpoint.format(ours=steam.openid_url)}))

    @pytest.mark.parametrize(
        "place",
        [
            "https://evil.example/api/auth/social/complete/steam/",
            "http://testserver/api/auth/social/complete/steam/",
            "http://testserver/api/auth/social/complete/steam/?state=another",
            "http://testserver.evil.example/",
        ],
    )
    def test_what_was_said_to_another_site_or_to_another_sign_in(self, forge, place):
        assert refused(forge({"openid.return_to": place}))

    def test_the_state_in_the_address_is_the_one_that_steam_was_told(self, forge):
        assert refused(forge({"state": "another"}))
        assert refused(forge(drop=["state"]))

    @pytest.mark.parametrize("left_out", ["claimed_id", "identity", "return_to", "response_nonce"])
    def test_a_signature_that_leaves_something_out(self, forge, left_out):
        names = "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
        signed = ",".join(name for name in names.split(",") if name != left_out)

        assert refused(forge({"openid.signed": signed}))

    @pytest.mark.parametrize("position", ["first", "last"])
    @pytest.mark.parametrize(
        "name", ["openid.claimed_id", "openid.identity", "openid.mode", "state"]
    )
    def test_a_name_that_comes_twice(self, steam, browser, member, position, name):
        said = answer(steam, begin(browser))
        more = [(name, f"{IDENTITY}{VICTIM}")]
        pairs = [*more, *said.items()] if position == "first" else [*said.items(), *more]

        assert refused(come_back(browser, pairs))
        assert steam_id_of(member) is None

    @pytest.mark.parametrize(
        "name", ["openid.ns.sreg", "openid.sreg.email", "openid.x", "x", "next"]
    )
    def test_a_name_that_nobody_asked_for(self, forge, name):
        assert refused(forge(after=[(name, "x")]))

    @pytest.mark.parametrize(
        "missing", ["ns", "op_endpoint", "identity", "response_nonce", "signed"]
    )
    def test_a_name_that_is_missing(self, forge, missing):
        assert refused(forge(drop=[f"openid.{missing}"], sign=False))

    @pytest.mark.parametrize("junk", ["\0", "\n", "\r\n", "\x1f", "\x7f", "\u2028"])
    def test_a_control_character(self, forge, junk):
        identity = f"{IDENTITY}{STEAM_ID}{junk}"

        assert refused(forge({"openid.claimed_id": identity, "openid.identity": identity}))
        assert refused(forge({"openid.assoc_handle": f"1{junk}"}))

    @pytest.mark.parametrize(
        "mode", ["setup_needed", "error", "check_authentication", "ID_RES", ""]
    )
    def test_a_mode_that_is_no_yes(self, forge, mode):
        assert refused(forge({"openid.mode": mode}))

    @pytest.mark.parametrize("space", ["http://openid.net/signon/1.1", ""])
    def test_another_version_of_openid(self, forge, space):
        assert refused(forge({"openid.ns": space}))

    @pytest.mark.parametrize(
        "age", [timedelta(minutes=6), timedelta(days=1), -timedelta(minutes=6)]
    )
    def test_a_nonce_of_another_time(self, forge, age):
        nonce = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZabc")

        assert refused(forge({"openid.response_nonce": nonce}))

    @pytest.mark.parametrize("nonce", ["", "abc", "2026-13-01T00:00:00Z"])
    def test_a_nonce_that_is_none(self, forge, nonce):
        assert refused(forge({"openid.response_nonce": nonce}))

    @pytest.mark.parametrize(
        "changes",
        [
            {"openid.sig": "forged"},
            {"openid.claimed_id": f"{IDENTITY}{VICTIM}", "openid.identity": f"{IDENTITY}{VICTIM}"},
        ],
    )
    def test_what_steam_has_not_signed(self, forge, changes):
        assert refused(forge(changes, sign=False))

    def test_an_empty_answer(self, browser, member):
        begin(browser)

        assert refused(browser.get(COMPLETE))


class TestReplay:
    def test_an_answer_is_good_once(self, steam, browser, member):
        said = answer(steam, begin(browser))
        come_back(browser, said)
        User.objects.filter(pk=member.pk).update(steam_id=None)

        assert refused(come_back(browser, said), "state_mismatch")
        assert steam_id_of(member) is None

    def test_it_is_even_if_steam_would_say_yes_again(self, steam, browser, member):
        said = answer(steam, begin(browser))
        nonce = {"openid.response_nonce": said["openid.response_nonce"]}
        come_back(browser, said)
        User.objects.filter(pk=member.pk).update(steam_id=None)

        again = answer(steam, begin(browser)) | nonce
        ours = {n: v for n, v in again.items() if n.startswith("openid.") and n != "openid.sig"}
        response = come_back(browser, {"state": again["state"]} | steam.sign(ours))

        assert refused(response, "state_mismatch")
        assert steam_id_of(member) is None

    def test_another_browser_cannot_bring_it(self, steam, browser, outsider, api):
        said = answer(steam, begin(browser))
        other = browser_of(outsider)
        begin(other)

        assert refused(come_back(other, said))
        assert refused(come_back(api, said), "state_mismatch")
        assert steam_id_of(outsider) is None

    def test_nor_can_this_one_as_somebody_else(self, steam, browser, member, outsider):
        said = answer(steam, begin(browser))
        session = browser.session["social:steam"]
        browser.force_login(outsider)
        kept = browser.session
        kept["social:steam"] = session
        kept.save()

        assert refused(come_back(browser, said), "state_mismatch")
        assert (steam_id_of(member), steam_id_of(outsider)) == (None, None)

    def test_nor_for_one_who_was_deactivated_meanwhile(self, steam, member_api, member):
        said = answer(steam, member_api.post(LOGIN).json()["url"])
        member_api.credentials()
        User.objects.filter(pk=member.pk).update(is_active=False)

        assert refused(come_back(member_api, said), "state_mismatch")
        assert steam_id_of(member) is None


class TestTakenBack:
    """Somebody with another's token has begun; what throws them out ends that too."""

    @pytest.fixture(params=["token", "session"])
    def begun(self, request, steam, member_api, browser):
        """The browser that began, and what Steam says."""
        if request.param == "session":
            return browser, answer(steam, begin(browser))
        said = answer(steam, member_api.post(LOGIN).json()["url"])
        member_api.credentials()
        return member_api, said

    @pytest.mark.parametrize(
        "end",
        [
            services.sign_out_everywhere,
            services.deactivate,
            lambda user: services.change_password(
                user=user, current_password=PASSWORD, new_password="nine-roshans-no-cheese"
            ),
        ],
    )
    def test_they_come_back_to_nothing(self, begun, member, end):
        end(user=member)
        services.reactivate(user=member)

        assert refused(come_back(*begun), "state_mismatch")
        assert steam_id_of(member) is None

    def test_so_does_signing_out_of_the_token_alone(self, steam, member, sign_in):
        client = sign_in(member)
        said = answer(steam, client.post(LOGIN).json()["url"])
        client.credentials()
        member.token_families.all().delete()

        assert refused(come_back(client, said), "state_mismatch")
        assert steam_id_of(member) is None

    def test_it_counts_while_steam_is_asked_too(self, member):
        found = User.objects.get(pk=member.pk)
        services.sign_out_everywhere(user=member)

        with pytest.raises(SignInLost):
            services.link_steam(user=found, steam_id=STEAM_ID)
        assert steam_id_of(member) is None


class TestOutage:
    @pytest.mark.parametrize("kind", ["429", "500", "503", "drop", "empty", "garbage"])
    def test_it_is_said_and_loses_nothing(self, steam, browser, member, kind):
        said = answer(steam, begin(browser))
        steam.fail(kind, endpoint="openid")

        response = come_back(browser, said)

        assert refused(response, "steam_unavailable", 503)
        assert int(response["Retry-After"]) > 0
        assert steam_id_of(member) is None
        assert browser.get("/api/users/me/").status_code == 200
        # Loading the page again is all that it takes.
        steam.clear_faults()
        assert come_back(browser, said).status_code == 302
        assert steam_id_of(member) == STEAM_ID

    @pytest.mark.parametrize("kind", ["429", "503", "drop"])
    def test_a_passing_one_is_not_noticed(self, steam, browser, member, kind):
        said = answer(steam, begin(browser))
        steam.fail(kind, endpoint="openid", times=1)

        assert come_back(browser, said).status_code == 302
        assert steam_id_of(member) == STEAM_ID

    def test_a_slow_one_is_given_up_on(self, steam, browser, settings):
        settings.STEAM_TIMEOUT = 0.2
        said = answer(steam, begin(browser))
        steam.fail("slow", endpoint="openid", seconds=5)

        assert refused(come_back(browser, said), "steam_unavailable", 503)

    def test_it_is_said_before_the_gateway_gives_up(self, steam, browser):
        said = answer(steam, begin(browser))
        steam.fail("slow", endpoint="openid", seconds=5)
        began = time.monotonic()

        with pytest.raises(Unavailable):
            confirm(urlencode(said), endpoint=steam.openid_url, timeout=0.4, patience=0.5)

        assert time.monotonic() - began < 0.4 * 3

    def test_the_frontend_is_told(self, steam, browser, settings):
        settings.FRONTEND_URL = "https://app.guildhall.example"
        said = answer(steam, begin(browser))
        steam.fail("503", endpoint="openid")

        response = come_back(browser, said)

        assert response["Location"] == "https://app.guildhall.example/?error=steam_unavailable"

    def test_one_who_went_back_is_told_so(self, browser, member):
        state = dict(parse_qsl(urlsplit(begin(browser)).query))["openid.return_to"]
        state = dict(parse_qsl(urlsplit(state).query))
        cancel = {"openid.ns": "http://specs.openid.net/auth/2.0", "openid.mode": "cancel"}

        assert refused(come_back(browser, state | cancel), "cancelled")
        assert steam_id_of(member) is None


def test_whoever_steam_would_send_us_on_to_is_not_asked(steam, browser, member, settings):
    """Somebody who answers yes to everything, and a Steam that redirects there."""
    asked = []

    def yes(request):
        asked.append(request.path)
        return Reply.text("ns:http://specs.openid.net/auth/2.0\nis_valid:true\n")

    liar = Listener(("127.0.0.1", 0), yes)
    liar.start()
    address = f"http://127.0.0.1:{liar.server_address[1]}/"
    redirecting = Listener(("127.0.0.1", 0), lambda request: Reply.redirect(address))
    redirecting.start()
    try:
        endpoint = f"http://127.0.0.1:{redirecting.server_address[1]}/openid/login"
        settings.STEAM_OPENID_URL = endpoint
        login_url = begin(browser)
        said = answer(steam, login_url.replace(endpoint, steam.openid_url))
        response = come_back(browser, said | {"openid.op_endpoint": endpoint})
    finally:
        liar.stop()
        redirecting.stop()

    assert refused(response, "steam_unavailable", 503)
    assert asked == []
    assert steam_id_of(member) is None
    assert not Nonce.objects.exists()
