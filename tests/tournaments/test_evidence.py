"""Which matches of Steam are games of which series, which may be, and which are not."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.notifications.models import Notification
from app.steam.models import Match
from app.tournaments import services
from app.tournaments.errors import MatchTaken
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Tournament,
)
from app.tournaments.services import Order, Score, settle_games
from app.tournaments.tasks import settle_games as task
from tests.factories import (
    GameFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
)
from tests.tournaments.settling import (
    LONG_AGO,
    begun_long_ago,
    doubts,
    five,
    joined,
    play,
    played_with_a_doubt,
    record,
    started,
    teams_of,
    the_series,
    the_settlement,
    won_by,
)

pytestmark = pytest.mark.django_db


class TestWhatIsSure:
    @pytest.mark.parametrize("radiant_wins", [True, False])
    @pytest.mark.parametrize("first_is_radiant", [True, False])
    def test_a_match_of_both_teams_is_a_game_and_ends_the_series(
        self, first_is_radiant, radiant_wins
    ):
        tournament = started()
        one, two = teams_of(tournament)
        radiant, dire = (one, two) if first_is_radiant else (two, one)
        match = play(five(radiant), five(dire), radiant_win=radiant_wins, duration=1999)

        assert settle_games() == 1

        game = Game.objects.get()
        winner = radiant if radiant_wins else dire
        assert (game.radiant, game.dire, game.winner) == (radiant, dire, winner)
        assert (game.match, game.duration, game.played_at) == (match, 1999, match.start_time)
        series = the_series(tournament)
        assert game.series == series
        assert (series.status, series.decided_by, series.winner) == ("finished", "games", winner)
        settled = the_settlement()
        assert (settled.status, settled.game, settled.series) == ("recorded", game, series)
        assert settled.evidence["doubts"] == []
        change = BracketChange.objects.first()
        assert (change.action, change.actor) == ("games", None)
        assert change.reason == f"Steam match {match.pk}"

    def test_the_task_does_so(self):
        won_by(*teams_of(started()))

        task.enqueue()

        assert Game.objects.count() == 1

    def test_four_of_each_are_enough(self):
        tournament = started()
        one, two = teams_of(tournament)
        play([*five(one)[:4], None], five(two)[:4])

        assert settle_games() == 1
        evidence = the_settlement().evidence
        assert [evidence[side]["anonymous"] for side in ("team_a", "team_b")] == [0, 1]
        assert [evidence[side]["found"] for side in ("team_a", "team_b")] == [4, 4]

    def test_stand_ins_count_and_are_counted(self):
        tournament = started()
        one, two = teams_of(tournament)
        helper = TeamMemberFactory(team=one, is_stand_in=True).member
        TeamMemberFactory(team=two, member=helper, is_stand_in=True)
        joined(LONG_AGO, member=helper)
        present = [*five(one)[:3], helper]
        play([*present, None], five(two))

        assert settle_games() == 1
        evidence = the_settlement().evidence
        assert evidence["team_a"] == {
            "team_id": one.pk,
            "side": "radiant",
            "members": [member.pk for member in present],
            "found": 4,
            "players": 5,
            "stand_ins": 1,
            "anonymous": 0,
        }
        assert evidence["team_b"]["stand_ins"] == 0

    def test_a_captain_who_does_not_play_for_the_team_does_not_count(self):
        tournament = started()
        one, two = teams_of(tournament)
        players = five(one)
        one.members.filter(member=one.captain).delete()
        play([one.captain, *players[1:4]], five(two))

        assert settle_games() == 0
        assert the_settlement().evidence["team_a"]["members"] == [
            member.pk for member in players[1:4]
        ]

    def test_three_matches_are_a_best_of_three_and_its_winner_goes_on(self):
        tournament = started(4, best_of=3)
        one, _, _, four = teams_of(tournament)
        won_by(one, four, minutes_ago=100)
        won_by(four, one, minutes_ago=60)
        won_by(one, four, minutes_ago=10)

        assert settle_games() == 3

        first = the_series(tournament, round=1, team_a=one)
        assert (first.score_a, first.score_b, first.winner) == (2, 1, one)
        final = the_series(tournament, round=2)
        assert (final.team_a, final.status) == (one, "waiting")
        assert the_series(tournament, round=1, position=2).status == "ready"

    def test_half_of_a_series_is_its_score(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        won_by(two, one)

        assert settle_games() == 1
        series = the_series(tournament)
        assert (series.score_a, series.score_b, series.status) == (0, 1, "ready")

    def test_one_run_follows_a_whole_bracket(self):
        tournament = started(4)
        one, two, three, four = teams_of(tournament)
        won_by(one, four, minutes_ago=110)
        won_by(three, two, minutes_ago=100)
        won_by(three, one, minutes_ago=30)

        assert settle_games() == 3
        assert the_series(tournament, round=2).winner == three

    @pytest.mark.parametrize(("best_of", "needed"), [(1, 1), (3, 2)])
    def test_a_series_that_is_decided_takes_no_more(self, best_of, needed):
        tournament = started(best_of=best_of)
        one, two = teams_of(tournament)
        won_by(two, one, minutes_ago=20)
        for minutes_ago in (50, 80, 110)[:needed]:
            won_by(one, two, minutes_ago=minutes_ago)

        assert settle_games() == needed
        assert the_series(tournament).winner == one
        assert Settlement.objects.count() == needed

    def test_a_draw_is_one(self):
        tournament = started(tournament_type="round_robin", best_of=2)
        one, two = teams_of(tournament)
        won_by(one, two)
        won_by(two, one, minutes_ago=10)
        won_by(two, one, minutes_ago=5)

        assert settle_games() == 2
        series = the_series(tournament)
        assert (series.status, series.winner) == ("finished", None)
        assert Settlement.objects.count() == 2

    def test_a_friendly_game_with_the_match_becomes_the_series(self):
        tournament = started()
        one, two = teams_of(tournament)
        match = won_by(one, two)
        friendly = GameFactory(tournament=tournament, radiant=one, dire=two, match=match)

        assert settle_games() == 1
        game = Game.objects.get()
        assert (game, game.series, game.winner) == (friendly, the_series(tournament), one)

    def test_a_match_that_is_a_game_already_is_none_again(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        match = won_by(one, two)
        series = the_series(tournament)
        GameFactory(tournament=tournament, radiant=one, dire=two, match=match, series=series)

        assert settle_games() == 0
        assert Game.objects.count() == 1
        assert not Settlement.objects.exists()

    @pytest.mark.parametrize("status", ["registration", "finished"])
    def test_only_while_the_tournament_is_running(self, status):
        tournament = started()
        won_by(*teams_of(tournament))
        begun = timezone.now() if status == "finished" else None
        Tournament.objects.update(status=status, started_at=begun)

        assert settle_games() == 0
        assert not Settlement.objects.exists()

    def test_what_is_not_stored_yet_is_no_game(self):
        match = won_by(*teams_of(started()))
        Match.objects.update(state="pending")
        assert settle_games() == 0

        Match.objects.update(state="stored")
        assert settle_games() == 1
        assert Game.objects.get().match == match


class TestTheWindow:
    @pytest.mark.parametrize(("minutes_before", "recorded"), [(121, 0), (119, 1), (-30, 1)])
    def test_it_begins_two_hours_before_both_teams_were_known(self, minutes_before, recorded):
        tournament = started()
        ready = timezone.now() - timedelta(hours=1)
        Series.objects.update(ready_at=ready)
        won_by(*teams_of(tournament), minutes_ago=60 + minutes_before)

        assert settle_games() == recorded
        assert Settlement.objects.count() == recorded
        if recorded:
            assert the_settlement().evidence["minutes_after_ready"] == -minutes_before

    def test_what_has_not_begun_is_no_game(self):
        won_by(*teams_of(started()), minutes_ago=-5)

        assert settle_games() == 0

    def test_what_is_older_than_a_week_is_left_alone(self):
        tournament = started()
        Series.objects.update(ready_at=timezone.now() - timedelta(days=30))
        won_by(*teams_of(tournament), minutes_ago=7 * 24 * 60 + 1)

        assert settle_games() == 0


class TestWhatIsNotSure:
    def test_three_of_five_wait_for_the_organiser_with_the_evidence(self):
        tournament = started()
        one, two = teams_of(tournament)
        match = play([*five(two)[:3], None], five(one), radiant_win=False, league_id=0)

        assert settle_games() == 0

        assert not Game.objects.exists()
        series = the_series(tournament)
        assert series.status == "ready"
        settled = the_settlement()
        assert (settled.status, settled.match, settled.series) == ("pending", match, series)
        assert settled.evidence == {
            "team_a": {
                "team_id": one.pk,
                "side": "dire",
                "members": [member.pk for member in five(one)],
                "found": 5,
                "players": 5,
                "stand_ins": 0,
                "anonymous": 0,
            },
            "team_b": {
                "team_id": two.pk,
                "side": "radiant",
                "members": [member.pk for member in five(two)[:3]],
                "found": 3,
                "players": 5,
                "stand_ins": 0,
                "anonymous": 1,
            },
            "winner_id": one.pk,
            "minutes_after_ready": -60,
            "league": None,
            "doubts": ["Only 3 of 5 on radiant play for Team 2; 1 is anonymous."],
        }

    @pytest.mark.parametrize(
        ("of_one", "of_two", "asked"), [(3, 2, 1), (2, 3, 1), (2, 2, 0), (5, 1, 0), (0, 5, 0)]
    )
    def test_who_asks_about_whom(self, of_one, of_two, asked):
        one, two = teams_of(started())
        play(five(one)[:of_one], five(two)[:of_two])

        assert settle_games() == 0
        assert Settlement.objects.count() == asked

    def test_two_of_each_and_one_of_a_third_team_are_not_asked_about(self):
        one, two, _, four = teams_of(started(4))
        play([*five(one)[:2], five(two)[0]], five(four)[:2])

        settle_games()

        assert not Settlement.objects.exists()

    def test_five_who_are_of_both_teams_are_asked_about(self):
        one, two = teams_of(started())
        play([*five(one)[:3], *five(two)[:2]], [*five(two)[2:], *five(one)[3:]])

        settle_games()

        # Three of the one against three of the other, and two each as they should not be.
        assert the_settlement().evidence["team_a"]["found"] == 3
        assert Game.objects.count() == 0

    def test_who_stands_in_for_both_makes_it_unclear_who_was_who(self):
        tournament = started(members=2)
        one, two = teams_of(tournament)
        shared = UserFactory.create_batch(6)
        for team in (one, two):
            for member in shared:
                TeamMemberFactory(team=team, member=member, is_stand_in=True)
        joined(LONG_AGO, tournament=tournament)
        # Their own are the first two of each.
        play([*five(one)[:2], *shared[:3]], [*five(two)[:2], *shared[3:]])

        assert settle_games() == 0
        assert doubts() == ["Which of the teams was on which side is not clear."]
        assert the_settlement().evidence["team_a"]["side"] == "radiant"

    @pytest.mark.parametrize(
        ("league", "seen", "recorded"),
        [(77, "same", 1), (0, None, 1), (None, None, 1), (78, "other", 0)],
    )
    def test_another_league_than_the_tournaments_is_a_doubt(self, league, seen, recorded):
        tournament = started(steam_league_id=77)
        won_by(*teams_of(tournament), league_id=league)

        assert settle_games() == recorded
        assert the_settlement().evidence["league"] == seen
        if not recorded:
            assert doubts() == ["It was played in league 78, and the tournament's is 77."]

    def test_a_game_that_was_soon_over_is_a_doubt(self):
        won_by(*teams_of(started()), duration=240)

        assert settle_games() == 0
        assert doubts() == ["It ended after 240 seconds, and may have been played again."]

    def test_two_series_of_the_same_teams_are_a_doubt_in_each(self):
        tournament = started(tournament_type="round_robin", legs=2)
        won_by(*teams_of(tournament))

        assert settle_games() == 0
        first, second = tournament.series.all()
        assert doubts(series=first) == [f"It may as well be a game of {second.name}."]
        assert doubts(series=second) == [f"It may as well be a game of {first.name}."]

    def test_it_is_sure_once_the_players_are_known(self):
        tournament = started()
        one, two = teams_of(tournament)
        match = play(five(one)[:3], five(two))
        settle_games()
        pending = the_settlement()

        # As when a member proves the account to be theirs later on.
        match.players.filter(player_slot=3).update(member=five(one)[3])

        assert settle_games() == 1
        settled = the_settlement()
        assert (settled.pk, settled.status) == (pending.pk, "recorded")
        assert settled.evidence["doubts"] == []

    def test_new_evidence_takes_the_place_of_the_old(self):
        tournament = started()
        one, two = teams_of(tournament)
        helper = UserFactory()
        play([*five(one)[:2], helper], five(two))
        settle_games()

        TeamMemberFactory(team=one, member=helper)
        settle_games()

        assert doubts() == [
            "Only 3 of 5 on radiant play for Team 1; 2 are anonymous.",
            "Of the 3 on radiant who play for Team 1, 1 joined the team after the match had begun.",
        ]

    def test_a_game_without_its_match_may_be_the_same(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        series = the_series(tournament)
        services.create_game(
            tournament_id=tournament.pk,
            radiant=one,
            dire=two,
            winner_id=one.pk,
            series_id=series.pk,
            order=Order(),
        )
        match = won_by(one, two)

        assert settle_games() == 0
        assert doubts() == ["The series has a game without its Steam match, which may be this one."]

        services.update_game(game=Game.objects.get(), order=Order(), match_id=match.pk)
        assert settle_games() == 0
        assert not Settlement.objects.exists()
        assert the_series(tournament).score_a == 1


class TestRostersThatChange:
    """Whoever joins a team after a match may be there to win it."""

    def test_strangers_who_are_entered_afterwards_win_nothing(self):
        tournament = started()
        one, two = teams_of(tournament)
        strangers = UserFactory.create_batch(5)
        play(strangers, five(two))
        assert settle_games() == 0
        assert not Settlement.objects.exists()

        for stranger in strangers:
            services.add_member(team=one, member=stranger, is_stand_in=True)

        assert settle_games() == 0
        assert not Game.objects.exists()
        assert doubts() == [
            "Of the 5 on radiant who play for Team 1, 5 joined the team after the match had begun."
        ]

    @pytest.mark.parametrize(("late", "recorded"), [(1, 1), (2, 0)])
    def test_four_of_the_five_were_there_before_or_it_waits(self, late, recorded):
        tournament = started()
        one, two = teams_of(tournament)
        match = play(five(one), five(two))
        for member in five(one)[:late]:
            joined(match.start_time + timedelta(seconds=1), member=member)

        assert settle_games() == recorded
        assert the_settlement().evidence["team_a"]["found"] == 5
        assert len(doubts()) == 1 - recorded

    def test_who_joined_as_it_began_was_there(self):
        tournament = started()
        match = won_by(*teams_of(tournament))
        joined(match.start_time, tournament=tournament)

        assert settle_games() == 1

    def test_a_stand_in_who_is_entered_an_hour_later_is_for_the_organiser(self):
        tournament = started()
        one, two = teams_of(tournament)
        helper = UserFactory()
        play([*five(one)[:3], helper], five(two))
        services.add_member(team=one, member=helper, is_stand_in=True)

        assert settle_games() == 0
        assert doubts() == [
            "Of the 4 on radiant who play for Team 1, 1 joined the team after the match had begun."
        ]

        services.accept_settlement(settlement=the_settlement(), order=Order(tournament.organiser))
        assert the_series(tournament).winner == one


class TestBeforeTheStart:
    """What is played before the organiser presses start is a scrim, for all that Steam knows."""

    @pytest.mark.parametrize(("minutes_before", "recorded"), [(100, 0), (1, 0), (0, 1), (-1, 1)])
    def test_it_is_never_sure(self, minutes_before, recorded):
        tournament = started()
        match = won_by(*teams_of(tournament))
        tournament.started_at = match.start_time + timedelta(minutes=minutes_before)
        tournament.save()
        Series.objects.update(ready_at=tournament.started_at)

        assert settle_games() == recorded
        assert doubts() == ["It began before the tournament had started."] * (1 - recorded)
        assert the_series(tournament).status == ("finished" if recorded else "ready")

    def test_the_first_game_after_it_counts(self):
        tournament = started()
        one, two = teams_of(tournament)
        won_by(two, one, minutes_ago=100)
        tournament.started_at = timezone.now() - timedelta(minutes=50)
        tournament.save()
        official = won_by(one, two, minutes_ago=40)

        assert settle_games() == 1
        assert Game.objects.get().match == official
        assert the_series(tournament).winner == one


class TestTwoTournaments:
    """Whoever has a tournament with the same players takes nothing from another."""

    def both(self, **fields):
        """The same ten in two tournaments at once; the other one is a stranger's."""
        tournament = started(name="Spring Cup", **fields)
        other = TournamentFactory(name="Fake")
        for team in teams_of(tournament):
            again = TeamFactory(tournament=other, seed=team.seed)
            for member in five(team):
                TeamMemberFactory(team=again, member=member)
        return tournament, begun_long_ago(other)

    def test_each_has_its_game_of_a_match(self):
        tournament, other = self.both()
        match = won_by(*teams_of(tournament))

        assert settle_games() == 2
        for each in (tournament, other):
            game = Game.objects.get(tournament=each)
            assert (game.match, game.series) == (match, the_series(each))
            assert the_settlement(tournament=each).evidence["doubts"] == []
            assert the_series(each).winner == each.teams.get(seed=1)
        assert settle_games() == 0

    def test_the_matchs_league_takes_it_from_nobody(self):
        tournament, other = self.both()
        Tournament.objects.filter(pk=other.pk).update(steam_league_id=77)
        won_by(*teams_of(tournament), league_id=77)

        assert settle_games() == 2
        assert the_series(tournament).status == "finished"

    def test_nor_does_a_game_that_is_recorded_there(self):
        tournament, other = self.both()
        match = won_by(*teams_of(tournament))
        record(match, other)

        assert settle_games() == 1
        assert Game.objects.get(tournament=tournament).match == match

    def test_a_doubt_of_the_one_is_none_of_the_other(self):
        tournament, other = self.both()
        # One of the other tournament's fives has nobody but three of them left.
        again = other.teams.get(seed=1)
        again.members.filter(member__in=five(again)[:2]).delete()
        won_by(*teams_of(tournament))

        assert settle_games() == 1
        assert Game.objects.get().tournament == tournament
        assert the_settlement(tournament=other).status == "pending"

    def test_only_the_one_that_is_running_has_it(self):
        tournament, other = self.both()
        Tournament.objects.filter(pk=other.pk).update(status="finished")
        won_by(*teams_of(tournament))

        assert settle_games() == 1
        assert Game.objects.get().tournament == tournament

    @pytest.mark.parametrize("is_of_a_series", [True, False])
    def test_what_waits_here_outlasts_a_strangers_game(self, sign_in, is_of_a_series):
        tournament, other = self.both()
        match = played_with_a_doubt(tournament)
        settle_games()
        pending = the_settlement(tournament=tournament)
        one, two = teams_of(other)
        body = {
            "tournament_id": other.pk,
            "series_id": the_series(other).pk if is_of_a_series else None,
            "match_id": match.pk,
            "radiant_id": one.pk,
            "dire_id": two.pk,
        }

        assert sign_in(other.organiser).post("/api/games/", body).status_code == 201

        assert settle_games() == 0
        assert Settlement.objects.filter(tournament=other).exists() != is_of_a_series
        response = sign_in(tournament.organiser).post(f"/api/settlements/{pending.pk}/accept/")
        assert (response.status_code, response.json()["status"]) == (200, "recorded")
        assert Game.objects.filter(match=match).count() == 2

    def test_what_is_accepted_here_still_waits_there(self):
        tournament, other = self.both()
        played_with_a_doubt(tournament)
        settle_games()
        here, there = (the_settlement(tournament=each) for each in (tournament, other))

        services.accept_settlement(settlement=here, order=Order(tournament.organiser))
        settle_games()

        there.refresh_from_db()
        assert there.status == "pending"
        services.dismiss_settlement(settlement=there, order=Order(other.organiser))
        assert the_series(tournament).status == "finished"

    def test_a_friendly_game_elsewhere_stays_there(self):
        tournament, other = self.both()
        match = won_by(*teams_of(tournament))
        Tournament.objects.filter(pk=other.pk).update(status="finished")
        one, two = teams_of(other)
        friendly = GameFactory(tournament=other, radiant=one, dire=two, match=match)

        assert settle_games() == 1
        friendly.refresh_from_db()
        assert (friendly.tournament, friendly.series) == (other, None)
        assert Game.objects.get(tournament=tournament).series == the_series(tournament)

    def test_within_one_a_match_is_one_game(self):
        tournament, _ = self.both()
        match = won_by(*teams_of(tournament))
        record(match, tournament)

        one, two = teams_of(tournament)
        with pytest.raises(IntegrityError), transaction.atomic():
            GameFactory(tournament=tournament, radiant=one, dire=two, match=match)
        with pytest.raises(MatchTaken) as refused:
            record(match, tournament)
        # The admin's form says the same.
        game = Game(tournament=tournament, radiant=one, dire=two, match=match)
        with pytest.raises(ValidationError) as invalid:
            game.validate_constraints()
        assert invalid.value.messages == [str(refused.value.detail)]


