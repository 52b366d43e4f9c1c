"""The admin's pages of members: who is found there, and what staff may do to whom."""

import html
import re
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils.formats import localize
from rest_framework.test import APIClient

from app.accounts.models import User
from app.accounts.services import link_steam, unlink_steam
from app.core.steam_id import to_steam_id
from app.steam.models import MemberSync
from tests.accounts.test_emails import token_in
from tests.factories import (
    PASSWORD,
    MemberSyncFactory,
    StaffFactory,
    SteamMemberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ME = "/api/users/me/"
LIST = "/admin/accounts/user/"
ACTIONS = ["deactivate", "reactivate", "resend_verification", "unlink_steam", "unlink_discord"]
ACCOUNT_ID = 22203
DISCORD_ID = 2**62 + 1
LEFT = datetime(2026, 9, 1, 20, tzinfo=UTC)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def staff_who_may(*what, **fields):
    user = StaffFactory(**fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=what))
    assert user.user_permissions.count() == len(what)
    return user


def linked(**fields):
    """A member who has all that staff can take away."""
    links = {
        "steam_id": to_steam_id(ACCOUNT_ID),
        "discord_id": DISCORD_ID,
        "discord_nickname": "d-nick",
        "guild_nickname": "g-nick",
        "in_guild": True,
        "guild_left_at": LEFT,
    }
    return UserFactory(**links | fields)


@pytest.fixture
def chief():
    return UserFactory(username="chief", is_staff=True, is_superuser=True)


@pytest.fixture
def clerk():
    """Staff who may see and change members, and are no superuser."""
    return staff_who_may("view_user", "change_user", username="clerk")


@pytest.fixture(params=["chief", "clerk"])
def either(request):
    """Both who may change members, one after the other."""
    return request.getfixturevalue(request.param)


def page(name, *args):
    return reverse(f"admin:accounts_user_{name}", args=args)


def act(browser, action, *users):
    data = {"action": action, "_selected_action": [user.pk for user in users], "index": 0}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return browser.post(LIST, data)


def form(user, **changes):
    """What the change form sends: every field that a superuser has in it, with the changes."""
    data = {name: getattr(user, name) for name in ("email", "username", "nickname", "avatar")}
    for flag in ("is_active", "is_staff", "is_superuser"):
        data[flag] = "on" if getattr(user, flag) else None
    data["groups"] = [group.pk for group in user.groups.all()]
    return {name: value for name, value in (data | changes).items() if value is not None}


def save(browser, user, **changes):
    # A test is one transaction; what waits for a commit is done here.
    with TestCase.captureOnCommitCallbacks(execute=True):
        return browser.post(page("change", user.pk), form(user, **changes))


def row(user):
    values = User.objects.values().get(pk=user.pk)
    return values | {"groups": set(user.groups.all()), "may": set(user.user_permissions.all())}


def changes(before, user):
    """What is different now; the name that is shown follows from the others."""
    after = row(user)
    different = {name: after[name] for name in after if after[name] != before[name]}
    different.pop("display_name", None)
    return different


def found(browser, **query):
    response = browser.get(LIST, query)
    assert response.status_code == 200
    return {user.username for user in response.context["cl"].result_list}


def cells(browser, user):
    """The columns of the member's row, as they are read."""
    response = browser.get(LIST, {"id__exact": user.pk})
    assert response.status_code == 200
    columns = re.findall(r'class="field-(\w+)[^>]*>(.*?)</t[dh]>', response.content.decode(), re.S)
    return {name: html.unescape(re.sub(r"<[^>]+>", "", cell)) for name, cell in columns}


def logged(user):
    return LogEntry.objects.filter(object_id=str(user.pk), action_flag=CHANGE)


