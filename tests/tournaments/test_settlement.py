"""Steam's matches become games of the series that they were played for, or wait for a word."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.notifications.models import Notification
from app.steam.models import Match
from app.tournaments import services
from app.tournaments.errors import MatchTaken, SeriesFinished, SettlementSettled
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)
from app.tournaments.services import Order, Score, settle_games
from app.tournaments.tasks import settle_games as task
from tests.factories import (
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    SeriesFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
)
from tests.races import at_once, before_the_commit_of, racing

pytestmark = pytest.mark.django_db

_accounts = count(900_000_000)

LONG_AGO = timezone.now() - timedelta(days=30)


def started(teams: int = 2, *, members: int = 5, **fields) -> Tournament:
    """A tournament that began a month ago, with teams of so many members each, the first the
    strongest; who meets first has been known since now.
    """
    tournament = TournamentFactory.create(**fields)
    for seed in range(1, teams + 1):
        name = f"Team {seed}"
        team = TeamFactory(tournament=tournament, name=name, seed=seed, captain=UserFactory())
        TeamMemberFactory(team=team, member=team.captain)
        TeamMemberFactory.create_batch(members - 1, team=team)
    return begun_long_ago(tournament)


def begun_long_ago(tournament: Tournament) -> Tournament:
    staff = UserFactory.create(is_staff=True)
    services.start_tournament(tournament=tournament, by=staff)
    tournament.started_at = LONG_AGO
    tournament.save(update_fields=["started_at"])
    joined(LONG_AGO, tournament=tournament)
    return Tournament.objects.get(pk=tournament.pk)


def joined(moment: datetime, **members) -> None:
    TeamMember.objects.filter(**members).update(created_at=moment)


def teams_of(tournament: Tournament) -> list[Team]:
    return list(tournament.teams.order_by("seed"))


def five(team: Team) -> list[User]:
    return [each.member for each in team.members.select_related("member").order_by("id")[:5]]


def play(
    radiant: Iterable[User | None],
    dire: Iterable[User | None],
    *,
    minutes_ago: float = 60,
    **fields,
) -> Match:
    """A match between these members; None is a stranger, and what is missing is anonymous."""
    begun = timezone.now() - timedelta(minutes=minutes_ago)
    match: Match = MatchFactory.create(start_time=begun, **fields)
    for first, players in ((0, radiant), (128, dire)):
        known = list(players)
        for position in range(5):
            is_known = position < len(known)
            MatchPlayerFactory(
                match=match,
                player_slot=first + position,
                member=known[position] if is_known else None,
                account_id=next(_accounts) if is_known else None,
            )
    return match


def won_by(winner: Team, loser: Team, *, minutes_ago: float = 60, **fields) -> Match:
    return play(five(winner), five(loser), minutes_ago=minutes_ago, radiant_win=True, **fields)


def the_series(tournament: Tournament, **fields) -> Series:
    return tournament.series.select_related("team_a", "team_b").get(**fields)


def record(match: Match, tournament: Tournament) -> Game:
    """Enter a match by hand, as a game of the series of those who were in it."""
    radiant, dire = (
        tournament.teams.get(members__member=match.players.filter(is_radiant=side)[0].member)
        for side in (True, False)
    )
    series = tournament.series.get(Q(team_a=radiant, team_b=dire) | Q(team_a=dire, team_b=radiant))
    return services.create_game(
        tournament_id=tournament.pk,
        radiant=radiant,
        dire=dire,
        series_id=series.pk,
        match_id=match.pk,
        order=Order(tournament.organiser),
    )


def the_settlement(**fields) -> Settlement:
    return Settlement.objects.get(**fields)


def doubts(**fields) -> list[str]:
    found: list[str] = the_settlement(**fields).evidence["doubts"]
    return found


def played_with_a_doubt(tournament: Tournament) -> Match:
    """A match of the final in which two of the winner's cannot be seen."""
    one, two = teams_of(tournament)
    return play(five(one)[:3], five(two))


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


