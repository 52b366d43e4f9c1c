from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.core.steam_id import to_account_id
from app.steam import records
from app.steam.models import Hero, HeroRecord, MatchPlayer, MemberSync, PlayerRecord
from app.steam.serializers.players import ALMOST, EXPLANATIONS
from tests.factories import (
    HeroFactory,
    HeroRecordFactory,
    MatchFactory,
    MatchPlayerFactory,
    MemberSyncFactory,
    PeerRecordFactory,
    PlayerRecordFactory,
    SteamMemberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 10, 1, 20, tzinfo=UTC)
SHOWN_AT = "2026-10-01T20:00:00Z"


@pytest.fixture
def ada():
    return SteamMemberFactory(username="ada")


@pytest.fixture
def sync(ada):
    return MemberSyncFactory(member=ada)


def path(member):
    return f"/api/steam/players/{to_account_id(member.steam_id)}/"


@pytest.fixture
def shown(api, ada):
    def read():
        response = api.get(path(ada))
        assert response.status_code == 200, response.content
        return response.json()

    return read


def test_a_player_is_the_member_who_has_linked_the_account(shown, ada, sync):
    body = shown()

    assert body.keys() == {
        *("account_id", "steam_id", "member", "persona_name", "avatar"),
        *("sync", "record", "heroes", "with", "against"),
    }
    assert body["account_id"] == to_account_id(ada.steam_id)
    assert body["steam_id"] == str(ada.steam_id)
    assert body["member"] == {"id": ada.pk, "username": "ada", "display_name": "ada", "avatar": ""}
    assert (body["persona_name"], body["avatar"]) == (sync.persona_name, sync.avatar)


class TestNoPlayer:
    def test_an_account_that_nobody_has_linked(self, api):
        MatchPlayerFactory(account_id=77)

        assert api.get("/api/steam/players/77/").status_code == 404

    def test_a_member_who_is_deactivated(self, api, ada, sync):
        User.objects.filter(pk=ada.pk).update(is_active=False)

        assert api.get(path(ada)).status_code == 404

    def test_a_member_who_has_unlinked_it(self, api, ada, sync):
        User.objects.filter(pk=ada.pk).update(steam_id=None)

        assert api.get(path(ada)).status_code == 404

    @pytest.mark.parametrize("account", [0, 2**32 - 1, 2**63, 10**30, "9" * 5000, "ada", "-1"])
    def test_what_is_no_account(self, api, account):
        assert api.get(f"/api/steam/players/{account}/").status_code == 404

    def test_the_long_form_is_no_account_number(self, api, ada):
        assert api.get(f"/api/steam/players/{ada.steam_id}/").status_code == 404


class TestSync:
    def test_a_member_who_is_not_followed_yet_was_never_read(self, shown):
        assert shown()["sync"] == {
            "status": "never",
            "since": None,
            "synced_at": None,
            "explanation": EXPLANATIONS["never"],
            "backfilling": True,
        }

    def test_one_that_has_just_begun_neither(self, shown, ada):
        MemberSyncFactory(member=ada, status="never", synced_at=None, since=AT)

        said = shown()["sync"]

        assert (said["status"], said["since"], said["backfilling"]) == ("never", SHOWN_AT, True)

    def test_one_that_is_read_to_its_end_is_ok(self, shown, ada):
        MemberSyncFactory(member=ada, since=AT, synced_at=AT)

        assert shown()["sync"] == {
            "status": "ok",
            "since": SHOWN_AT,
            "synced_at": SHOWN_AT,
            "explanation": EXPLANATIONS["ok"],
            "backfilling": False,
        }

    @pytest.mark.parametrize("gap", [0, 8_000_000_000])
    def test_one_with_a_gap_is_still_read(self, shown, ada, gap):
        MemberSyncFactory(member=ada, gap_from=gap)

        said = shown()["sync"]

        assert (said["status"], said["backfilling"]) == ("ok", True)
        assert said["explanation"] == ALMOST

    @pytest.mark.parametrize("status", ["private", "failing"])
    def test_what_is_wrong_is_said_and_not_in_steams_words(self, api, ada, status):
        MemberSyncFactory(member=ada, status=status, error="GetMatchHistory: 503 <Key=abc>")

        response = api.get(path(ada))

        said = response.json()["sync"]
        assert (said["status"], said["explanation"]) == (status, EXPLANATIONS[status])
        assert b"GetMatchHistory" not in response.content

    @pytest.mark.parametrize("status", MemberSync.Status)
    def test_each_status_has_sentences(self, status):
        assert EXPLANATIONS[status].endswith(".")

    def test_what_is_of_the_account_of_before_is_not_shown(self, shown, ada):
        MemberSyncFactory(member=ada, steam_id=ada.steam_id + 1, persona_name="Before")
        PlayerRecordFactory(member=ada)
        HeroRecordFactory(member=ada)
        PeerRecordFactory(member=ada)

        body = shown()

        assert (body["persona_name"], body["sync"]["status"]) == ("", "never")
        assert body["record"]["games"] == 0
        assert body["heroes"] == body["with"] == body["against"] == []