class TestWhoGetsIn:
    @pytest.mark.parametrize("who", ["nobody", "outsider", "deactivated"])
    def test_who_is_no_staff_is_sent_to_sign_in(self, who, outsider):
        member = linked(email_verified=False)
        browser = {
            "nobody": Client,
            "outsider": lambda: browser_of(outsider),
            "deactivated": lambda: browser_of(
                UserFactory(is_staff=True, is_superuser=True, is_active=False)
            ),
        }[who]()
        before = row(member)

        answers = [
            browser.get(LIST),
            browser.get(page("change", member.pk)),
            browser.get(page("history", member.pk)),
            save(browser, member, nickname="changed"),
            browser.post(page("delete", member.pk), {"post": "yes"}),
            *(act(browser, action, member) for action in ACTIONS),
        ]

        for answer in answers:
            assert answer.status_code == 302
            assert answer.url.startswith("/admin/login/")
        assert changes(before, member) == {}

    def test_staff_without_permissions_see_no_member(self, staff, member):
        browser = browser_of(staff)
        before = row(member)

        assert browser.get(LIST).status_code == 403
        assert browser.get(page("change", member.pk)).status_code == 403
        assert save(browser, member, nickname="changed").status_code == 403
        assert act(browser, "deactivate", member).status_code == 403
        assert changes(before, member) == {}

    def test_an_action_needs_the_csrf_token(self, chief, member):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(chief)

        assert act(browser, "deactivate", member).status_code == 403
        assert User.objects.get(pk=member.pk).is_active

    def test_there_is_no_way_to_sign_in_as_another(self, chief, member):
        routes = get_resolver("config.admin").reverse_dict
        names = {name for name in routes if isinstance(name, str)}
        ours = {name for name in names if "user" in name}
        assert ours == {
            "accounts_user_changelist",
            "accounts_user_add",
            "accounts_user_change",
            "accounts_user_delete",
            "accounts_user_history",
            "auth_user_password_change",
        }

        browser = browser_of(chief)
        for word in ("login", "login-as", "impersonate", "hijack", "su", "sign-in"):
            for path in (f"{LIST}{member.pk}/{word}/", f"/admin/{word}/{member.pk}/"):
                browser.post(path)
                browser.get(path)
                assert browser.get(ME).json()["id"] == chief.pk
        assert "login_as" not in browser.get(page("change", member.pk)).content.decode().lower()


class TestSearch:
    @pytest.fixture
    def aldous(self):
        UserFactory(username="brannoch", discord_id=DISCORD_ID + 1)
        SteamMemberFactory(username="cinder", email_verified=False)
        return linked(username="aldous", email="smith@guild.example", nickname="The Tall One")

    @pytest.mark.parametrize(
        "query",
        [
            "{aldous.pk}",
            " {aldous.pk} ",
            "smith@guild.example",
            "SMITH@guild.EXAMPLE",
            "smith@",
            "aldous",
            "ALDOUS",
            "Tall One",
            "one tall",
            "g-nick",
            "d-nick",
            f"{DISCORD_ID}",
            f"{to_steam_id(ACCOUNT_ID)}",
            f"{ACCOUNT_ID}",
            f" {ACCOUNT_ID} ",
            "STEAM_0:1:11101",
            "steam_1:1:11101",
            f"[U:1:{ACCOUNT_ID}]",
            f"https://steamcommunity.com/profiles/{to_steam_id(ACCOUNT_ID)}/",
            f"http://www.steamcommunity.com/profiles/{to_steam_id(ACCOUNT_ID)}",
            f"steamcommunity.com/profiles/{to_steam_id(ACCOUNT_ID)}",
        ],
    )
    def test_a_member_is_found_by(self, either, aldous, query):
        assert found(browser_of(either), q=query.format(aldous=aldous)) == {"aldous"}

    @pytest.mark.parametrize("query", ["", " ", "\t"])
    def test_who_asks_for_nobody_sees_everybody(self, chief, aldous, query):
        assert found(browser_of(chief), q=query) == {"aldous", "brannoch", "cinder", "chief"}

    @pytest.mark.parametrize(
        "query",
        [
            "xyzzy",
            "aldous brannoch",
            "0",
            "-1",
            "1.5",
            "1e3",
            f"{2**32 - 1}",  # the anonymous of Steam
            f"{to_steam_id(0)}",
            f"{to_steam_id(ACCOUNT_ID + 1)}",
            f"{2**63 - 1}",
            f"{2**63}",
            f"{2**64}",
            "9" * 40,
            "STEAM_0:1:9999999999",
            "STEAM_9:1:11101",
            "[U:1:0]",
            "[U:1:99999999999999999999]",
            "https://steamcommunity.com/id/aldous/",
            f"https://steamcommunity.com/profiles/{2**64}/",
            "²",
            "٤٧١١٤٧١١",
            "%",
            "\\",
            '"unfinished',
            "'; --",
            "🐉",
        ],
    )
    def test_what_is_nobodys_finds_nobody(self, chief, aldous, query):
        assert found(browser_of(chief), q=query) == set()

    @pytest.mark.parametrize(
        "query", ["9" * 4300, "9" * 4301, "9" * 5000, "a" * 5000, "a " * 400, "\x00", "1\x00"]
    )
    def test_whatever_is_asked_for_is_answered(self, chief, aldous, query):
        assert browser_of(chief).get(LIST, {"q": query}).status_code == 200

    def test_a_number_finds_whoever_has_it(self, chief):
        by_id = UserFactory(username="aldous")
        UserFactory(username="brannoch", discord_id=by_id.pk)
        UserFactory(username="cinder", steam_id=to_steam_id(by_id.pk))

        names = found(browser_of(chief), q=str(by_id.pk))

        assert names == {"aldous", "brannoch", "cinder"}

    def test_a_search_keeps_to_its_filters(self, chief, aldous):
        browser = browser_of(chief)

        for query in ("aldous", str(aldous.pk), str(ACCOUNT_ID), str(DISCORD_ID)):
            assert found(browser, q=query, linked="steam") == {"aldous"}
            assert found(browser, q=query, linked="neither") == set()

    def test_a_password_is_not_for_searching(self, chief):
        browser = browser_of(chief)

        for lookup in ("password__startswith", "token_families__jti__startswith"):
            assert browser.get(LIST, {lookup: "a"}).status_code == 400
        assert found(browser, q="argon2") == set()