class TestTheOrganiser:
    @pytest.fixture
    def tournament(self):
        return started(4, name="Winter Cup", organiser=UserFactory(username="organiser"))

    def mails(self):
        return [*Notification.objects.values_list("member__username", "subject", "body")]

    def test_is_asked_about_what_is_not_sure(self, tournament, settings):
        settings.FRONTEND_URL = "https://guild.example"
        one, _, _, four = teams_of(tournament)
        match = play(five(one)[:3], five(four))

        settle_games()

        [(who, subject, body)] = self.mails()
        assert who == "organiser"
        assert subject == "Guildhall: Winter Cup: a Steam match may be a game of Series 1.1"
        assert f"Match {match.pk} may be a game of Series 1.1: Team 1 against Team 4. " in body
        assert all(doubt in body for doubt in doubts())
        assert f"https://guild.example/tournaments/{tournament.pk}" in body

    def test_gets_one_mail_until_nothing_waits(self, tournament):
        one, two, three, four = teams_of(tournament)
        play(five(one)[:3], five(four))
        play(five(two)[:3], five(three))
        settle_games()
        settle_games()
        play(five(four)[:3], five(one), minutes_ago=20)
        settle_games()
        [(_, subject, body)] = self.mails()
        assert subject == "Guildhall: Winter Cup: Steam matches wait for your word"
        assert "Series 1.1" in body
        assert "Series 1.2" in body

        for settlement in Settlement.objects.all():
            services.dismiss_settlement(settlement=settlement, order=Order(tournament.organiser))
        play(five(three)[:3], five(two), minutes_ago=10)
        settle_games()

        assert len(self.mails()) == 2

    def test_is_asked_nothing_about_another_tournament_or_what_is_sure(self, tournament):
        other = started(organiser=UserFactory(username="other"))
        played_with_a_doubt(other)
        one, _, _, four = teams_of(tournament)
        won_by(one, four)

        settle_games()

        assert [who for who, *_ in self.mails()] == ["other"]

    def test_without_one_nobody_is(self, tournament):
        Tournament.objects.update(organiser=None)
        one, _, _, four = teams_of(tournament)
        play(five(one)[:3], five(four))

        settle_games()

        assert the_settlement().status == "pending"
        assert self.mails() == []


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