class TestRecord:
    def test_before_the_first_game_all_is_zero(self, shown, sync):
        body = shown()

        assert body["record"] == {
            **dict.fromkeys(["games", "wins", "losses", "abandons"], 0),
            **dict.fromkeys(["kills", "deaths", "assists"], 0),
            "win_rate": None,
            "streak": {"kind": None, "length": 0},
            "last_played_at": None,
        }
        assert body["heroes"] == body["with"] == body["against"] == []

    def test_it_is_the_sum_that_was_kept(self, shown, ada, sync):
        PlayerRecordFactory(
            member=ada,
            games=3,
            wins=2,
            abandons=1,
            kills=10,
            deaths=20,
            assists=30,
            last_played_at=AT,
        )

        record = shown()["record"]

        assert (record["games"], record["wins"], record["losses"]) == (3, 2, 1)
        assert record["win_rate"] == 0.6667
        assert record["abandons"] == 1
        assert [record[name] for name in ("kills", "deaths", "assists")] == [10, 20, 30]
        assert record["last_played_at"] == SHOWN_AT

    @pytest.mark.parametrize(
        ("streak", "kind", "length"), [(3, "wins", 3), (-2, "losses", 2), (0, None, 0)]
    )
    def test_a_streak_has_a_kind_and_a_length(self, shown, ada, sync, streak, kind, length):
        PlayerRecordFactory(member=ada, streak=streak)

        assert shown()["record"]["streak"] == {"kind": kind, "length": length}

    def test_nothing_is_counted_anew(self, api, ada, sync):
        PlayerRecordFactory(member=ada)

        with CaptureQueriesContext(connection) as asked:
            api.get(path(ada))

        assert not [query for query in asked if MatchPlayer._meta.db_table in query["sql"]]

    def test_it_is_what_the_sums_make_of_stored_matches(self, shown, ada, sync):
        bea = MemberSyncFactory().member
        for number, (won, slot) in enumerate([(True, 1), (True, 128), (False, 2)]):
            radiant_win = won == (slot < 128)
            match = MatchFactory(start_time=AT + timedelta(days=number), radiant_win=radiant_win)
            MatchPlayerFactory(match=match, member=ada, player_slot=slot, hero_id=5)
            MatchPlayerFactory(match=match, member=bea, player_slot=0)
            records.add([match.match_id])

        body = shown()

        assert (body["record"]["games"], body["record"]["wins"]) == (3, 2)
        assert body["record"]["streak"] == {"kind": "losses", "length": 1}
        [hero] = body["heroes"]
        assert (hero["hero_id"], hero["games"], hero["wins"]) == (5, 3, 2)
        [with_bea], [against_bea] = body["with"], body["against"]
        assert (with_bea["member"]["id"], with_bea["games"], with_bea["wins"]) == (bea.pk, 2, 1)
        assert (against_bea["games"], against_bea["wins"]) == (1, 1)


class TestHeroes:
    def test_the_most_played_comes_first_with_its_name(self, shown, ada, sync):
        axe = HeroFactory(localized_name="Axe")
        HeroRecordFactory(member=ada, hero_id=axe.hero_id, games=3, wins=1, last_played_at=AT)
        HeroRecordFactory(member=ada, hero_id=9_999, games=8)
        HeroRecordFactory()  # another member's

        unknown, known = shown()["heroes"]

        # As of a patch that our list of heroes is older than.
        assert (unknown["hero_id"], unknown["localized_name"]) == (9_999, "")
        assert known == {
            "hero_id": axe.hero_id,
            "localized_name": "Axe",
            "games": 3,
            "wins": 1,
            "kills": 30,
            "deaths": 12,
            "assists": 45,
            "last_played_at": SHOWN_AT,
        }