class TestFilters:
    @pytest.fixture(autouse=True)
    def _members(self):
        UserFactory(username="by-steam", steam_id=to_steam_id(1))
        UserFactory(username="by-discord", discord_id=1, email_verified=False)
        UserFactory(username="by-both", steam_id=to_steam_id(2), discord_id=2)
        UserFactory(username="by-none", email_verified=False)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({"linked": "steam"}, {"by-steam", "by-both"}),
            ({"linked": "discord"}, {"by-discord", "by-both"}),
            ({"linked": "neither"}, {"by-none"}),
            ({"linked": "else"}, {"by-steam", "by-discord", "by-both", "by-none"}),
            ({"email_verified__exact": "1"}, {"by-steam", "by-both"}),
            ({"email_verified__exact": "0"}, {"by-discord", "by-none"}),
            ({"email_verified__exact": "0", "linked": "discord"}, {"by-discord"}),
        ],
    )
    def test_members_are_found_by_what_they_have_proven(self, either, query, names):
        assert found(browser_of(either), **query) - {"chief", "clerk"} == names

    def test_the_page_offers_the_filters(self, chief):
        body = browser_of(chief).get(LIST).content.decode()

        for link in ("linked=steam", "linked=discord", "linked=neither", "email_verified__exact=0"):
            assert f"?{link}" in body


class TestColumns:
    def test_a_linked_member_was_never_read_before_the_first_sync(self, either):
        shown = cells(browser_of(either), SteamMemberFactory())

        assert (shown["last_sync"], shown["sync_status"]) == ("-", "never")

    def test_nor_was_one_who_is_followed_and_waits_for_it(self, either):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member, status="never", synced_at=None)

        shown = cells(browser_of(either), member)

        assert (shown["last_sync"], shown["sync_status"]) == ("-", "never")

    def test_a_member_without_a_link_has_no_sync(self, chief):
        shown = cells(browser_of(chief), UserFactory())

        assert shown["last_sync"] == "-"
        assert shown["sync_status"] in {"", "-"}

    def test_a_sync_is_shown_with_its_time(self, either):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member)

        shown = cells(browser_of(either), member)

        assert shown["last_sync"] == localize(MemberSync.objects.get().synced_at)
        assert shown["sync_status"] == "ok"

    def test_a_private_history_is_shown_with_its_reason(self, either):
        member = SteamMemberFactory()
        reason = "Expose <Public Match Data> is off."
        MemberSyncFactory(member=member, status="private", synced_at=None, error=reason)

        shown = cells(browser_of(either), member)

        assert (shown["last_sync"], shown["sync_status"]) == ("-", f"private: {reason}")

    def test_a_history_that_became_private_was_read_when_it_was(self, chief):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member, status="private", error="Closed.")

        shown = cells(browser_of(chief), member)

        assert shown["last_sync"] == localize(MemberSync.objects.get().synced_at)
        assert shown["sync_status"] == "private: Closed."

    def test_a_sync_of_an_account_that_was_unlinked_is_not_shown(self, chief):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member, status="private", synced_at=None, error="Closed.")
        unlink_steam(user=member)

        shown = cells(browser_of(chief), member)

        assert shown["last_sync"] == "-"
        assert shown["sync_status"] in {"", "-"}

    def test_a_sync_of_the_account_of_before_is_not_shown(self, chief):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member, status="private", synced_at=None, error="Closed.")
        unlink_steam(user=member)
        link_steam(user=member, steam_id=to_steam_id(ACCOUNT_ID))

        assert cells(browser_of(chief), member)["sync_status"] == "never"

    def test_members_are_found_by_their_sync(self, chief):
        open_, closed = SteamMemberFactory(username="open"), SteamMemberFactory(username="closed")
        MemberSyncFactory(member=open_)
        MemberSyncFactory(member=closed, status="private", synced_at=None, error="Closed.")
        browser = browser_of(chief)

        assert found(browser, steam_sync__status__exact="ok") == {"open"}
        assert found(browser, steam_sync__status__exact="private") == {"closed"}

    def test_every_column_can_be_ordered_by(self, chief):
        member = SteamMemberFactory()
        MemberSyncFactory(member=member)
        UserFactory()
        browser = browser_of(chief)

        for column in range(1, len(cells(browser, member)) + 1):
            for order in (f"{column}", f"-{column}"):
                assert len(found(browser, o=order)) == 3

    def test_a_list_costs_the_same_for_2_and_30(self, chief):
        browser = browser_of(chief)

        def queries():
            with CaptureQueriesContext(connection) as asked:
                members = found(browser)
            return len(asked), len(members)

        def make(count):
            for number in range(count):
                member = linked(
                    steam_id=to_steam_id(User.objects.count() + 1),
                    discord_id=User.objects.count() + 1,
                )
                if number % 2:
                    MemberSyncFactory(member=member)

        make(1)
        queries()  # which fills what is asked once in a process
        few, two = queries()
        make(28)
        many, thirty = queries()

        assert (two, thirty) == (2, 30)
        assert many == few