class TestAcceptingAndDismissing:
    @pytest.fixture
    def tournament(self, member):
        return started(organiser=member)

    @pytest.fixture
    def settlement(self, tournament):
        played_with_a_doubt(tournament)
        settle_games()
        return the_settlement()

    def settle(self, client, settlement, verb, **body):
        return client.post(f"/api/settlements/{settlement.pk}/{verb}/", body)

    def test_what_is_accepted_is_a_game(self, member_api, member, tournament, settlement):
        response = self.settle(member_api, settlement, "accept")

        assert response.status_code == 200, response.json()
        game, series = Game.objects.get(), the_series(tournament)
        body = response.json()
        assert (body["status"], body["game_id"]) == ("recorded", game.pk)
        assert (game.series, game.match, game.winner) == (series, settlement.match, series.team_a)
        assert series.winner == series.team_a
        change = BracketChange.objects.first()
        assert (change.actor, change.reason) == (member, f"Steam match {settlement.match_id}")

    def test_it_is_no_other_series_then(self, member_api, member):
        tournament = started(organiser=member, tournament_type="round_robin", legs=2)
        won_by(*teams_of(tournament))
        settle_games()
        first, second = Settlement.objects.order_by("series")

        self.settle(member_api, second, "accept")

        assert the_settlement().pk == second.pk
        # Once one is settled, the next match is sure.
        won_by(*teams_of(tournament), minutes_ago=10)
        assert settle_games() == 1
        assert the_settlement(series=first.series_id).status == "recorded"

    def test_what_is_dismissed_stays_so(self, member_api, tournament, settlement):
        response = self.settle(member_api, settlement, "dismiss")

        assert (response.status_code, response.json()["status"]) == (200, "dismissed")
        TeamMemberFactory.create_batch(2, team=tournament.teams.first())
        settle_games()
        assert the_settlement().status == "dismissed"
        assert not Game.objects.exists()

    def test_and_can_be_accepted_after_all(self, member_api, tournament, settlement):
        self.settle(member_api, settlement, "dismiss")

        response = self.settle(member_api, settlement, "accept")

        assert (response.status_code, response.json()["status"]) == (200, "recorded")
        assert the_series(tournament).status == "finished"

    @pytest.mark.parametrize("verb", ["accept", "dismiss"])
    def test_twice_is_a_conflict(self, member_api, settlement, verb):
        self.settle(member_api, settlement, verb)

        response = self.settle(member_api, settlement, verb)

        assert (response.status_code, response.json()["code"]) == (409, "settlement_settled")

    def test_to_undo_a_game_is_one_action(self, member_api, tournament):
        won_by(*teams_of(tournament))
        settle_games()

        response = self.settle(member_api, the_settlement(), "dismiss")

        assert response.status_code == 200
        body = response.json()
        assert (body["status"], body["game_id"]) == ("dismissed", None)
        assert not Game.objects.exists()
        series = the_series(tournament)
        assert (series.status, series.winner, series.score_a) == ("ready", None, None)
        assert settle_games() == 0
        assert the_settlement().status == "dismissed"

    def test_what_was_played_since_wants_force(self, member_api, member):
        tournament = started(4, organiser=member)
        one, two, three, four = teams_of(tournament)
        semi = won_by(one, four, minutes_ago=100)
        won_by(two, three, minutes_ago=90)
        won_by(two, one, minutes_ago=30)
        assert settle_games() == 3
        settlement = the_settlement(match=semi)

        response = self.settle(member_api, settlement, "dismiss")

        assert (response.status_code, response.json()["code"]) == (409, "results_followed")
        assert the_settlement(match=semi).status == "recorded"
        assert Game.objects.count() == 3

        response = self.settle(member_api, settlement, "dismiss", force=True)

        assert response.status_code == 200
        assert Game.objects.count() == 2
        final = the_series(tournament, round=2)
        assert (final.status, final.team_a, final.winner) == ("waiting", None, None)

    def test_a_game_that_lost_its_series_finds_it_again(self, member_api, member):
        tournament = started(4, organiser=member)
        one, two, three, four = teams_of(tournament)
        won_by(one, four, minutes_ago=100)
        won_by(two, three, minutes_ago=90)
        last = won_by(two, one, minutes_ago=30)
        settle_games()
        semi = the_series(tournament, round=1, team_a=one)
        order = Order(actor=member, reason="A mistake.", force=True)
        services.correct(series=semi, score=Score(0, 1), order=order)
        game = Game.objects.get(match=last)
        assert game.series is None

        assert settle_games() == 0
        assert not Settlement.objects.filter(match=last).exists()

        services.correct(series=semi, score=Score(1, 0), order=order)
        assert settle_games() == 1
        final = the_series(tournament, round=2)
        assert (final.winner, list(final.games.all())) == (two, [game])

    def test_others_who_meet_there_now_are_a_conflict(self, member_api, member):
        tournament = started(4, organiser=member)
        one, two, three, four = teams_of(tournament)
        won_by(one, four, minutes_ago=100)
        won_by(two, three, minutes_ago=90)
        play(five(two), five(one)[:3], minutes_ago=30)
        settle_games()
        semi = the_series(tournament, round=1, team_a=one)
        order = Order(actor=member, reason="A mistake.")
        services.correct(series=semi, score=Score(0, 1), order=order)

        response = self.settle(member_api, the_settlement(status="pending"), "accept")

        assert (response.status_code, response.json()["code"]) == (409, "bracket_changed")

    def test_one_game_too_many_is_refused(self, member_api, member):
        tournament = started(organiser=member)
        one, two = teams_of(tournament)
        play(five(one)[:3], five(two), minutes_ago=100)
        won_by(one, two, minutes_ago=30)
        assert settle_games() == 1

        response = self.settle(member_api, the_settlement(status="pending"), "accept")

        assert response.status_code == 400
        assert Game.objects.count() == 1

    def test_a_match_that_is_a_game_of_another_series_is_a_conflict(
        self, member_api, tournament, settlement
    ):
        one, two = teams_of(tournament)
        another = SeriesFactory(tournament=tournament, team_a=one, team_b=two, round=2)
        GameFactory(
            tournament=tournament, radiant=one, dire=two, series=another, match=settlement.match
        )

        response = self.settle(member_api, settlement, "accept")

        assert (response.status_code, response.json()["code"]) == (409, "match_taken")
        assert "of this tournament" in response.json()["detail"]

    def test_a_tournament_that_is_over_has_its_games(self, member_api, tournament):
        won_by(*teams_of(tournament))
        settle_games()
        services.finish_tournament(tournament=tournament, by=tournament.organiser)

        response = self.settle(member_api, the_settlement(), "dismiss")

        assert (response.status_code, response.json()["code"]) == (409, "tournament_not_running")

    def test_a_game_deleted_by_hand_does_not_come_back(self, member_api, tournament):
        won_by(*teams_of(tournament))
        settle_games()

        assert member_api.delete(f"/api/games/{Game.objects.get().pk}/").status_code == 204

        assert settle_games() == 0
        assert the_settlement().status == "dismissed"
        assert the_series(tournament).status == "ready"

    def test_nor_one_taken_out_of_its_series(self, member_api, tournament):
        won_by(*teams_of(tournament))
        settle_games()
        path = f"/api/games/{Game.objects.get().pk}/"

        assert member_api.patch(path, {"series_id": None}).status_code == 200

        assert settle_games() == 0
        assert the_settlement().status == "dismissed"
        assert the_series(tournament).status == "ready"


