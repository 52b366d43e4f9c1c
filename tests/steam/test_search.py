import pytest
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.core.steam_id import to_steam_id
from app.steam.models import MemberSync, Usage
from tests.factories import MemberSyncFactory, SteamMemberFactory, UserFactory

pytestmark = pytest.mark.django_db

PATH = "/api/steam/search/"
STRANGER = 22_202
STEAM_ID = to_steam_id(STRANGER)
# Each way to write that account.
FORMS = [
    str(STEAM_ID),
    str(STRANGER),
    "STEAM_0:0:11101",
    "STEAM_1:0:11101",
    "[U:1:22202]",
    f"https://steamcommunity.com/profiles/{STEAM_ID}",
    f"https://steamcommunity.com/profiles/{STEAM_ID}/",
    f"http://www.steamcommunity.com/profiles/{STEAM_ID}/games/?tab=all",
    f"steamcommunity.com/profiles/{STEAM_ID}",
    "www.steamcommunity.com/profiles/[U:1:22202]/",
    "https://steamcommunity.com/id/the_countess",
    "https://steamcommunity.com/id/the_countess/",
    "https://www.steamcommunity.com/id/The_Countess/?l=german",
    "steamcommunity.com/id/the_countess",
    "the_countess",
    "  The_Countess  ",
]


@pytest.fixture
def steam(steam):
    steam.add_player(STRANGER, personaname="Countess", avatarfull="https://avatars.example/c.jpg")
    steam.add_vanity("the_countess", STRANGER)
    steam.clear_calls()
    return steam


@pytest.fixture
def search(member_api):
    def search(text, client=member_api):
        response = client.get(PATH, {"q": text})
        assert response.status_code == 200, response.content
        assert response.json().keys() == {"results"}
        return response.json()["results"]

    return search


def usernames(results):
    return [row["member"] and row["member"]["username"] for row in results]


def linked(username, persona="", **fields):
    member = SteamMemberFactory(username=username, **fields)
    MemberSyncFactory(member=member, persona_name=persona)
    return member


class TestWhoSearches:
    def test_a_member_does(self, api, member_api, steam):
        assert api.get(PATH, {"q": "ada"}).status_code == 401
        assert member_api.get(PATH, {"q": "ada"}).status_code == 200

    def test_and_only_so_often(self, member_api, outsider_api, settings, steam):
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"steam_search": "2/day"}

        found = [member_api.get(PATH, {"q": "ada"}) for _ in range(3)]

        assert [response.status_code for response in found] == [200, 200, 429]
        assert int(found[-1]["Retry-After"]) > 0
        assert outsider_api.get(PATH, {"q": "ada"}).status_code == 200

    @pytest.mark.parametrize("text", ["", " ", "a", " a ", "a" * 201, "a\0b"])
    def test_what_makes_no_sense_is_refused(self, member_api, steam, text):
        response = member_api.get(PATH, {"q": text})

        assert response.status_code == 400
        assert list(response.json()["details"]) == ["q"]
        assert steam.count() == 0

    def test_nothing_at_all_is_too(self, member_api):
        response = member_api.get(PATH)

        assert response.status_code == 400
        assert response.json()["details"] == {"q": ["Say whom to look for."]}


class TestAnyAccount:
    @pytest.mark.parametrize("text", FORMS)
    def test_it_is_found_in_every_form(self, search, steam, text):
        assert search(text) == [
            {
                "account_id": STRANGER,
                "steam_id": str(STEAM_ID),
                "member": None,
                "persona_name": "Countess",
                "avatar": "https://avatars.example/c.jpg",
                "profile_url": f"https://steamcommunity.com/profiles/{STEAM_ID}/",
            }
        ]

    def test_an_id_costs_one_call_and_a_name_two(self, search, steam):
        search(str(STRANGER))
        assert (steam.count("ResolveVanityURL"), steam.count("GetPlayerSummaries")) == (0, 1)
        search("the_countess")
        assert (steam.count("ResolveVanityURL"), steam.count("GetPlayerSummaries")) == (1, 2)

    def test_nobody_is_found_where_nobody_is(self, search, steam):
        assert search("nobody-of-that-name") == []
        assert search("https://steamcommunity.com/id/nobody") == []
        assert search("4000000000") == []

    def test_a_number_is_an_id_before_it_is_a_name(self, search, steam):
        steam.add_vanity("4000000000", STRANGER)

        assert search("4000000000") == []
        assert steam.count("ResolveVanityURL") == 0
        [by_address] = search("https://steamcommunity.com/id/4000000000")
        assert by_address["account_id"] == STRANGER

    def test_a_number_that_is_no_id_is_a_name(self, search, steam):
        steam.add_vanity("4294967295", STRANGER)

        assert [row["account_id"] for row in search("4294967295")] == [STRANGER]

    @pytest.mark.parametrize(
        "text",
        [
            "night owls",
            "naïve",
            "a" * 33,
            "[U:1:0]",
            "STEAM_9:9:9",
            "https://steamcommunity.com/groups/owls",
            "https://evil.example/id/the_countess",
            "steamcommunity.com/id/a%20b",
        ],
    )
    def test_steam_is_not_asked_for_what_it_calls_nobody(self, search, steam, text):
        assert search(text) == []
        assert steam.count() == 0

    def test_a_members_account_names_the_member(self, search, steam):
        ada = SteamMemberFactory(username="ada")
        steam.add_vanity("the_countess", ada.steam_id)

        [found] = search("the_countess")

        assert (found["steam_id"], found["member"]["id"]) == (str(ada.steam_id), ada.pk)

    def test_that_of_one_who_is_deactivated_names_nobody(self, search, steam):
        SteamMemberFactory(steam_id=STEAM_ID, is_active=False)

        [found] = search(str(STRANGER))

        assert (found["persona_name"], found["member"]) == ("Countess", None)


