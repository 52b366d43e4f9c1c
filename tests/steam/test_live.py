from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.steam.models import LiveGame
from tests.factories import LiveGameFactory, LiveGamePlayerFactory, SteamMemberFactory

pytestmark = pytest.mark.django_db

PATH = "/api/steam/live/"


def live(client):
    response = client.get(PATH)
    assert response.status_code == 200
    assert response.json().keys() == {"results"}
    return response.json()["results"]


def test_a_game_is_shown_with_its_players_and_the_members_among_them(api):
    ada = SteamMemberFactory(username="ada")
    game = LiveGameFactory(
        lobby_id=2**60 + 1, league_id=7, spectators=12, radiant_name="Owls", average_mmr=None
    )
    LiveGamePlayerFactory(game=game, member=ada, hero_id=0)
    LiveGamePlayerFactory(game=game, member=None, account_id=7, is_radiant=False)

    [shown] = live(api)

    assert (shown["match_id"], shown["kind"], shown["league_id"]) == (game.match_id, "league", 7)
    # Beyond what a browser counts to.
    assert shown["lobby_id"] == str(2**60 + 1)
    assert (shown["radiant_name"], shown["dire_name"]) == ("Owls", "")
    players = [(p["account_id"], p["is_radiant"], p["hero_id"]) for p in shown["players"]]
    assert players == [(ada.steam_id - 76561197960265728, True, 0), (7, False, 14)]
    assert [player["member"] and player["member"]["username"] for player in shown["players"]] == [
        "ada",
        None,
    ]
    assert [player["member"]["id"] for player in shown["members"]] == [ada.pk]


def test_the_most_watched_comes_first(api):
    quiet, loud = LiveGameFactory(spectators=3), LiveGameFactory(spectators=300)

    assert [game["match_id"] for game in live(api)] == [loud.match_id, quiet.match_id]


def test_one_that_steam_has_not_shown_for_long_is_shown_no_more(api):
    now = timezone.now()
    LiveGameFactory(seen_at=now - LiveGame.STALE - timedelta(seconds=1))
    recent = LiveGameFactory(seen_at=now - LiveGame.STALE + timedelta(minutes=1))

    assert [game["match_id"] for game in live(api)] == [recent.match_id]


def test_when_nothing_is_on_there_is_nothing(api):
    assert live(api) == []


def test_steam_is_not_asked(api, steam):
    LiveGamePlayerFactory()

    live(api)

    assert steam.count() == 0


def test_nobody_writes_them(staff_api):
    assert staff_api.post(PATH, {}).status_code == 405


def test_one_game_costs_what_many_do(api):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            live(api)
        return len(asked)

    LiveGamePlayerFactory()
    few = queries()
    for _ in range(8):
        game = LiveGameFactory()
        for _ in range(10):
            LiveGamePlayerFactory(game=game)

    assert queries() == few == 3


@pytest.mark.django_db(transaction=True)
def test_the_answer_is_kept_until_the_next_look(api, django_assert_num_queries):
    game = LiveGamePlayerFactory().game
    for _ in range(2):
        live(api)
    with django_assert_num_queries(0):
        live(api)

    LiveGame.objects.update(radiant_score=30)
    assert live(api)[0]["radiant_score"] == 30

    game.delete()
    assert live(api) == []