def by_page(browser, user):
    return save(browser, user, is_active=None)


def by_action(browser, user):
    return act(browser, "deactivate", user)


def back_by_page(browser, user):
    user.refresh_from_db()
    return save(browser, user, is_active="on")


def back_by_action(browser, user):
    return act(browser, "reactivate", user)


class Carried:
    """What a member has signed in with, at a login and in a browser."""

    def __init__(self, user):
        names = {"username": user.username, "password": PASSWORD}
        tokens = APIClient().post("/api/auth/login/", names)
        self.browser, self.bearer = APIClient(), APIClient()
        session = self.browser.post("/api/auth/session/", names)
        assert (tokens.status_code, session.status_code) == (200, 200)
        self.refresh = tokens.json()["refresh"]
        self.bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access']}")
        assert self.bearer.get(ME).json()["id"] == user.pk  # so that it is known to be good
        assert self.browser.get(ME).json()["id"] == user.pk

    def answers(self):
        """The statuses that the access token, the session and the refresh token get."""
        traded = APIClient().post("/api/auth/refresh/", {"refresh": self.refresh})
        if traded.status_code == 200:
            self.refresh = traded.json()["refresh"]
        return [
            self.bearer.get(ME).status_code,
            self.browser.get(ME).status_code,
            traded.status_code,
        ]


def password_of(user):
    names = {"username": user.username, "password": PASSWORD}
    return APIClient().post("/api/auth/login/", names).status_code


class TestDeactivate:
    @pytest.mark.parametrize("deactivate", [by_page, by_action])
    def test_what_a_deactivated_member_carries_is_worthless_at_once(
        self, either, member, outsider, deactivate
    ):
        carried, others = Carried(member), Carried(outsider)

        assert deactivate(browser_of(either), member).status_code == 302

        assert not User.objects.get(pk=member.pk).is_active
        assert carried.answers() == [401, 401, 401]
        assert password_of(member) == 401
        assert others.answers() == [200, 200, 200]
        assert [entry.user for entry in logged(member)] == [either]

    @pytest.mark.parametrize("deactivate", [by_page, by_action])
    @pytest.mark.parametrize("reactivate", [back_by_page, back_by_action])
    def test_who_is_back_signs_in_again_and_nothing_of_before_comes_back(
        self, either, member, deactivate, reactivate
    ):
        carried, browser = Carried(member), browser_of(either)
        deactivate(browser, member)

        assert reactivate(browser, member).status_code == 302

        assert password_of(member) == 200
        assert carried.answers() == [401, 401, 401]
        assert Carried(member).answers() == [200, 200, 200]

    def test_what_is_linked_stays_linked(self, chief):
        member = linked()
        before = row(member)

        by_action(browser_of(chief), member)

        assert changes(before, member).keys() == {"is_active", "session_epoch"}

    def test_a_deactivated_staff_member_is_out_of_the_admin(self, chief, clerk):
        theirs = browser_of(clerk)
        assert theirs.get(LIST).status_code == 200

        by_action(browser_of(chief), clerk)

        assert theirs.get(LIST).status_code == 302

    def test_many_are_deactivated_at_once(self, clerk, member, outsider):
        third = UserFactory()

        act(browser_of(clerk), "deactivate", member, outsider)

        active = User.objects.filter(is_active=True)
        assert set(active) == {clerk, third}

    def test_a_page_that_is_saved_as_it_is_signs_nobody_out(self, either, member):
        carried = Carried(member)
        before = row(member)

        assert save(browser_of(either), member).status_code == 302

        assert changes(before, member) == {}
        assert carried.answers() == [200, 200, 200]