class TestEnteredByHand:
    """Matches that people make games of, and take out again."""

    def entered(self, tournament, match):
        series, (one, two) = the_series(tournament), teams_of(tournament)
        return services.create_game(
            tournament_id=tournament.pk,
            radiant=one,
            dire=two,
            series_id=series.pk,
            match_id=match.pk,
            order=Order(tournament.organiser),
        )

    def test_one_that_is_replaced_by_another_does_not_come_back(self):
        tournament = started(best_of=3)
        wrong, right = (won_by(*teams_of(tournament), minutes_ago=age) for age in (100, 50))
        game = self.entered(tournament, wrong)
        services.update_game(game=game, order=Order(), match_id=right.pk)

        assert settle_games() == 0

        series = the_series(tournament)
        assert (series.status, series.score_a) == ("ready", 1)
        assert the_settlement(match=wrong).status == "dismissed"
        services.delete_game(game=game, order=Order())
        assert settle_games() == 0
        assert the_settlement(match=right).status == "dismissed"

    def test_one_that_steam_has_recorded_and_is_replaced_is_nothing_to_undo(self):
        tournament = started(best_of=3)
        wrong = won_by(*teams_of(tournament), minutes_ago=100)
        assert settle_games() == 1
        right = won_by(*teams_of(tournament), minutes_ago=50)
        services.update_game(game=Game.objects.get(), order=Order(), match_id=right.pk)

        with pytest.raises(SettlementSettled):
            services.dismiss_settlement(settlement=the_settlement(match=wrong), order=Order())

        assert settle_games() == 0
        assert Game.objects.get().match == right

    def test_one_that_is_put_back_is_recorded_and_can_be_undone(self):
        tournament = started()
        match = won_by(*teams_of(tournament))
        services.delete_game(game=self.entered(tournament, match), order=Order())
        assert the_settlement().status == "dismissed"

        game = self.entered(tournament, match)

        settled = the_settlement()
        assert (settled.status, settled.game) == ("recorded", game)
        services.dismiss_settlement(settlement=settled, order=Order())
        assert not Game.objects.exists()
        assert settle_games() == 0

    def test_of_one_that_is_taken_out_nobody_is_counted(self):
        tournament = started(steam_league_id=7)
        one, two = teams_of(tournament)
        match = won_by(one, two, league_id=7)
        services.delete_game(game=self.entered(tournament, match), order=Order())

        evidence = the_settlement().evidence
        assert evidence["team_a"] == {
            "team_id": one.pk,
            "side": "radiant",
            "members": [],
            "found": None,
            "players": None,
            "stand_ins": None,
            "anonymous": None,
        }
        assert (evidence["winner_id"], evidence["league"]) == (one.pk, "same")