class TestMembers:
    def test_they_are_found_by_any_name_and_come_first(self, search, steam):
        linked("plain")
        ada = linked("ada_l", nickname="Countess", persona="Someone")
        steam.add_vanity("countess", STRANGER)

        found = search("countess")

        assert usernames(found) == ["ada_l", None]
        assert found[0]["steam_id"] == str(ada.steam_id)
        assert found[0]["persona_name"] == "Someone"
        assert found[0]["avatar"] == "https://avatars.example/full.jpg"
        assert found[1]["account_id"] == STRANGER

    @pytest.mark.parametrize("text", ["ada_l", "ADA", "count", "Nightingale", "ludo", "The Owl"])
    def test_of_all_that_they_are_called(self, search, steam, text):
        names = {"nickname": "Countess", "guild_nickname": "Nightingale"}
        linked("ada_l", persona="the owl", discord_nickname="Ludo", **names)

        assert usernames(search(text)) == ["ada_l"]

    def test_a_name_at_steam_is_to_be_whole(self, search, steam):
        linked("ada", persona="Persona")

        assert search("Pers") == []

    def test_nor_is_it_that_of_the_account_before(self, search, steam):
        member = SteamMemberFactory(username="ada")
        MemberSyncFactory(member=member, steam_id=STEAM_ID, persona_name="Night Owl")

        assert search("Night Owl") == []

    def test_who_fits_best_comes_first(self, search, steam):
        linked("owlet")
        linked("owl")

        assert usernames(search("owl")) == ["owl", "owlet"]

    def test_ten_are_enough(self, search, steam):
        for number in range(12):
            linked(f"owl{number}", persona="owl")

        assert len(search("owl")) == 10

    def test_nobody_is_there_twice(self, search, steam):
        ada = linked("ada", nickname="Ada", persona="ada")
        steam.add_vanity("ada", ada.steam_id)

        assert usernames(search("ada")) == ["ada"]

    def test_one_who_has_linked_no_account_or_is_deactivated_is_not_found(self, search, steam):
        UserFactory(username="ada_without")
        linked("ada_gone", persona="ada", is_active=False)

        assert search("ada") == []

    def test_one_whose_account_it_is_needs_no_steam(self, search, steam):
        ada = linked("ada", persona="Countess")

        [found] = search(str(ada.steam_id))

        assert (found["member"]["id"], found["persona_name"]) == (ada.pk, "Countess")
        assert steam.count() == 0

    def test_one_who_is_not_followed_yet_has_no_name_at_steam(self, search, steam):
        SteamMemberFactory(username="newcomer")

        [found] = search("newcomer")

        assert (found["persona_name"], found["avatar"]) == ("", "")

    def test_nobody_is_found_by_what_is_private(self, search, steam):
        member = linked("ada")

        assert search(member.email) == []

    def test_many_cost_what_one_does(self, search, steam):
        def queries():
            with CaptureQueriesContext(connection) as asked:
                search("owl night")
            return len(asked)

        linked("owl_night")
        few = queries()
        for number in range(12):
            linked(f"owl_night{number}", persona="owl night")

        # Who asks, by a name, and by a name at Steam.
        assert queries() == few == 3