class TestPassword:
    NEW = {"password1": "another-one-entirely", "password2": "another-one-entirely"}

    def test_a_password_that_staff_set_is_the_members(self, either, member):
        path = reverse("admin:auth_user_password_change", args=[member.pk])

        assert browser_of(either).post(path, self.NEW).status_code == 302

        assert password_of(member) == 401
        assert User.objects.get(pk=member.pk).check_password(self.NEW["password1"])

    def test_a_password_that_staff_set_ends_what_the_member_has_signed_in(self, chief, member):
        carried = Carried(member)
        path = reverse("admin:auth_user_password_change", args=[member.pk])

        browser_of(chief).post(path, self.NEW)

        assert carried.answers() == [401, 401, 401]


class TestVerification:
    def test_only_the_unverified_are_mailed(self, either, mailoutbox, api):
        proven, gone = UserFactory(), UserFactory(email_verified=False, is_active=False)
        unproven, unasked = UserFactory(email_verified=False), UserFactory(email_verified=False)
        everyone = [proven, gone, unproven]

        response = act(browser_of(either), "resend_verification", *everyone)

        assert response.status_code == 302
        [mail] = mailoutbox
        assert mail.to == [unproven.email]
        assert unproven.username in mail.body
        assert [entry.user for entry in logged(unproven)] == [either]
        assert not any(logged(user) for user in (proven, gone, unasked))
        assert not User.objects.get(pk=unproven.pk).email_verified  # the mail alone proves nothing
        token = {"token": token_in(mail)}
        assert api.post("/api/auth/email/verify/", token).status_code == 200
        assert User.objects.get(pk=unproven.pk).email_verified

    def test_whose_mailbox_has_had_enough_is_said_and_stops_nothing(
        self, chief, mailoutbox, settings
    ):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": "1/hour"}
        claims = [
            UserFactory(username=name, email=email, email_verified=False)
            for name, email in [
                ("first", "a@x.example"),
                ("second", "a@x.example"),
                ("third", "b@x.example"),
            ]
        ]
        browser = browser_of(chief)

        act(browser, "resend_verification", *claims)

        assert sorted(mail.to[0] for mail in mailoutbox) == ["a@x.example", "b@x.example"]
        told = browser.get(LIST).content.decode()
        assert "2 mailed." in told
        assert "Second: Request was throttled." in told

    def test_a_changed_email_is_to_be_proven_and_is_mailed_a_link(
        self, either, member, mailoutbox, api
    ):
        assert save(browser_of(either), member, email="New@Guild.Example").status_code == 302

        member.refresh_from_db()
        assert (member.email, member.email_verified) == ("new@guild.example", False)
        [mail] = mailoutbox
        assert mail.to == ["new@guild.example"]
        token = {"token": token_in(mail)}
        assert api.post("/api/auth/email/verify/", token).status_code == 200
        member.refresh_from_db()
        assert (member.email, member.email_verified) == ("new@guild.example", True)

    def test_no_task_is_out_before_the_change_that_it_is_about(self, chief, member, queue):
        """A worker that is faster than the commit would mail a link for the email of before."""
        fields = form(member, email="new@guild.example")

        with TestCase.captureOnCommitCallbacks(execute=True):
            assert browser_of(chief).post(page("change", member.pk), fields).status_code == 302
            assert queue.records() == []  # a test's transaction is never committed

        assert len(queue.records()) == 1

    def test_a_link_to_the_email_of_before_is_worthless(self, chief, mailoutbox, api):
        member = UserFactory(email_verified=False)
        browser = browser_of(chief)
        act(browser, "resend_verification", member)

        save(browser, member, email="new@guild.example")

        token = {"token": token_in(mailoutbox[0])}
        assert api.post("/api/auth/email/verify/", token).status_code == 400
        assert not User.objects.get(pk=member.pk).email_verified

    def test_an_email_that_stays_stays_proven(self, either, member, mailoutbox):
        save(browser_of(either), member, nickname="Renamed")

        member.refresh_from_db()
        assert (member.nickname, member.email_verified) == ("Renamed", True)
        assert mailoutbox == []

    def test_an_email_in_another_case_is_the_same(self, chief, member, mailoutbox):
        save(browser_of(chief), member, email=member.email.upper())

        assert User.objects.get(pk=member.pk).email_verified
        assert mailoutbox == []

    def test_an_email_that_another_has_proven_stays_theirs(self, either, member, outsider):
        response = save(browser_of(either), member, email=outsider.email)

        assert response.status_code in {200, 302}  # refused, or a claim
        outsider.refresh_from_db()
        assert outsider.email_verified
        assert User.objects.filter(email=outsider.email, email_verified=True).get() == outsider

    @pytest.mark.parametrize("change", [{"email": "nonsense"}, {"email": ""}, {"username": "a b"}])
    def test_what_is_malformed_is_shown_on_the_form(self, either, member, change, mailoutbox):
        before = row(member)

        response = save(browser_of(either), member, **change)

        assert response.status_code == 200
        assert list(response.context["adminform"].form.errors) == list(change)
        assert changes(before, member) == {}
        assert mailoutbox == []

    def test_a_name_that_is_taken_is_shown_on_the_form(self, either, member, outsider):
        response = save(browser_of(either), member, username=outsider.username.upper())

        assert response.status_code == 200
        assert response.context["adminform"].form.errors


