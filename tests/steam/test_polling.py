"""What the schedule asks Steam for: games that are on, and the heroes that there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.core.steam_id import to_steam_id
from app.steam import live, services, tasks
from app.steam.models import Hero, LiveGame, LiveGamePlayer, Usage
from app.steam.sources import steam_budget
from app.steam.transport import Unavailable
from config import functions
from tests.factories import UserFactory
from tests.fakes.steam import ANONYMOUS
from tests.fakes.steam.fixtures import live_league_game, top_game

pytestmark = pytest.mark.django_db(transaction=True)

OURS, STRANGER = 100_000_101, 200_000_001


@pytest.fixture
def member():
    member = UserFactory(steam_id=to_steam_id(OURS))
    services.adopt(member=member)
    return member


def players(match_id):
    rows = LiveGamePlayer.objects.filter(game=match_id)
    return {row.account_id: (row.is_radiant, row.member_id) for row in rows}


def test_a_league_game_with_a_member_in_it_is_noted(steam, member):
    raw = live_league_game(match_id=11, accounts=[OURS, STRANGER], leagueid=77, duration=600)
    steam.set_live_league_games([raw, live_league_game(match_id=12, accounts=[STRANGER])])

    live.poll()

    game = LiveGame.objects.get()
    assert (game.match_id, game.kind, game.league_id) == (11, "league", 77)
    assert (game.lobby_id, game.game_time) == (raw["lobby_id"], 600)
    assert game.radiant_name == raw["radiant_team"]["team_name"]
    assert game.radiant_score == raw["scoreboard"]["radiant"]["score"]
    assert players(11)[OURS] == (True, member.pk)
    assert players(11)[STRANGER][1] is None


def test_casters_and_those_who_have_not_sat_down_do_not_play(steam, member):
    casting = live_league_game(match_id=11, accounts=[STRANGER], casters=[OURS])
    waiting = live_league_game(match_id=12, accounts=[STRANGER], unassigned=[OURS])
    steam.set_live_league_games([casting, waiting])

    live.poll()

    assert not LiveGame.objects.exists()


def test_a_top_game_with_a_member_in_it_is_noted(steam, member):
    raw = top_game(match_id=21, accounts=[STRANGER, OURS], average_mmr=7351, game_time=752)
    steam.set_top_games([raw])

    live.poll()

    game = LiveGame.objects.get()
    assert (game.match_id, game.kind, game.average_mmr) == (21, "top", 7351)
    assert (game.radiant_lead, game.game_time) == (raw["radiant_lead"], 752)
    assert ANONYMOUS not in players(21)


def test_a_game_that_steam_shows_no_more_is_forgotten(steam, member):
    steam.set_live_league_games([live_league_game(match_id=11, accounts=[OURS])])
    steam.set_top_games([top_game(match_id=21, accounts=[OURS])])
    live.poll()
    steam.set_live_league_games([])

    live.poll()

    assert [game.match_id for game in LiveGame.objects.all()] == [21]


def test_a_game_goes_on_under_the_same_id(steam, member):
    steam.set_top_games([top_game(match_id=21, accounts=[OURS], game_time=100)])
    live.poll()
    steam.set_top_games([top_game(match_id=21, accounts=[OURS, STRANGER], game_time=220)])

    live.poll()

    assert LiveGame.objects.get().game_time == 220
    assert players(21).keys() >= {OURS, STRANGER}


def test_a_game_that_is_of_a_league_and_a_top_one_is_noted_once(steam, member):
    steam.set_live_league_games([live_league_game(match_id=11, accounts=[OURS])])
    steam.set_top_games([top_game(match_id=11, accounts=[OURS])])

    live.poll()
    live.poll()

    assert LiveGame.objects.count() == 1


def test_one_kind_that_fails_takes_the_other_not_along(steam, member):
    steam.set_live_league_games([live_league_game(match_id=11, accounts=[OURS])])
    steam.set_top_games([top_game(match_id=21, accounts=[OURS])])
    steam.fail("503", endpoint="GetLiveLeagueGames")

    with pytest.raises(Unavailable):
        live.poll()

    assert [game.match_id for game in LiveGame.objects.all()] == [21]
    assert Usage.objects.get(endpoint="GetLiveLeagueGames").failures == 3


def test_games_end_when_steam_falls_silent(steam, member):
    steam.set_top_games([top_game(match_id=21, accounts=[OURS])])
    live.poll()
    LiveGame.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    steam.fail("503")

    with pytest.raises(Unavailable):
        live.poll()

    assert not LiveGame.objects.exists()


@pytest.mark.parametrize("spoil", [{"match_id": 2**63}, {"lobby_id": -1}, {"players": "none"}])
def test_a_game_that_makes_no_sense_spoils_no_other(steam, member, spoil):
    games = [live_league_game(match_id=number, accounts=[OURS]) for number in (11, 12)]
    steam.set_live_league_games([games[0] | spoil, games[1]])

    live.poll()

    assert [game.match_id for game in LiveGame.objects.all()] == [12]


def test_many_games_take_as_many_statements_as_one(steam, member):
    counts = []
    for number in (1, 8):
        steam.set_top_games(
            [top_game(match_id=100 + n, accounts=[OURS + 0, STRANGER + n]) for n in range(number)]
        )
        with CaptureQueriesContext(connection) as queries:
            live.poll()
        counts.append(len(queries))

    assert counts[1] <= counts[0] + 2  # what is gone is deleted with its players


def test_heroes_are_named_as_steam_names_them_and_new_ones_come_in(steam):
    steam.set_heroes([{"id": 1, "name": "npc_dota_hero_antimage", "localized_name": "Magina"}])
    Hero.objects.update_or_create(hero_id=1, defaults={"name": "x", "localized_name": "Anti-Mage"})
    before = Hero.objects.count()

    live.sync_heroes()
    assert Hero.objects.get(hero_id=1).localized_name == "Magina"
    steam.set_heroes([{"id": 999, "name": "npc_dota_hero_new", "localized_name": ""}])
    live.sync_heroes()

    assert Hero.objects.count() == before + 1
    assert Hero.objects.get(hero_id=999).localized_name == "npc_dota_hero_new"


def test_steam_being_down_is_no_task_that_failed(steam, queue, caplog):
    steam.fail("503")
    for task in (tasks.poll_live_games, tasks.sync_heroes):
        task.enqueue()
        steam_budget().recovered()

    queue.drain(functions.worker)

    assert "asked in vain" in caplog.text
