"""What staff see of Steam in the admin, and what they may ask for again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from app.core.steam_id import to_steam_id
from app.steam import sources
from app.steam.models import Match, MemberSync
from tests.factories import (
    HeroFactory,
    LiveGamePlayerFactory,
    MatchFactory,
    MatchPlayerFactory,
    MemberSyncFactory,
    QuarantinedAnswerFactory,
    SteamMemberFactory,
    SyncRunFactory,
    UsageFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

MODELS = [
    *("match", "membersync", "syncrun", "usage", "quarantinedanswer"),
    *("hero", "livegame", "playerrecord"),
]


def page(model, name="changelist", *args):
    return reverse(f"admin:steam_{model}_{name}", args=args)


def browser_of(client, *permissions, **fields):
    user = UserFactory(is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user, backend="app.accounts.backends.EmailOrUsernameBackend")
    return client


@pytest.fixture
def browser(client):
    return browser_of(client, is_superuser=True)


def act(browser, model, name, *rows):
    ids = {"_selected_action": [row.pk for row in rows], "index": 0}
    return browser.post(page(model), {"action": name, **ids}, follow=True)


def listed(browser, model, **query):
    response = browser.get(page(model), query)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_the_permission_see_nothing(client, model):
    browser = browser_of(client, "view_user")

    assert browser.get(page(model)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_nobody_adds_what_steam_has_not_told(browser, model):
    assert browser.get(page(model)).status_code == 200
    assert browser.get(page(model, "add")).status_code == 403


def test_nobody_changes_or_deletes_it(browser):
    match = MatchFactory()

    assert browser.post(page("match", "change", match.pk), {"state": "pending"}).status_code == 403
    assert browser.post(page("match", "delete", match.pk), {"post": "yes"}).status_code == 403
    act(browser, "match", "delete_selected", match)
    assert Match.objects.get().state == "stored"


class TestMatches:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"state__exact": "unavailable"}, [2]),
            ({"reason__exact": "hidden"}, [2]),
            ({"source__exact": "opendota"}, [3]),
            ({"lobby": "7"}, [3]),
            ({"lobby": "99"}, [3, 2, 1]),
            ({"q": "2"}, [2]),
            ({"q": "8000000000000000000"}, []),
            ({"q": "9" * 30}, []),
            ({"q": "ada"}, []),
            ({"q": " "}, [3, 2, 1]),
        ],
    )
    def test_they_are_found(self, browser, query, expected):
        MatchFactory(match_id=1, lobby_type=0)
        MatchFactory(match_id=2, state="unavailable", reason="hidden", radiant_win=None)
        MatchFactory(match_id=3, lobby_type=7, source="opendota")

        assert listed(browser, "match", **query) == expected

    @pytest.mark.parametrize("form", ["{0}", "[U:1:{1}]", "steamcommunity.com/profiles/{0}/"])
    def test_they_are_found_by_who_played(self, browser, form):
        account = 4_200_000_000
        ours = MatchPlayerFactory(member=SteamMemberFactory(steam_id=to_steam_id(account)))
        theirs = MatchPlayerFactory(account_id=account)
        MatchPlayerFactory(account_id=account + 1)

        found = listed(browser, "match", q=form.format(to_steam_id(account), account))

        assert found == [theirs.match.pk, ours.match.pk]

    def test_the_page_has_the_scoreboard(self, browser):
        hero = HeroFactory(localized_name="Axe <i>")
        member = SteamMemberFactory(username="ada")
        player = MatchPlayerFactory(member=member, hero_id=hero.hero_id, kills=31, leaver_status=2)
        MatchPlayerFactory(match=player.match, player_slot=130, hero_id=9_998)

        body = browser.get(page("match", "change", player.match.pk)).content.decode()

        board = re.findall(r"<td>(.*?)</td>", body.partition("field-scoreboard")[2])
        assert board == [
            *("Radiant", "ada", "Axe &lt;i&gt;", "31 / 5 / 5", "20", "0", "500", "500", "yes"),
            *("Dire", "anonymous", "9998", "5 / 5 / 5", "20", "0", "500", "500", ""),
        ]

    def test_ten_players_cost_what_one_does(self, browser):
        def queries(match):
            with CaptureQueriesContext(connection) as asked:
                browser.get(page("match", "change", match.pk))
            return len(asked)

        one, ten = MatchPlayerFactory(member=SteamMemberFactory()).match, MatchFactory()
        for slot in [*range(5), *range(128, 133)]:
            MatchPlayerFactory(match=ten, player_slot=slot, member=SteamMemberFactory())
        queries(one)

        assert queries(one) == queries(ten)

    def test_those_that_are_unavailable_are_fetched_again(self, browser):
        reason = {"state": "unavailable", "radiant_win": None}
        hidden = MatchFactory(
            reason="hidden",
            retry_at=timezone.now() + timedelta(days=9),
            opendota_at=timezone.now(),
            **reason,
        )
        other = MatchFactory(reason="gone", **reason)
        stored = MatchFactory()

        answer = act(browser, "match", "fetch_again", hidden, stored)

        assert b"1 will be fetched again." in answer.content
        hidden.refresh_from_db()
        assert (hidden.state, hidden.reason, hidden.opendota_at) == ("pending", "", None)
        assert list(Match.objects.due(timezone.now())) == [hidden]
        other.refresh_from_db()
        stored.refresh_from_db()
        assert (other.state, stored.state) == ("unavailable", "stored")

    def test_that_takes_the_permission_to_change(self, client):
        browser = browser_of(client, "view_match")
        match = MatchFactory(state="unavailable", reason="gone", radiant_win=None)

        act(browser, "match", "fetch_again", match)

        match.refresh_from_db()
        assert match.state == "unavailable"


class TestSyncs:
    def test_they_are_found_by_how_it_goes(self, browser):
        fine = MemberSyncFactory(persona_name="Countess")
        bad = MemberSyncFactory(status="failing", gap_from=90, gap_to=12, error="Busy")

        assert listed(browser, "membersync", status__exact="failing") == [bad.pk]
        assert listed(browser, "membersync", gap_from__isempty="0") == [bad.pk]
        assert listed(browser, "membersync", q="countess") == [fine.pk]
        assert listed(browser, "membersync", q=bad.member.username) == [bad.pk]
        assert b"90 down to 12" in browser.get(page("membersync")).content

    def test_a_history_is_read_from_its_start(self, browser):
        sync, other = (MemberSyncFactory(newest_match_id=9, gap_from=5) for _ in range(2))

        answer = act(browser, "membersync", "start_over", sync)

        assert b"1 will be read from the start." in answer.content
        sync.refresh_from_db()
        assert (sync.newest_match_id, sync.gap_from) == (0, None)
        assert sync.due_at <= timezone.now()
        other.refresh_from_db()
        assert other.newest_match_id == 9

    def test_that_takes_the_permission_to_change(self, client):
        browser = browser_of(client, "view_membersync")
        sync = MemberSyncFactory(newest_match_id=9)

        act(browser, "membersync", "start_over", sync)

        assert MemberSync.objects.get(pk=sync.pk).newest_match_id == 9

    def test_nobody_sees_the_lease(self, browser):
        sync = MemberSyncFactory()

        body = browser.get(page("membersync", "change", sync.pk)).content.decode()

        assert "field-leased_until" in body
        assert "field-lease " not in body


class TestTheRest:
    def test_runs_are_found_by_what_set_them_off_and_whether_they_failed(self, browser, staff):
        SyncRunFactory()
        run = SyncRunFactory(trigger="staff", started_by=staff, last_error="Busy")

        assert listed(browser, "syncrun", trigger__exact="staff") == [run.pk]
        assert listed(browser, "syncrun", last_error__isempty="0") == [run.pk]

    def test_garbage_is_found_by_its_endpoint_and_its_match(self, browser):
        QuarantinedAnswerFactory()
        wrong = QuarantinedAnswerFactory(endpoint="GetHeroes", match_id=77)

        assert listed(browser, "quarantinedanswer", endpoint="GetHeroes") == [wrong.pk]
        assert listed(browser, "quarantinedanswer", q="77") == [wrong.pk]

    def test_the_usage_says_what_is_left(self, browser, settings):
        settings.STEAM_CALLS_PER_DAY, settings.OPENDOTA_CALLS_PER_DAY = 1000, 50
        UsageFactory()
        sources.steam_budget().take("GetHeroes")

        assert b"Steam: 1 of 1,000 calls used." in browser.get(page("usage")).content

        settings.OPENDOTA_ENABLED = True
        sources.steam_budget().failed(for_good=True)
        body = browser.get(page("usage")).content.decode()
        assert re.search(r"Steam: 1 of 1,000 calls used, given a rest for \d+ s\.", body)
        assert "OpenDota: 0 of 50 calls used." in body

    def test_without_redis_nobody_can_say(self, browser, settings):
        nowhere = {"LOCATION": "redis://127.0.0.1:9/0"}
        gone = {name: cache | nowhere for name, cache in settings.CACHES.items()}
        with override_settings(CACHES=gone):
            response = browser.get(page("usage"))

        assert b"Steam: nobody can say, as Redis is down." in response.content

    def test_a_live_game_names_its_members(self, browser):
        player = LiveGamePlayerFactory(member__username="ada")

        body = browser.get(page("livegame", "change", player.game.pk)).content.decode()

        assert re.search(r'field-members.*?readonly">ada<', body, re.S)

    def test_heroes_are_found_by_their_names(self, browser):
        hero = HeroFactory(localized_name="Brand New")

        assert listed(browser, "hero", q="brand") == [hero.pk]