class TestOutOfOrder:
    """Steam's matches are stored in any order: the scrim after a game may come before it."""

    @pytest.fixture
    def tournament(self, member):
        return started(4, organiser=member)

    def stored_too_late(self, tournament, **fields):
        """Answer the official match, which was stored once the scrim after it was a game."""
        one, _, _, four = teams_of(tournament)
        won_by(four, one, minutes_ago=60)
        assert settle_games() == 1
        official = won_by(one, four, minutes_ago=110, **fields)
        assert settle_games() == 0
        return official

    def overtaken_by(self, match):
        return (
            f"It began before Steam match {match.pk}, which is recorded; if this one counts, undo "
            "that one first."
        )

    def test_the_organiser_is_asked(self, tournament):
        official = self.stored_too_late(tournament)

        scrim = Game.objects.get().match
        assert doubts(status="pending") == [self.overtaken_by(scrim)]
        assert the_settlement(status="pending").match == official
        assert Notification.objects.filter(member=tournament.organiser).count() == 1

    def test_and_can_put_it_right(self, tournament, member_api):
        self.stored_too_late(tournament)
        official, scrim = (the_settlement(status=each) for each in ("pending", "recorded"))

        response = member_api.post(f"/api/settlements/{official.pk}/accept/")
        assert response.status_code == 400
        assert response.json()["details"] == {
            "series_id": ["The series is over; change what it was decided by."]
        }
        assert the_settlement(pk=official.pk).status == "pending"

        assert member_api.post(f"/api/settlements/{scrim.pk}/dismiss/").status_code == 200
        response = member_api.post(f"/api/settlements/{official.pk}/accept/")

        assert (response.status_code, response.json()["status"]) == (200, "recorded")
        one = tournament.teams.get(seed=1)
        assert the_series(tournament, round=1, team_a=one).winner == one
        assert settle_games() == 0

    def test_without_the_later_one_it_is_sure(self, tournament):
        official = self.stored_too_late(tournament)

        services.dismiss_settlement(settlement=the_settlement(status="recorded"), order=Order())

        assert settle_games() == 1
        assert Game.objects.get().match == official
        assert the_settlement(match=official).evidence["doubts"] == []

    def test_what_is_not_sure_besides_says_both(self, tournament):
        self.stored_too_late(tournament, duration=240)

        scrim = Game.objects.get().match
        assert doubts(status="pending") == [
            "It ended after 240 seconds, and may have been played again.",
            self.overtaken_by(scrim),
        ]

    def test_what_was_played_after_the_last_game_is_no_game_of_it(self, tournament):
        one, _, _, four = teams_of(tournament)
        won_by(one, four, minutes_ago=100)
        assert settle_games() == 1
        for minutes_ago in (90, 60, 30):
            won_by(four, one, minutes_ago=minutes_ago)
            play(five(one)[:3], five(four), minutes_ago=minutes_ago - 5)

        assert settle_games() == 0
        assert not Settlement.objects.pending().exists()

    def test_a_game_of_the_middle_is_asked_about(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        won_by(one, two, minutes_ago=100)
        last = won_by(one, two, minutes_ago=20)
        assert settle_games() == 2
        won_by(two, one, minutes_ago=60)

        assert settle_games() == 0
        assert doubts(status="pending") == [self.overtaken_by(last)]

    def test_while_the_series_is_open_any_order_will_do(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        won_by(one, two, minutes_ago=20)
        assert settle_games() == 1
        won_by(two, one, minutes_ago=60)

        assert settle_games() == 1
        assert the_series(tournament).status == "ready"

    @pytest.mark.parametrize("is_known_when", [True, False])
    def test_a_game_that_was_entered_by_hand_is_named_if_it_is_known_when(self, is_known_when):
        tournament = started()
        one, two = teams_of(tournament)
        game = services.create_game(
            tournament_id=tournament.pk,
            radiant=one,
            dire=two,
            winner_id=one.pk,
            series_id=the_series(tournament).pk,
            played_at=timezone.now() if is_known_when else None,
            order=Order(tournament.organiser),
        )
        won_by(two, one)

        assert settle_games() == 0
        asked = [each.evidence["doubts"] for each in Settlement.objects.all()]
        assert len(asked) == is_known_when
        for with_no_match, overtaken in asked:
            assert with_no_match.startswith("The series has a game without its Steam match")
            assert overtaken.startswith(f"It began before game {game.pk}, which is recorded;")

    def test_it_may_as_well_be_another_series(self):
        tournament = started(tournament_type="round_robin", legs=2)
        one, two = teams_of(tournament)
        first, second = tournament.series.all()
        Series.objects.filter(pk=second.pk).update(ready_at=timezone.now() + timedelta(hours=2))
        last = won_by(one, two, minutes_ago=20)
        assert settle_games() == 1
        Series.objects.filter(pk=second.pk).update(ready_at=timezone.now())
        won_by(two, one, minutes_ago=60)

        assert settle_games() == 0
        assert doubts(series=first, status="pending") == [
            f"It may as well be a game of {second.name}.",
            self.overtaken_by(last),
        ]
        assert doubts(series=second) == [f"It may as well be a game of {first.name}."]

    def test_what_ended_more_than_a_week_ago_is_left_alone(self, tournament):
        official = self.stored_too_late(tournament)
        Settlement.objects.filter(match=official).delete()
        Series.objects.filter(status="finished").update(
            finished_at=timezone.now() - timedelta(days=7, minutes=1)
        )

        assert settle_games() == 0
        assert not Settlement.objects.pending().exists()


class TestWhatPeopleHaveSaid:
    def report(self, tournament, a, b, *, final=False):
        series = the_series(tournament)
        by = tournament.organiser if final else series.team_a.captain
        services.report(series=series, score=Score(a, b), by=by)

    def test_games_confirm_a_captains_report(self):
        tournament = started()
        self.report(tournament, 1, 0)
        won_by(*teams_of(tournament))

        assert settle_games() == 1
        series = the_series(tournament)
        assert (series.status, series.decided_by, series.score_a) == ("finished", "games", 1)

    @pytest.mark.parametrize("is_disputed", [True, False])
    def test_and_wait_if_they_say_otherwise(self, is_disputed):
        tournament = started()
        one, two = teams_of(tournament)
        self.report(tournament, 1, 0)
        if is_disputed:
            services.dispute(series=the_series(tournament), by=two.captain)
        won_by(two, one)

        assert settle_games() == 0
        assert doubts() == [
            "Steam says otherwise: with this game it is 0:1, and 1:0 has been reported."
        ]
        assert the_series(tournament).status == "disputed" if is_disputed else "reported"

    def test_what_came_after_waits_too(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        self.report(tournament, 2, 0)
        for minutes_ago, (winner, loser) in ((90, (one, two)), (60, (two, one)), (20, (one, two))):
            won_by(winner, loser, minutes_ago=minutes_ago)

        assert settle_games() == 1
        assert the_series(tournament).status == "reported"
        _, second, third = Match.objects.order_by("start_time")
        assert doubts(match=second)[0].startswith("Steam says otherwise")
        assert doubts(match=third) == ["An earlier match of the series waits to be settled."]

        services.dismiss_settlement(settlement=the_settlement(match=second), order=Order())
        assert settle_games() == 1
        assert the_series(tournament).score_a == 2

    def test_a_game_that_is_still_to_come_ends_nothing_too_soon(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        self.report(tournament, 2, 1)
        won_by(one, two, minutes_ago=90)
        won_by(one, two, minutes_ago=10)

        assert settle_games() == 1
        assert the_series(tournament).status == "reported"

        won_by(two, one, minutes_ago=50)
        assert settle_games() == 2
        series = the_series(tournament)
        assert (series.score_a, series.score_b, series.status) == (2, 1, "finished")

    def test_a_reported_series_is_given_its_games(self):
        tournament = started(best_of=3)
        one, two = teams_of(tournament)
        won_by(one, two, minutes_ago=100)
        won_by(one, two, minutes_ago=50)
        self.report(tournament, 2, 0, final=True)
        version = Tournament.objects.get().version

        assert settle_games() == 2
        assert {game.series for game in Game.objects.all()} == {the_series(tournament)}
        assert the_series(tournament).decided_by == "report"
        assert Tournament.objects.get().version == version

    def test_and_no_more_than_it_has(self):
        tournament = started()
        one, two = teams_of(tournament)
        won_by(one, two, minutes_ago=50)
        won_by(one, two, minutes_ago=20)
        self.report(tournament, 1, 0, final=True)

        assert settle_games() == 1
        assert Settlement.objects.count() == 1

    def test_nor_others_than_were_said(self):
        tournament = started()
        one, two = teams_of(tournament)
        self.report(tournament, 1, 0, final=True)
        won_by(two, one)

        assert settle_games() == 0
        assert doubts()[0].startswith("Steam says otherwise: with this game it is 0:1")

    @pytest.mark.parametrize("outcome", ["walkover", "double_forfeit"])
    def test_what_was_given_and_yet_played_is_asked_about(self, outcome):
        tournament = started()
        one, two = teams_of(tournament)
        score = Score(outcome=outcome, winner_id=one.pk)
        services.report(series=the_series(tournament), score=score, by=tournament.organiser)
        won_by(two, one)

        assert settle_games() == 0
        assert doubts() == ["Steam says otherwise: the series was decided without being played."]

    @pytest.mark.parametrize(("hours_ago", "asked"), [(3, 1), (5, 0)])
    def test_what_began_after_the_report_is_asked_about_for_two_hours(self, hours_ago, asked):
        tournament = started()
        self.report(tournament, 1, 0, final=True)
        finished = timezone.now() - timedelta(hours=hours_ago)
        Series.objects.update(finished_at=finished, ready_at=finished - timedelta(hours=1))
        won_by(*teams_of(tournament), minutes_ago=2 * 60)

        assert settle_games() == 0
        assert [each.evidence["doubts"] for each in Settlement.objects.all()] == [
            ["It began after the result of the series had been entered."]
        ] * asked

    def test_a_forfeit_of_the_bracket_is_not_asked_about(self):
        tournament = started()
        one, two = teams_of(tournament)
        services.disqualify_team(team=two, order=Order())
        won_by(two, one)

        assert settle_games() == 0
        assert not Settlement.objects.exists()