class TestWhoMay:
    @pytest.fixture
    def settlement(self, member):
        played_with_a_doubt(started(organiser=member))
        settle_games()
        return the_settlement()

    def calls(self, client, settlement):
        return [
            client.get(f"/api/tournaments/{settlement.tournament_id}/settlements/"),
            client.post(f"/api/settlements/{settlement.pk}/dismiss/"),
            client.post(f"/api/settlements/{settlement.pk}/accept/"),
        ]

    def test_the_organiser_and_staff_do(self, member_api, staff_api, settlement):
        for client in (member_api, staff_api):
            assert [each.status_code for each in self.calls(client, settlement)] == [200] * 3
            self.calls(client, settlement)

    def test_nobody_else_does(self, api, outsider_api, sign_in, settlement):
        captain = sign_in(settlement.series.team_a.captain)

        assert {each.status_code for each in self.calls(api, settlement)} == {401}
        assert {each.status_code for each in self.calls(outsider_api, settlement)} == {403}
        assert {each.status_code for each in self.calls(captain, settlement)} == {403}
        assert the_settlement().status == "pending"

    def test_what_is_not_there_is_a_404(self, member_api):
        assert member_api.get("/api/tournaments/404/settlements/").status_code == 404
        for verb in ("accept", "dismiss"):
            assert member_api.post(f"/api/settlements/404/{verb}/").status_code == 404

    @pytest.mark.parametrize("verb", ["accept", "dismiss"])
    def test_what_makes_no_sense_is_said_by_field(self, member_api, settlement, verb):
        response = member_api.post(f"/api/settlements/{settlement.pk}/{verb}/", {"force": "maybe"})

        assert (response.status_code, list(response.json()["details"])) == (400, ["force"])


class TestTheList:
    @pytest.fixture
    def tournament(self, member):
        tournament = started(4, organiser=member)
        one, two, three, four = teams_of(tournament)
        won_by(one, four, minutes_ago=90)
        play(five(two)[:3], five(three), minutes_ago=30, league_id=0)
        settle_games()
        return tournament

    def listed(self, client, tournament, query=""):
        response = client.get(f"/api/tournaments/{tournament.pk}/settlements/?{query}")
        assert response.status_code == 200, response.json()
        return response.json()["results"]

    def test_the_newest_come_first_with_their_evidence(self, member_api, tournament):
        other = started()
        won_by(*teams_of(other))
        settle_games()

        pending, recorded = self.listed(member_api, tournament)

        assert recorded["status"] == "recorded"
        assert recorded["game_id"] == Game.objects.get(tournament=tournament).pk
        settlement = the_settlement(tournament=tournament, status="pending")
        match = settlement.match
        assert {name: pending[name] for name in pending if not name.endswith("_at")} == {
            "id": settlement.pk,
            "series_id": settlement.series_id,
            "match_id": match.pk,
            "match": {
                "match_id": match.pk,
                "start_time": match.start_time.isoformat().replace("+00:00", "Z"),
                "duration": 2400,
                "league_id": 0,
            },
            "game_id": None,
            "status": "pending",
            "evidence": settlement.evidence,
        }

    def test_it_is_filtered(self, member_api, tournament):
        recorded = the_settlement(status="recorded")

        for query in ("status=recorded", f"series={recorded.series_id}"):
            assert [row["id"] for row in self.listed(member_api, tournament, query)] == [
                recorded.pk
            ]
        assert self.listed(member_api, tournament, "status=dismissed") == []

    def test_a_filter_that_makes_no_sense_says_so(self, member_api, tournament):
        path = f"/api/tournaments/{tournament.pk}/settlements/"

        response = member_api.get(f"{path}?status=lost")

        assert (response.status_code, list(response.json()["details"])) == (400, ["status"])