class TestPeers:
    def test_each_side_has_its_own_counts_the_most_games_first(self, shown, ada, sync):
        often = PeerRecordFactory(member=ada, games_with=9, wins_with=4, games_against=1).peer
        rival = PeerRecordFactory(member=ada, games_with=2, games_against=7, wins_against=5).peer

        body = shown()

        assert [(row["member"]["id"], row["games"]) for row in body["with"]] == [
            (often.pk, 9),
            (rival.pk, 2),
        ]
        assert [(row["member"]["id"], row["games"]) for row in body["against"]] == [
            (rival.pk, 7),
            (often.pk, 1),
        ]
        assert body["with"][0]["wins"] == 4
        assert body["against"][0]["wins"] == 5
        assert body["with"][0].keys() == {"member", "games", "wins", "last_played_at"}

    def test_whom_they_never_had_on_a_side_is_not_on_it(self, shown, ada, sync):
        friend = PeerRecordFactory(member=ada, games_against=0, wins_against=0).peer
        rival = PeerRecordFactory(member=ada, games_with=0, wins_with=0).peer

        body = shown()

        assert [row["member"]["id"] for row in body["with"]] == [friend.pk]
        assert [row["member"]["id"] for row in body["against"]] == [rival.pk]

    def test_who_is_deactivated_is_left_out(self, shown, ada, sync):
        PeerRecordFactory(member=ada, peer__is_active=False)

        body = shown()

        assert body["with"] == body["against"] == []

    def test_twenty_are_enough(self, shown, ada, sync):
        for games in range(1, 26):
            PeerRecordFactory(member=ada, games_with=games, games_against=games)

        body = shown()

        assert [row["games"] for row in body["with"]] == [*range(25, 5, -1)]
        assert [row["games"] for row in body["against"]] == [*range(25, 5, -1)]

    def test_what_others_played_is_theirs(self, shown, ada, sync):
        PeerRecordFactory(peer=ada)

        assert shown()["with"] == []


def test_nobody_writes_players(staff_api, ada):
    assert staff_api.patch(path(ada), {}).status_code == 405


def test_one_game_costs_what_many_do(api, ada, sync):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert api.get(path(ada)).status_code == 200
        return len(asked)

    none = queries()
    PlayerRecordFactory(member=ada)
    for _ in range(30):
        PeerRecordFactory(member=ada)
        HeroRecordFactory(member=ada, hero_id=HeroFactory().hero_id)

    # The member with sync and record, the heroes, and each side.
    assert queries() == none == 4


@pytest.mark.django_db(transaction=True)
class TestKept:
    @pytest.fixture(autouse=True)
    def kept(self, api, ada, sync, django_assert_num_queries):
        self.member, self.peer = ada, PeerRecordFactory(member=ada).peer
        self.hero = HeroFactory()
        PlayerRecordFactory(member=ada)
        HeroRecordFactory(member=ada, hero_id=self.hero.hero_id)
        for _ in range(2):
            api.get(path(ada))
        with django_assert_num_queries(0):
            self.before = api.get(path(ada)).content

    @pytest.mark.parametrize(
        "write",
        [
            lambda test: MemberSync.objects.update(status="private"),
            lambda test: PlayerRecord.objects.update(streak=-9),
            lambda test: HeroRecord.objects.update(kills=999),
            lambda test: Hero.objects.filter(pk=test.hero.pk).update(localized_name="Renamed"),
            lambda test: User.objects.filter(pk=test.peer.pk).update(nickname="Renamed"),
            lambda test: records.forget(test.peer.pk),
            lambda test: MemberSync.objects.update(gap_from=7),
        ],
        ids=["sync", "record", "hero", "name", "peer", "sums", "gap"],
    )
    def test_until_what_it_is_made_of_is_written_to(self, api, write):
        write(self)

        assert api.get(path(self.member)).content != self.before


def test_a_member_without_an_account_is_no_player(api):
    member = UserFactory()

    assert api.get(f"/api/steam/players/{member.pk}/").status_code == 404