class TestKept:
    def test_what_steam_says_is_kept_however_it_is_asked(self, search, steam):
        for text in (str(STRANGER), "[U:1:22202]", "STEAM_0:0:11101", str(STEAM_ID)):
            assert search(text)[0]["persona_name"] == "Countess"
        for text in ("the_countess", "The_Countess", "steamcommunity.com/id/the_countess/"):
            assert search(text)[0]["persona_name"] == "Countess"

        assert (steam.count("ResolveVanityURL"), steam.count("GetPlayerSummaries")) == (1, 2)

    def test_that_it_knows_nobody_is_kept_too(self, search, steam):
        for _ in range(3):
            assert search("nobody") == []

        assert steam.count() == 1

    def test_for_an_hour_or_ten_minutes(self, search, steam, monkeypatch):
        kept = {}
        monkeypatch.setattr(cache, "set", lambda key, value, seconds: kept.update({key: seconds}))

        search("the_countess")
        search("nobody")

        assert [*kept.values()] == [3600, 600]

    def test_an_outage_is_not_kept(self, member_api, search, steam):
        steam.fail("503", times=2)
        assert member_api.get(PATH, {"q": "the_countess"}).status_code == 503

        assert len(search("the_countess")) == 1

    def test_who_the_member_is_is_not(self, search, steam):
        assert search(str(STRANGER))[0]["member"] is None

        ada = SteamMemberFactory(username="ada", steam_id=STEAM_ID)
        assert usernames(search("the_countess")) == ["ada"]

        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert usernames(search("the_countess")) == [None]

    def test_without_redis_steam_is_asked_each_time(self, search, steam, settings):
        nowhere = {"LOCATION": "redis://127.0.0.1:9/0"}
        gone = {name: cache | nowhere for name, cache in settings.CACHES.items()}
        with override_settings(CACHES=gone):
            for _ in range(2):
                assert search(str(STRANGER))[0]["persona_name"] == "Countess"

        assert steam.count() == 2


class TestWithoutSteam:
    @pytest.mark.parametrize("fault", ["429", "500", "503", "garbage", "empty", "drop"])
    def test_nobody_can_say(self, member_api, steam, fault):
        steam.fail(fault, times=5)

        response = member_api.get(PATH, {"q": "the_countess"})

        assert response.status_code == 503
        assert response.json()["code"] == "steam_unavailable"
        assert response["Retry-After"] == "60"

    def test_nor_where_steam_refuses_the_key(self, member_api, steam, settings):
        settings.STEAM_API_KEY = "another"

        assert member_api.get(PATH, {"q": "the_countess"}).status_code == 503

    def test_members_are_found_still(self, search, steam):
        linked("countess")
        steam.fail("503", times=5)

        assert usernames(search("countess")) == ["countess"]

    def test_over_budget_it_says_when_to_come_back(self, member_api, steam, settings):
        settings.STEAM_CALLS_PER_DAY = 1
        assert member_api.get(PATH, {"q": str(STRANGER)}).status_code == 200

        response = member_api.get(PATH, {"q": "the_countess"})

        assert response.status_code == 503
        assert 60 < int(response["Retry-After"]) <= 25 * 3600
        assert steam.count() == 1

    def test_the_background_leaves_a_share(self, search, steam, settings):
        settings.STEAM_CALLS_PER_DAY, settings.STEAM_RESERVED_PERCENT = 2, 50
        search("nobody")

        assert len(search(str(STRANGER))) == 1

    def test_what_it_took_is_noted(self, search, steam, member_api):
        search("the_countess")
        steam.fail("503", times=2)
        member_api.get(PATH, {"q": "4000000000"})

        found = {row.endpoint: (row.calls, row.failures) for row in Usage.objects.all()}
        assert found == {"ResolveVanityURL": (1, 0), "GetPlayerSummaries": (3, 2)}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plans.")
@pytest.mark.parametrize(
    ("text", "index"),
    [
        (str(STEAM_ID), "accounts_user_steam_id_key"),
        ("owl night", "user_search"),
        ("owl night", "member_sync_persona"),
    ],
)
def test_members_are_found_by_an_index_among_many(search, steam, text, index):
    members = [
        User(username=f"member_{n}", email=f"{n}@guild.example", steam_id=to_steam_id(10**9 + n))
        for n in range(3000)
    ]
    User.objects.bulk_create(members)
    MemberSync.objects.bulk_create(
        MemberSync(
            member=member,
            steam_id=member.steam_id,
            persona_name=f"Persona {member.pk}",
            since=timezone.now(),
            due_at=timezone.now(),
        )
        for member in members
    )
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        cursor.execute("ANALYZE accounts_user, steam_membersync")
        search(text)
        plans = []
        for query in asked.captured_queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))

    assert any(index in plan for plan in plans), "\n\n".join(plans)
    whole = ("Seq Scan on accounts_user", "Seq Scan on steam_membersync")
    assert not any(scan in plan for plan in plans for scan in whole), "\n\n".join(plans)