def state() -> list[object]:
    models: list[type] = [Game, Series, Settlement, BracketChange, Tournament]
    return [list(model.objects.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]


class TestTheCost:
    def crowded(self, tournaments):
        for _ in range(tournaments):
            tournament = started(8)
            teams = teams_of(tournament)
            for stronger, weaker in ((0, 7), (1, 6), (2, 5)):
                play(five(teams[stronger])[:3], five(teams[weaker]))
            # Said otherwise, of no series, and of a team too few.
            series = the_series(tournament, team_a=teams[3], round=1)
            services.report(series=series, score=Score(1, 0), by=series.team_a.captain)
            won_by(teams[4], teams[3])
            won_by(teams[0], teams[1])
            play(five(teams[3]), [])
            # A game that has ended a series, after the match that is not sure.
            record(won_by(teams[2], teams[5], minutes_ago=20), tournament)

    def queries(self):
        with CaptureQueriesContext(connection) as queries:
            assert settle_games() == 0
        return len(queries)

    def test_a_run_that_finds_nothing_new_changes_nothing(self):
        tournament = started(4, best_of=3)
        one, two, three, four = teams_of(tournament)
        won_by(one, four, minutes_ago=100)
        won_by(one, four, minutes_ago=50)
        play(five(two)[:3], five(three))
        assert settle_games() == 2
        won_by(one, four, minutes_ago=110)
        assert settle_games() == 0
        assert Settlement.objects.pending().count() == 2
        before = state()

        assert settle_games() == 0
        assert state() == before

    def test_it_asks_as_much_whatever_there_is(self):
        assert self.queries() == 2
        self.crowded(1)
        settle_games()
        few = self.queries()
        self.crowded(3)
        settle_games()

        assert Settlement.objects.pending().count() == 16
        assert self.queries() == few <= 12

    def test_where_nothing_was_played_it_asks_for_no_more_than_that(self):
        started(8)

        assert self.queries() == 2

    def test_what_is_new_and_unsure_is_written_and_told_at_once(self):
        self.crowded(3)

        assert self.queries() <= 20


@pytest.fixture
def unlocked(monkeypatch):
    """Take no row locks, to show what they are for."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **_: queryset.all())


@racing
class TestRaces:
    """Somebody has done something, and not committed it, when the run comes to the lock."""

    def test_what_is_said_otherwise_meanwhile_waits_and_stops_no_other_match(self, caplog):
        caplog.set_level(logging.INFO, "app.tournaments")
        tournament, other = started(4), started()
        one, _, _, four = teams_of(tournament)
        won_by(four, one)
        won_by(*teams_of(other), minutes_ago=30)

        recorded = before_the_commit_of(lambda: self.organiser_says(tournament), settle_games)

        assert recorded == 1
        assert the_series(other).status == "finished"
        assert self.semi_final(tournament).winner == one
        assert the_series(tournament, round=2).team_a == one
        settled = the_settlement(tournament=tournament)
        assert (settled.status, settled.game) == ("pending", None)
        assert doubts(tournament=tournament)[0].startswith("Steam says otherwise: with this game")
        assert "was not recorded" in caplog.text
        assert "is recorded" in caplog.text

    def test_without_the_lock_it_is_lost(self, unlocked):
        tournament = started(4)
        one, _, _, four = teams_of(tournament)
        won_by(four, one)

        before_the_commit_of(lambda: self.organiser_says(tournament), settle_games)

        assert self.semi_final(tournament).winner == four

    def organiser_says(self, tournament):
        by = tournament.organiser
        services.report(series=self.semi_final(tournament), score=Score(1, 0), by=by)

    def semi_final(self, tournament):
        return the_series(tournament, round=1, position=1)

    def reported(self):
        tournament = started()
        series = the_series(tournament)
        services.report(series=series, score=Score(1, 0), by=series.team_a.captain)
        won_by(*teams_of(tournament))
        return tournament, series

    def test_a_captain_who_confirms_first_has_the_result_and_steam_the_game(self):
        tournament, series = self.reported()

        def confirm():
            services.confirm(series=series, by=series.team_b.captain)

        assert before_the_commit_of(confirm, settle_games) == 1
        assert the_series(tournament).decided_by == "report"
        assert the_settlement().game == Game.objects.get()
        assert [each.action for each in BracketChange.objects.all()] == [
            "confirm",
            "report",
            "start",
        ]

    def test_a_captain_who_confirms_later_hears_that_it_is_finished(self):
        tournament, series = self.reported()

        def confirm():
            with pytest.raises(SeriesFinished):
                services.confirm(series=series, by=series.team_b.captain)

        before_the_commit_of(settle_games, confirm)
        assert the_series(tournament).decided_by == "games"
        assert BracketChange.objects.first().action == "games"

    def test_confirmed_and_settled_at_once_one_decides(self):
        for _ in range(8):
            tournament, series = self.reported()

            def call(number, series=series):
                if number % 2:
                    return settle_games()
                try:
                    return services.confirm(series=series, by=series.team_b.captain).decided_by
                except SeriesFinished:
                    return "finished"

            answers = at_once(4, call)

            # The other captain's second click comes too late in any case.
            assert sum(answer for answer in answers if isinstance(answer, int)) == 1
            series = the_series(tournament)
            confirmed = answers.count("report")
            assert series.decided_by == ("report" if confirmed else "games")
            assert confirmed + answers.count("finished") == 2
            assert series.games.count() == 1
            actions = [each.action for each in tournament.changes.all()]
            assert actions == ["confirm" if confirmed else "games", "report", "start"]

    def test_what_is_accepted_first_is_undone_by_who_dismisses_it(self):
        tournament = started()
        played_with_a_doubt(tournament)
        settle_games()
        settlement, order = the_settlement(), Order()

        before_the_commit_of(
            lambda: services.accept_settlement(settlement=settlement, order=order),
            lambda: services.dismiss_settlement(settlement=settlement, order=order),
        )

        assert the_settlement().status == "dismissed"
        assert not Game.objects.exists()
        assert the_series(tournament).status == "ready"

    def test_two_who_accept_it_at_once_make_one_game(self):
        played_with_a_doubt(started())
        settle_games()
        settlement = the_settlement()

        def accept():
            services.accept_settlement(settlement=settlement, order=Order())

        def accept_too_late():
            with pytest.raises(SettlementSettled):
                accept()

        before_the_commit_of(accept, accept_too_late)
        assert Game.objects.count() == 1

    def test_what_is_dismissed_meanwhile_is_not_recorded(self):
        tournament = started()
        played_with_a_doubt(tournament)
        settle_games()
        one = tournament.teams.get(seed=1)
        stranger = UserFactory()
        Match.objects.get().players.filter(player_slot=3).update(member=stranger)
        TeamMemberFactory(team=one, member=stranger)
        joined(LONG_AGO, member=stranger)
        settlement = the_settlement()

        def dismiss():
            services.dismiss_settlement(settlement=settlement, order=Order())

        assert before_the_commit_of(dismiss, settle_games) == 0
        assert the_settlement().status == "dismissed"
        assert not Game.objects.exists()

    def test_a_series_that_another_game_has_ended_meanwhile_is_left_alone(self):
        tournament = started()
        one, two = teams_of(tournament)
        won_by(one, two)
        another = MatchFactory(radiant_win=True)

        def end():
            services.create_game(
                tournament_id=tournament.pk,
                radiant=two,
                dire=one,
                series_id=the_series(tournament).pk,
                match_id=another.pk,
                order=Order(tournament.organiser),
            )

        assert before_the_commit_of(end, settle_games) == 0
        assert the_series(tournament).winner == two
        assert doubts() == ["The series has a result; the organiser can correct it."]

    def test_so_is_one_that_is_no_more(self, caplog):
        tournament = started(tournament_type="double_elimination")
        one, two = teams_of(tournament)
        order = Order(actor=tournament.organiser, reason="The wrong way round.")
        for section, score in (("upper", Score(1, 0)), ("grand_final", Score(0, 1))):
            series = the_series(tournament, section=section)
            services.report(series=series, score=score, by=order.actor)
        tournament.series.filter(status="finished").update(
            finished_at=timezone.now() - timedelta(hours=4)
        )
        won_by(one, two)
        final = the_series(tournament, section="grand_final", round=1)

        def correct():
            services.correct(series=final, score=Score(1, 0), order=order)

        assert before_the_commit_of(correct, settle_games) == 0
        assert not tournament.series.filter(section="grand_final", round=2).exists()
        assert not Settlement.objects.exists()
        assert "Matches were not queued" in caplog.text

    def test_so_is_a_tournament_that_is(self, caplog):
        tournament = started()
        won_by(*teams_of(tournament))

        def delete():
            services.delete_tournament(tournament=tournament)

        assert before_the_commit_of(delete, settle_games) == 0
        assert not Settlement.objects.exists()
        assert "Matches were not queued" in caplog.text