class TestUnlink:
    STEAM = {"steam_id": None}
    DISCORD = {
        "discord_id": None,
        "discord_nickname": "",
        "guild_nickname": "",
        "in_guild": False,
        "guild_left_at": None,
        # Whoever came in by it is out.
        "session_epoch": 1,
    }
    CLEARED = [("unlink_steam", STEAM), ("unlink_discord", DISCORD)]

    @pytest.mark.parametrize(("action", "cleared"), CLEARED)
    def test_just_what_belongs_to_the_link_is_cleared(self, either, action, cleared):
        member, other = linked(), linked(steam_id=to_steam_id(1), discord_id=1)
        before, others = row(member), row(other)

        assert act(browser_of(either), action, member).status_code == 302

        assert changes(before, member) == cleared
        assert changes(others, other) == {}

    @pytest.mark.parametrize(("action", "site"), [("unlink_steam", "S"), ("unlink_discord", "D")])
    def test_the_history_tells_who_did_it(self, either, action, site):
        member, bare = linked(), UserFactory()
        browser = browser_of(either)

        act(browser, action, member, bare)

        [entry] = logged(member)
        assert (entry.user, entry.get_edited_object()) == (either, member)
        assert not logged(bare)  # nothing was done to it
        told = browser.get(page("history", member.pk)).content.decode()
        assert entry.get_change_message() in told
        assert "unlinked" in told.lower()

    def test_the_history_tells_which_link_it_was(self, chief):
        told = []
        for action, _ in self.CLEARED:
            act(browser_of(chief), action, member := linked())
            told.append(logged(member).get().get_change_message())
            member.delete()

        assert told[0] != told[1]

    def test_an_account_that_was_unlinked_is_free(self, chief, outsider):
        member = linked()
        browser = browser_of(chief)
        act(browser, "unlink_steam", member)
        act(browser, "unlink_discord", member)

        link_steam(user=outsider, steam_id=member.steam_id)

        outsider.refresh_from_db()
        assert outsider.steam_id == to_steam_id(ACCOUNT_ID)
        UserFactory(discord_id=DISCORD_ID)


