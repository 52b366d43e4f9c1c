"""Matches that wait for a word, what people do with them, and what a run costs."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.notifications.models import Notification
from app.steam.models import Match
from app.tournaments import services
from app.tournaments.errors import SeriesFinished, SettlementSettled
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Tournament,
)
from app.tournaments.services import Order, Score, settle_games
from tests.factories import (
    GameFactory,
    MatchFactory,
    SeriesFactory,
    TeamMemberFactory,
    UserFactory,
)
from tests.races import at_once, before_the_commit_of, racing
from tests.tournaments.settling import (
    LONG_AGO,
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

    def test_one_that_is_replaced_by_another_does_not_come_back(self):
        tournament = started(best_of=3)
        wrong, right = (won_by(*teams_of(tournament), minutes_ago=age) for age in (100, 50))
        game = record(wrong, tournament)
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
        services.delete_game(game=record(match, tournament), order=Order())
        assert the_settlement().status == "dismissed"

        game = record(match, tournament)

        settled = the_settlement()
        assert (settled.status, settled.game) == ("recorded", game)
        services.dismiss_settlement(settlement=settled, order=Order())
        assert not Game.objects.exists()
        assert settle_games() == 0

    def test_of_one_that_is_taken_out_nobody_is_counted(self):
        tournament = started(steam_league_id=7)
        one, two = teams_of(tournament)
        match = won_by(one, two, league_id=7)
        services.delete_game(game=record(match, tournament), order=Order())

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
