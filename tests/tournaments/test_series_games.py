"""The games of a series make its score and end it; friendly ones do neither."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.steam.models import Match
from app.tournaments import services
from app.tournaments.errors import GameDeleted
from app.tournaments.models import BracketChange, Game, Series, Settlement, Tournament
from app.tournaments.services import Order, Score
from tests.factories import (
    GameFactory,
    MatchFactory,
    SettlementFactory,
    TeamFactory,
    TournamentFactory,
    running_tournament,
)
from tests.tournaments.steps import (
    course,
    decide,
    invalid,
    nothing_changes,
    play,
    refused,
    series,
    teams,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tournament(member):
    return running_tournament(4, organiser=member, best_of=3)


@pytest.fixture
def first(tournament):
    """Team 1 against Team 4."""
    return series(tournament, "Series 1.1")


def body_of(row, winner="a", **fields):
    """A game of the series, that one of its sides has won, or nobody yet."""
    ids = {"a": row.team_a_id, "b": row.team_b_id, None: None}
    return {
        "tournament_id": row.tournament_id,
        "series_id": row.pk,
        "radiant_id": row.team_a_id,
        "dire_id": row.team_b_id,
        "winner_id": ids[winner],
    } | fields


def added(client, row, *winners):
    """Add games to the series, and answer the last one."""
    for winner in winners:
        response = client.post("/api/games/", body_of(row, winner))
        assert response.status_code == 201, response.json()
    return response.json()


def score(row):
    now = Series.objects.get(pk=row.pk)
    return now.status, now.score_a, now.score_b


class TestScore:
    def test_games_make_the_score_and_end_the_series(self, member_api, member, tournament, first):
        added(member_api, first, "a")
        assert score(first) == ("ready", 1, 0)
        added(member_api, first, "b")
        assert score(first) == ("ready", 1, 1)
        assert teams(series(tournament, "Series 2.1")) == [None, None]
        added(member_api, first, "b")

        row = series(tournament, "Series 1.1")
        assert (row.status, row.score_a, row.score_b) == ("finished", 1, 2)
        assert (row.winner, row.outcome, row.decided_by) == (row.team_b, "played", "games")
        assert teams(series(tournament, "Series 2.1")) == ["Team 4", None]
        change = BracketChange.objects.order_by("id").last()
        assert (change.action, change.actor, change.series) == ("games", member, row)

    def test_the_side_on_the_map_does_not_matter(self, member_api, first):
        sides = {"radiant_id": first.team_b_id, "dire_id": first.team_a_id}

        response = member_api.post("/api/games/", body_of(first, "b", **sides))

        assert response.json()["series_id"] == first.pk
        assert score(first) == ("ready", 0, 1)

    def test_a_game_that_nobody_has_won_yet_does_not_count(self, member_api, first):
        game = added(member_api, first, None)
        assert score(first) == ("ready", None, None)

        member_api.patch(f"/api/games/{game['id']}/", {"winner_id": first.team_a_id})
        assert score(first) == ("ready", 1, 0)
        member_api.patch(f"/api/games/{game['id']}/", {"winner_id": None})
        assert score(first) == ("ready", None, None)

    def test_an_even_number_ends_in_a_draw(self, api, member_api, member):
        group = running_tournament(3, organiser=member, tournament_type="round_robin", best_of=2)
        row = series(group, "Group A 1.1")

        added(member_api, row, "a", "b")

        row = series(group, "Group A 1.1")
        assert (row.status, row.score_a, row.score_b, row.winner) == ("finished", 1, 1, None)

    def test_a_friendly_game_is_of_no_series(self, api, member_api, tournament, first):
        before = course(tournament)

        for winner in "aaa":
            game = member_api.post("/api/games/", body_of(first, winner, series_id=None)).json()
            assert game["series_id"] is None

        assert course(tournament) == before
        assert Tournament.objects.get().version == 1

    def test_friendly_games_are_played_at_any_time(self, member_api, member, tournament, first):
        play(tournament, a=2)
        services.finish_tournament(tournament=tournament, by=member)

        response = member_api.post("/api/games/", body_of(first, series_id=None))

        path = f"/api/games/{response.json()['id']}/"
        assert member_api.patch(path, {"winner_id": None}).status_code == 200
        assert member_api.delete(path).status_code == 204

    def test_a_report_that_waits_is_settled_by_the_games(self, member_api, tournament, first):
        services.report(series=first, score=Score(2, 0), by=first.team_a.captain)
        added(member_api, first, "b")
        # As far as it goes.
        row = series(tournament, "Series 1.1")
        assert (row.status, row.reported_score_a, row.score_b) == ("reported", 2, 1)

        added(member_api, first, "b")

        row = series(tournament, "Series 1.1")
        assert (row.status, row.winner, row.reported_score_a) == ("finished", row.team_b, None)

    def test_what_people_have_said_stays(self, member_api, tournament, first):
        decide(tournament, "Series 1.1", 2, 0)
        before = course(tournament)

        game = added(member_api, first, "b", "b", "b", "b")
        member_api.patch(f"/api/games/{game['id']}/", {"winner_id": first.team_a_id})
        member_api.delete(f"/api/games/{game['id']}/")

        assert course(tournament) == before
        assert Tournament.objects.get().version == 2

    def test_what_people_say_goes_before_games(self, member_api, tournament, first):
        added(member_api, first, "a")

        decide(tournament, "Series 1.1", 1, 2)

        row = series(tournament, "Series 1.1")
        assert (row.score_a, row.score_b, row.decided_by) == (1, 2, "report")

    def test_a_forfeit_gives_way_to_what_was_played(self, member_api, member, tournament, first):
        games = [added(member_api, first, None) for _ in range(2)]
        services.disqualify_team(team=first.team_b, order=Order(member))
        won = {"winner_id": first.team_b_id}
        member_api.patch(f"/api/games/{games[0]['id']}/", won)
        row = series(tournament, "Series 1.1")
        assert (row.outcome, row.decided_by) == ("walkover", "bracket")

        member_api.patch(f"/api/games/{games[1]['id']}/", won)

        row = series(tournament, "Series 1.1")
        assert (row.winner, row.outcome, row.decided_by) == (row.team_b, "played", "games")


class TestRefused:
    @pytest.mark.parametrize("winners", ["aa", "aba"])
    def test_no_game_is_played_after_the_last(self, member_api, first, winners):
        added(member_api, first, *winners)

        with nothing_changes():
            details = invalid(member_api.post("/api/games/", body_of(first, "a")))
            assert details == {"series_id": ["The series is over; change what it was decided by."]}

    def test_nor_of_a_series_that_was_forfeited(self, member_api, member, first):
        services.disqualify_team(team=first.team_b, order=Order(member))

        with nothing_changes():
            details = invalid(member_api.post("/api/games/", body_of(first, "a")))
            assert [*details] == ["series_id"]

    @pytest.mark.parametrize(
        ("winners", "last", "score"), [("aa", "a", "3:0"), ("aba", "b", "2:2")]
    )
    def test_a_correction_of_a_game_is_held_to_that_too(
        self, member_api, first, winners, last, score
    ):
        open_game = added(member_api, first, None)
        added(member_api, first, *winners)
        winner = {"winner_id": getattr(first, f"team_{last}_id")}

        with nothing_changes():
            details = invalid(member_api.patch(f"/api/games/{open_game['id']}/", winner))
            assert details == {"series_id": [f"A best of 3 has ended before {score}."]}

    def test_others_do_not_play_in_it(self, member_api, tournament, first):
        other = series(tournament, "Series 1.2")

        with nothing_changes():
            for side in ("radiant_id", "dire_id"):
                body = body_of(first, None) | {side: other.team_a_id}
                assert invalid(member_api.post("/api/games/", body)) == {
                    "series_id": ["Other teams play in this series."]
                }

    def test_its_series_is_of_the_tournament(self, member_api, member, first):
        elsewhere = series(running_tournament(2, organiser=member), "Series 1.1")

        with nothing_changes():
            for series_id in (elsewhere.pk, 999_999):
                body = body_of(first) | {"series_id": series_id}
                assert invalid(member_api.post("/api/games/", body)) == {
                    "series_id": ["The tournament has no such series."]
                }

    def test_before_both_teams_are_known_it_is_not_played(self, member_api, tournament, first):
        decide(tournament, "Series 1.1", 2, 0)
        final = series(tournament, "Series 2.1")

        with nothing_changes():
            response = member_api.post("/api/games/", body_of(first, series_id=final.pk))
            refused(response, "series_not_ready")

    def test_while_nothing_is_being_played_there_is_no_series(self, member_api, member):
        fresh = TournamentFactory(organiser=member)
        one, two = TeamFactory.create_batch(2, tournament=fresh)
        body = {
            "tournament_id": fresh.pk,
            "series_id": 1,
            "radiant_id": one.pk,
            "dire_id": two.pk,
        }

        with nothing_changes():
            refused(member_api.post("/api/games/", body), "tournament_not_started")

    def test_games_are_the_organisers(self, api, outsider_api, sign_in, member_api, first):
        game = added(member_api, first, "a")
        captains = [sign_in(team.captain) for team in (first.team_a, first.team_b)]
        organiser = TournamentFactory().organiser
        path = f"/api/games/{game['id']}/"

        with nothing_changes():
            for client in (outsider_api, sign_in(organiser), *captains):
                for response in (
                    client.post("/api/games/", body_of(first, "b")),
                    client.patch(path, {"series_id": None}),
                    client.put(path, body_of(first, "b")),
                    client.delete(path),
                ):
                    refused(response, "permission_denied", 403)
            refused(api.post("/api/games/", body_of(first, "b")), "not_authenticated", 401)

    def test_nobody_adds_a_game_to_the_tournament_of_another_by_one_of_their_own(
        self, sign_in, first
    ):
        organiser = TournamentFactory().organiser
        mine = TeamFactory.create_batch(2, tournament__organiser=organiser)
        body = body_of(first) | {"tournament_id": mine[0].tournament_id}

        with nothing_changes():
            details = invalid(sign_in(organiser).post("/api/games/", body))
            assert [*details] == ["radiant_id", "dire_id"]

    def test_force_is_so_or_not(self, member_api, first):
        with nothing_changes():
            response = member_api.post("/api/games/?force=maybe", body_of(first))
            assert [*invalid(response)] == ["force"]


class TestChanges:
    def test_without_its_game_the_series_is_open_again(self, member_api, tournament, first):
        game = added(member_api, first, "a", "a")
        assert teams(series(tournament, "Series 2.1")) == ["Team 1", None]

        assert member_api.delete(f"/api/games/{game['id']}/").status_code == 204

        assert score(first) == ("ready", 1, 0)
        assert teams(series(tournament, "Series 2.1")) == [None, None]
        row = series(tournament, "Series 1.1")
        assert (row.winner, row.finished_at, row.decided_by) == (None, None, "")

    def test_of_one_that_was_played_before_the_last_the_winner_can_be_told(self, member_api, first):
        open_game = added(member_api, first, None)
        added(member_api, first, "b", "b")

        winner = {"winner_id": first.team_a_id}
        member_api.patch(f"/api/games/{open_game['id']}/", winner)

        assert score(first) == ("finished", 1, 2)

    def test_another_winner_turns_it_round(self, member_api, tournament, first):
        added(member_api, first, "a", "b")
        game = added(member_api, first, "a")

        member_api.patch(f"/api/games/{game['id']}/", {"winner_id": first.team_b_id})

        assert score(first) == ("finished", 1, 2)
        assert teams(series(tournament, "Series 2.1")) == ["Team 4", None]

    @pytest.mark.parametrize("how", ["patch", "delete", "moved"])
    def test_what_was_played_on_that_ground_needs_force(self, member_api, tournament, first, how):
        added(member_api, first, "a")
        game = added(member_api, first, "a")
        decide(tournament, "Series 1.2", 2, 0)
        decide(tournament, "Series 2.1", 2, 0)
        path = f"/api/games/{game['id']}/"

        def change(query=""):
            if how == "delete":
                return member_api.delete(path + query)
            body = {"winner_id": first.team_b_id} if how == "patch" else {"series_id": None}
            return member_api.patch(path + query, body)

        with nothing_changes():
            refused(change(), "results_followed")
        assert change("?force=true").status_code in {200, 204}
        assert teams(series(tournament, "Series 2.1")) == [None, "Team 2"]

    def test_a_friendly_game_becomes_one_of_a_series_and_back(self, member_api, tournament, first):
        game = member_api.post("/api/games/", body_of(first, series_id=None)).json()
        path = f"/api/games/{game['id']}/"

        assert member_api.patch(path, {"series_id": first.pk}).json()["series_id"] == first.pk
        assert score(first) == ("ready", 1, 0)
        assert member_api.patch(path, {"series_id": None}).json()["series_id"] is None
        assert score(first) == ("ready", None, None)

    def test_what_was_read_can_be_written_back(self, member_api, first):
        read = added(member_api, first, "a")

        response = member_api.put(f"/api/games/{read['id']}/", read)

        assert response.json() | {"updated_at": None} == read | {"updated_at": None}
        assert score(first) == ("ready", 1, 0)

    def test_of_a_series_that_is_over_a_game_is_told_more_of(self, member_api, first):
        added(member_api, first, "a")
        game = added(member_api, first, "a")
        finished = Series.objects.get(pk=first.pk).finished_at

        response = member_api.patch(f"/api/games/{game['id']}/", {"duration": 1800})

        assert response.json()["duration"] == 1800
        assert score(first) == ("finished", 2, 0)
        assert Series.objects.get(pk=first.pk).finished_at == finished

    def test_when_the_tournament_is_finished_its_games_stay(
        self, member_api, member, tournament, first
    ):
        game = added(member_api, first, "a", "a")
        play(tournament, a=2)
        services.finish_tournament(tournament=tournament, by=member)
        path = f"/api/games/{game['id']}/"

        with nothing_changes():
            for response in (
                member_api.delete(path),
                member_api.patch(path, {"winner_id": None}),
                member_api.patch(path, {"series_id": None}),
            ):
                refused(response, "tournament_not_running")

    def test_games_go_with_their_series_to_nobody_else(self, member_api, tournament, first):
        """Others play there after a correction: the games that were played are friendly ones."""
        decide(tournament, "Series 1.1", 2, 0)
        decide(tournament, "Series 1.2", 2, 0)
        final = series(tournament, "Series 2.1")
        game = added(member_api, final, "a")
        path, body = f"/api/series/{first.pk}/correct/", {"score_a": 0, "score_b": 2, "reason": "x"}

        with nothing_changes():
            # A series that has begun is lost as well.
            refused(member_api.post(path, body), "results_followed")
        found = member_api.post(path, body | {"force": True}).json()

        assert [each["after"]["id"] for each in found["games"]] == [game["id"]]
        assert Game.objects.get().series is None
        assert score(final) == ("ready", None, None)


class TestPlayedAnew:
    """A series that is open again goes on from its games, unless these would end it at once."""

    def opened(self, client, row):
        response = client.post(
            f"/api/series/{row.pk}/correct/", {"outcome": "open", "reason": "A wrong lobby."}
        )
        assert response.status_code == 200, response.json()
        return response.json()

    def test_what_its_games_have_ended_they_end_no_more(self, member_api, first):
        added(member_api, first, "a", "a")

        found = self.opened(member_api, first)

        games = [*Game.objects.order_by("id")]
        assert [each["before"]["id"] for each in found["games"]] == [game.pk for game in games]
        assert {game.series for game in games} == {None}
        assert score(first) == ("ready", None, None)
        added(member_api, first, "b")
        assert score(first) == ("ready", 0, 1)
        added(member_api, first, "b")
        assert score(first) == ("finished", 0, 2)

    def test_what_people_have_ended_goes_on_from_its_games(self, member_api, tournament, first):
        added(member_api, first, "b")
        decide(tournament, "Series 1.1", 2, 1)

        assert self.opened(member_api, first)["games"] == []

        assert score(first) == ("ready", 0, 1)
        added(member_api, first, "b")
        assert score(first) == ("finished", 0, 2)

    def test_a_dry_run_leaves_the_games(self, member_api, first):
        added(member_api, first, "a", "a")
        path, body = f"/api/series/{first.pk}/correct/", {"outcome": "open", "reason": "x"}

        with nothing_changes():
            found = member_api.post(f"{path}?dry_run=true", body).json()

        assert len(found["games"]) == 2

    def test_steam_does_not_bring_them_back(self, member_api, first):
        match = MatchFactory()
        by_hand = added(member_api, first, "a")
        member_api.patch(f"/api/games/{by_hand['id']}/", {"match_id": match.pk})
        game = Game.objects.create(
            tournament=first.tournament,
            series=first,
            match=MatchFactory(),
            radiant=first.team_a,
            dire=first.team_b,
        )
        SettlementFactory(series=first, match=game.match, game=game, status="recorded")
        services.update_game(game=game, order=Order(), winner_id=first.team_a_id)

        self.opened(member_api, first)

        rows = Settlement.objects.order_by("match_id").values_list("status", "game", "series")
        assert {*rows} == {("dismissed", None, first.pk)}
        assert len(rows) == 2
        # Dismissed by mistake, it can be accepted yet.
        settlement = Settlement.objects.get(match=match)
        services.accept_settlement(settlement=settlement, order=Order())
        assert score(first) == ("ready", 1, 0)

    def test_who_plays_again_goes_on_from_the_games(self, member_api, tournament, first):
        added(member_api, first, "a")
        team = first.team_a

        with nothing_changes():
            response = member_api.post(f"/api/teams/{team.pk}/disqualify/", {})
            assert "Series 1.1" in refused(response, "results_followed")
        member_api.post(f"/api/teams/{team.pk}/disqualify/", {"force": True})
        assert score(first) == ("finished", 0, 2)
        member_api.post(f"/api/teams/{team.pk}/reinstate/", {})

        assert score(first) == ("ready", 1, 0)


class TestMeanwhile:
    """What others have done to a game since it was read."""

    def test_what_is_a_games_now_counts(self, member, first):
        game = GameFactory(
            tournament=first.tournament, radiant=first.team_a, dire=first.team_b, winner=None
        )
        stale = Game.objects.get(pk=game.pk)
        services.update_game(
            game=game, order=Order(member), series_id=first.pk, winner_id=first.team_a_id
        )
        assert score(first) == ("ready", 1, 0)

        services.update_game(game=stale, order=Order(member), winner_id=first.team_b_id)
        assert score(first) == ("ready", 0, 1)
        services.delete_game(game=stale, order=Order(member))
        assert score(first) == ("ready", None, None)

    def test_one_that_is_gone_is_a_conflict(self, member, first):
        game = GameFactory(tournament=first.tournament)
        Game.objects.all().delete()

        for write in (
            lambda: services.update_game(game=game, order=Order(member), duration=1),
            lambda: services.delete_game(game=game, order=Order(member)),
        ):
            with nothing_changes(), pytest.raises(GameDeleted):
                write()


class TestMoves:
    """A game from one series to another, which the first may lead to."""

    @pytest.fixture
    def tournament(self, member):
        tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
        decide(tournament, "Upper 1.1")
        return tournament

    def test_both_go_by_the_games_they_have(self, member_api, member):
        group = running_tournament(
            2, organiser=member, tournament_type="round_robin", legs=2, best_of=3
        )
        first, second = (series(group, f"Group A {number}.1") for number in (1, 2))
        added(member_api, first, "a")
        game = added(member_api, first, "a")

        response = member_api.patch(f"/api/games/{game['id']}/", {"series_id": second.pk})

        assert response.json()["series_id"] == second.pk
        assert score(first) == ("ready", 1, 0)
        winner_is_a = second.team_a_id == first.team_a_id
        assert score(second) == ("ready", *((1, 0) if winner_is_a else (0, 1)))

    def test_not_to_one_that_is_there_by_this_game_alone(self, member_api, tournament):
        final = series(tournament, "Grand final")
        game = added(member_api, final, "b")
        reset = series(tournament, "Grand final reset")

        with nothing_changes():
            response = member_api.patch(f"/api/games/{game['id']}/", {"series_id": reset.pk})
            assert invalid(response) == {"series_id": ["The tournament has no such series."]}

    def test_nor_to_one_that_then_waits_for_its_teams(self, member_api, tournament):
        upper, final = series(tournament, "Upper 1.1"), series(tournament, "Grand final")
        path = f"/api/series/{upper.pk}/correct/"
        member_api.post(path, {"outcome": "open", "reason": "By games."})
        game = added(member_api, upper, "a")

        with nothing_changes():
            response = member_api.patch(f"/api/games/{game['id']}/", {"series_id": final.pk})
            refused(response, "series_not_ready")


class TestMatch:
    def test_what_the_match_knows_is_taken_from_it(self, member_api, first):
        match = MatchFactory(radiant_win=False, duration=1999)
        body = body_of(first, match_id=match.pk)
        del body["winner_id"]

        game = member_api.post("/api/games/", body).json()

        assert (game["match_id"], game["winner_id"]) == (match.pk, first.team_b_id)
        assert (game["duration"], game["played_at"]) == (1999, "2026-10-01T20:00:00Z")
        assert score(first) == ("ready", 0, 1)

    def test_what_is_said_goes_before_it(self, member_api, first):
        match = MatchFactory(radiant_win=False, duration=1999)
        said = {"winner_id": first.team_a_id, "duration": 5, "played_at": "2026-11-01T20:00:00Z"}

        game = member_api.post("/api/games/", body_of(first, match_id=match.pk) | said).json()

        assert game | said == game
        assert score(first) == ("ready", 1, 0)

    def test_a_game_gets_its_match_later(self, member_api, first):
        game = added(member_api, first, None)
        match = MatchFactory(radiant_win=True)

        changed = member_api.patch(f"/api/games/{game['id']}/", {"match_id": match.pk}).json()

        assert (changed["winner_id"], changed["duration"]) == (first.team_a_id, 2400)
        assert Game.objects.get().played_at == datetime(2026, 10, 1, 20, tzinfo=UTC)
        assert score(first) == ("ready", 1, 0)

    def test_a_match_is_one_game(self, member_api, tournament, first):
        taken = GameFactory(tournament=tournament, match=MatchFactory()).match

        with nothing_changes():
            for series_id in (first.pk, None):
                body = body_of(first, match_id=taken.pk, series_id=series_id)
                refused(member_api.post("/api/games/", body), "match_taken")

    def test_whoever_has_it_in_another_tournament_takes_it_from_nobody(self, member_api, first):
        match = GameFactory(match=MatchFactory()).match

        response = member_api.post("/api/games/", body_of(first, match_id=match.pk))

        assert (response.status_code, response.json()["match_id"]) == (201, match.pk)

    @pytest.mark.parametrize("state", [Match.State.PENDING, Match.State.UNAVAILABLE, None])
    def test_it_is_one_that_is_stored(self, member_api, first, state):
        match_id = MatchFactory(state=state).pk if state else 999

        with nothing_changes():
            response = member_api.post("/api/games/", body_of(first, match_id=match_id))
            assert [*invalid(response)] == ["match_id"]


def test_a_game_of_a_large_bracket_costs_few_queries(member_api, member):
    tournament = running_tournament(32, organiser=member, tournament_type="double_elimination")
    row = series(tournament, "Upper 1.1")

    with CaptureQueriesContext(connection) as queries:
        added(member_api, row, "a")

    assert len(queries) <= 15