class TestForgedPosts:
    FORGED = {
        "steam_id": str(to_steam_id(1)),
        "discord_id": "1",
        "discord_nickname": "forged",
        "guild_nickname": "forged",
        "in_guild": "on",
        "email_verified": "on",
        "session_epoch": "7",
        "password": "forged",
        "last_login_0": "2001-01-01",
        "last_login_1": "00:00:00",
        "date_joined_0": "2001-01-01",
        "date_joined_1": "00:00:00",
        "id": "4711",
        "user_permissions": ["1"],
    }

    def test_what_a_member_proves_is_not_for_staff_to_write(self, either):
        member = UserFactory(email_verified=False)
        before = row(member)

        response = save(browser_of(either), member, nickname="Renamed", **self.FORGED)

        assert response.status_code == 302
        assert changes(before, member) == {"nickname": "Renamed"}

    def test_what_a_member_has_linked_is_not_for_staff_to_write(self, either):
        member = linked()
        before = row(member)

        for forged in (self.FORGED, {"steam_id": "", "discord_id": ""}):
            assert save(browser_of(either), member, **forged).status_code == 302

        assert changes(before, member) == {}

    def test_a_changed_email_is_not_proven_by_a_forged_post(self, either, member):
        save(browser_of(either), member, email="new@guild.example", email_verified="on")

        assert not User.objects.get(pk=member.pk).email_verified

    @pytest.fixture
    def group(self):
        return Group.objects.create(name="The Powerful")

    def test_a_superuser_gives_power(self, chief, member, group):
        power = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]}

        assert save(browser_of(chief), member, **power).status_code == 302

        member.refresh_from_db()
        assert (member.is_staff, member.is_superuser) == (True, True)
        assert list(member.groups.all()) == [group]

    @pytest.mark.parametrize("whom", ["themselves", "a member"])
    def test_staff_give_no_power(self, clerk, group, whom):
        user = clerk if whom == "themselves" else UserFactory()
        browser = browser_of(clerk)  # which notes the sign-in
        before = row(user)
        power = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]}
        power["user_permissions"] = [Permission.objects.get(codename="delete_user").pk]

        response = save(browser, user, nickname="Renamed", **power)

        assert response.status_code == 302
        assert changes(before, user) == {"nickname": "Renamed"}

    def test_staff_take_no_power(self, clerk, group):
        """Nor do they change other staff at all: whoever sets a password has what it opens."""
        user = StaffFactory()
        user.groups.add(group)
        before = row(user)
        browser = browser_of(clerk)

        assert save(browser, user, nickname="x", is_staff=None, groups=[]).status_code == 403
        path = reverse("admin:auth_user_password_change", args=[user.pk])
        assert browser.post(path, TestPassword.NEW).status_code == 403

        assert changes(before, user) == {}

    def test_a_superuser_who_sets_their_own_password_goes_on(self, chief):
        browser = browser_of(chief)
        path = reverse("admin:auth_user_password_change", args=[chief.pk])

        assert browser.post(path, TestPassword.NEW).status_code == 302

        assert browser.get(LIST).status_code == 200

    @pytest.mark.parametrize("power", [{"is_staff": "on"}, {"is_superuser": "on"}])
    def test_staff_who_add_a_member_give_no_power(self, group, power):
        adder = staff_who_may("view_user", "change_user", "add_user")
        data = {
            "email": "New@Guild.Example",
            "username": "newcomer",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "groups": [group.pk],
            **self.FORGED,
            **power,
        }

        assert browser_of(adder).post(page("add"), data).status_code == 302

        user = User.objects.get(username="newcomer")
        assert (user.email, user.email_verified) == ("new@guild.example", False)
        assert (user.is_staff, user.is_superuser, user.steam_id) == (False, False, None)
        assert not user.groups.exists()
        assert password_of(user) == 200

    def test_who_is_added_is_mailed_a_link(self, chief, mailoutbox):
        names = {"email": "new@guild.example", "username": "newcomer"}
        passwords = {"password1": PASSWORD, "password2": PASSWORD}

        with TestCase.captureOnCommitCallbacks(execute=True):
            response = browser_of(chief).post(page("add"), names | passwords)

        assert response.status_code == 302
        assert [mail.to for mail in mailoutbox] == [["new@guild.example"]]


class TestSuperusers:
    """Staff are not above whoever made them so."""

    @pytest.fixture
    def superuser(self):
        return linked(
            username="above", is_staff=True, is_superuser=True, email_verified=False, nickname="Top"
        )

    @pytest.fixture
    def deleter(self):
        return staff_who_may("view_user", "change_user", "delete_user", "delete_membersync")

    @pytest.fixture(params=["clerk", "deleter"])
    def below(self, request):
        return request.getfixturevalue(request.param)

    def test_staff_see_and_do_not_change_a_superuser(self, below, superuser):
        browser, before = browser_of(below), row(superuser)

        shown = browser.get(page("change", superuser.pk))

        assert shown.status_code == 200
        assert not shown.context["has_change_permission"]
        assert b'name="_save"' not in shown.content
        for forged in ({"nickname": "x"}, {"is_active": None}, {"email": "x@guild.example"}):
            assert save(browser, superuser, **forged).status_code == 403
        assert changes(before, superuser) == {}

    def test_staff_set_no_superusers_password(self, below, superuser):
        path = reverse("admin:auth_user_password_change", args=[superuser.pk])
        browser = browser_of(below)

        assert browser.get(path).status_code == 403
        assert browser.post(path, TestPassword.NEW).status_code == 403
        assert User.objects.get(pk=superuser.pk).check_password(PASSWORD)

    @pytest.mark.parametrize("action", ACTIONS)
    def test_no_action_of_staff_touches_a_superuser(self, below, superuser, action, mailoutbox):
        if action == "reactivate":
            User.objects.filter(pk=superuser.pk).update(is_active=False)
        before = row(superuser)

        response = act(browser_of(below), action, superuser)

        assert response.status_code == 302
        assert changes(before, superuser) == {}
        assert not logged(superuser)
        assert mailoutbox == []

    def test_an_action_passes_over_a_superuser_and_goes_on(self, below, superuser, member):
        carried = Carried(superuser)

        act(browser_of(below), "deactivate", member, superuser)

        assert not User.objects.get(pk=member.pk).is_active
        assert carried.answers() == [200, 200, 200]

    @pytest.mark.parametrize("action", ACTIONS)
    def test_a_superuser_does_it_to_another(self, chief, superuser, action):
        if action == "reactivate":
            User.objects.filter(pk=superuser.pk).update(is_active=False)

        act(browser_of(chief), action, superuser)

        assert [entry.user for entry in logged(superuser)] == [chief]

    @pytest.mark.parametrize("others", [0, 1])
    def test_staff_delete_no_superuser(self, below, superuser, member, others):
        browser = browser_of(below)
        users = [superuser, member][: 1 + others]
        ids = {"_selected_action": [user.pk for user in users], "index": 0}

        assert browser.get(page("delete", superuser.pk)).status_code == 403
        assert browser.post(page("delete", superuser.pk), {"post": "yes"}).status_code == 403
        browser.post(LIST, {"action": "delete_selected", "post": "yes", **ids})

        assert User.objects.filter(pk=superuser.pk).exists()
        assert User.objects.filter(pk=member.pk).exists()

    @pytest.mark.parametrize("by", ["page", "action"])
    def test_staff_who_may_delete_members(self, deleter, by):
        member = SteamMemberFactory()
        Carried(member)
        MemberSyncFactory(member=member)
        browser = browser_of(deleter)

        if by == "page":
            response = browser.post(page("delete", member.pk), {"post": "yes"})
        else:
            ids = {"_selected_action": [member.pk], "index": 0, "post": "yes"}
            response = browser.post(LIST, {"action": "delete_selected", **ids})

        assert response.status_code == 302
        assert not User.objects.filter(pk=member.pk).exists()


class TestStaffWhoOnlySee:
    @pytest.fixture
    def browser(self):
        return browser_of(staff_who_may("view_user"))

    def test_they_see_the_members(self, browser, member):
        assert member.username in found(browser)
        assert browser.get(page("change", member.pk)).status_code == 200

    def test_they_are_offered_no_action(self, browser, member):
        response = browser.get(LIST)

        assert response.context["action_form"] is None
        assert b'name="action"' not in response.content

    @pytest.mark.parametrize("action", [*ACTIONS, "delete_selected"])
    def test_an_action_that_they_forge_does_nothing(self, browser, action, mailoutbox):
        member = linked(email_verified=False, is_active=action != "reactivate")
        before = row(member)
        ids = {"_selected_action": [member.pk], "index": 0}

        browser.post(LIST, {"action": action, "post": "yes", **ids})

        assert changes(before, member) == {}
        assert not logged(member)
        assert mailoutbox == []

    def test_they_write_nothing(self, browser, member):
        before = row(member)
        password = reverse("admin:auth_user_password_change", args=[member.pk])

        assert save(browser, member, nickname="changed").status_code == 403
        assert browser.post(password, TestPassword.NEW).status_code == 403
        assert browser.post(page("delete", member.pk), {"post": "yes"}).status_code == 403
        assert browser.get(page("add")).status_code == 403
        assert changes(before, member) == {}
