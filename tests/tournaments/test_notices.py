"""Who is told what of a change of a bracket, and who is not."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.core.models import SystemSettings
from app.core.queue.backend import QueueUnavailable
from app.notifications.models import Notification
from app.tournaments import services
from app.tournaments.models import BracketChange, Team
from app.tournaments.services import Order, Score
from app.tournaments.tasks import tell_of_change, tell_of_forgotten_changes
from config import functions
from tests.factories import StaffFactory, TeamFactory, TournamentFactory, UserFactory

pytestmark = pytest.mark.django_db

WEBHOOK = "https://discord.example/api/webhooks/1/secret"


@pytest.fixture(autouse=True)
def _webhook(settings):
    settings.DISCORD_WEBHOOK_URL = WEBHOOK
    settings.FRONTEND_URL = "https://guild.example"


def entered(teams=4, **fields):
    """A tournament that can begin: Team 1 of captain1 is the strongest."""
    fields = {"name": "Winter Cup", "best_of": 3} | fields
    tournament = TournamentFactory(organiser=UserFactory(username="organiser"), **fields)
    for seed in range(1, teams + 1):
        captain = UserFactory(username=f"captain{seed}")
        TeamFactory(tournament=tournament, name=f"Team {seed}", seed=seed, captain=captain)
    return tournament


def started(teams=4, **fields):
    tournament = entered(teams, **fields)
    services.start_tournament(tournament=tournament, by=tournament.organiser)
    tournament.refresh_from_db()
    return tournament


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """Do something, and answer who is mailed because of it: subjects and bodies by username."""

    def because_of(write, *args, **kwargs):
        before = {*Notification.objects.values_list("pk", flat=True)}
        with django_capture_on_commit_callbacks(execute=True):
            write(*args, **kwargs)
        mails = Notification.objects.filter(channel="email").exclude(pk__in=before)
        rows = mails.values_list("member__username", "subject", "body")
        found = {username: (subject, body) for username, subject, body in rows}
        assert len(found) == len(rows), "one mail each"
        return found

    return because_of


def announced():
    return [each.body for each in Notification.objects.filter(channel="discord").order_by("id")]


def series(tournament, *place):
    """Answer the series of a section, round and position."""
    names = ("section", "round", "position")
    return tournament.series.get(**dict(zip(names, place, strict=True)))


def captain(number):
    return Team.objects.get(name=f"Team {number}").captain


def report(row, a, b, by):
    services.report(series=row, score=Score(a, b), by=by)


def play(row, a, b):
    """Let both captains agree."""
    row.refresh_from_db()
    report(row, a, b, row.team_a.captain)
    services.confirm(series=row, by=row.team_b.captain)


def correct(row, score, tournament, **order):
    actor = order.pop("actor", tournament.organiser)
    services.correct(series=row, score=score, order=Order(actor, **order))


class TestStart:
    def test_captains_are_told_whom_they_play(self, told):
        tournament = entered(4, best_of_rounds=[{"section": "upper", "round": 1, "best_of": 5}])
        outsider = UserFactory()

        mails = told(services.start_tournament, tournament=tournament, by=tournament.organiser)

        assert {*mails} == {"captain1", "captain2", "captain3", "captain4"}
        assert outsider.username not in mails
        subject, body = mails["captain4"]
        assert subject == "Guildhall: Winter Cup: you play Team 1"
        assert "Series 1.1: Team 4 against Team 1, best of 5." in body
        assert f"https://guild.example/tournaments/{tournament.pk}" in body

    def test_who_has_a_bye_is_told_when_there_is_an_opponent(self, told):
        tournament = entered(3)
        mails = told(services.start_tournament, tournament=tournament, by=tournament.organiser)
        assert {*mails} == {"captain2", "captain3"}

        [row] = tournament.series.filter(status="ready")
        mails = told(play, row, 2, 0)

        assert mails["captain1"][0] == "Guildhall: Winter Cup: you play Team 2"

    def test_a_mail_has_all_that_a_team_has_to_play(self, told):
        tournament = entered(4, tournament_type="round_robin", best_of=1)

        mails = told(services.start_tournament, tournament=tournament, by=tournament.organiser)

        subject, body = mails["captain1"]
        assert subject == "Guildhall: Winter Cup: you have 3 series to play"
        assert [line.partition(": ")[2] for line in body.splitlines()[:3]] == [
            "Team 1 against Team 4, one game.",
            "Team 1 against Team 3, one game.",
            "Team 1 against Team 2, one game.",
        ]

    def test_who_cannot_be_reached_is_told_nothing(self, told):
        tournament = entered(4)
        teams = {team.seed: team for team in tournament.teams.all()}
        teams[1].captain.email_verified = False
        teams[1].captain.save()
        teams[2].captain.is_active = False
        teams[2].captain.save()
        teams[3].captain = None
        teams[3].save()

        mails = told(services.start_tournament, tournament=tournament, by=tournament.organiser)

        assert {*mails} == {"captain4"}

    def test_an_organiser_who_plays_is_told_whom(self, told):
        tournament = entered(2)
        tournament.organiser = captain(1)
        tournament.save()

        mails = told(services.start_tournament, tournament=tournament, by=captain(1))

        assert {*mails} == {"captain1", "captain2"}

    def test_it_is_announced(self, told):
        tournament = entered(4, name="[Free](https://x.example) *Cup* @everyone")

        told(services.start_tournament, tournament=tournament, by=tournament.organiser)

        [text] = announced()
        assert text == (
            "**\\[Free\\]\\(https\\://x.example\\) \\*Cup\\* \\@everyone has begun**\n"
            f"4 teams are playing.\nhttps://guild.example/tournaments/{tournament.pk}"
        )

    def test_without_a_frontend_there_is_no_link(self, told, settings):
        settings.FRONTEND_URL = ""
        tournament = entered(2)

        mails = told(services.start_tournament, tournament=tournament, by=tournament.organiser)

        assert "http" not in mails["captain1"][1] + announced()[0]

    def test_a_large_bracket_costs_the_queries_of_a_small_one(self):
        SystemSettings.load()

        def queries(teams):
            tournament = TournamentFactory()
            TeamFactory.create_batch(teams, tournament=tournament)
            services.start_tournament(tournament=tournament, by=tournament.organiser)
            change = BracketChange.objects.latest("id")
            with CaptureQueriesContext(connection) as asked:
                tell_of_change.call(change_id=change.pk)
            mails = Notification.objects.filter(channel="email")
            assert mails.filter(member__captained_teams__tournament=tournament).count() == teams
            return len([each for each in asked if "SAVEPOINT" not in each["sql"]])

        assert queries(4) == queries(64) == 9


class TestReports:
    def test_the_other_captain_is_asked_to_confirm(self, told):
        row = series(started(), "upper", 1, 1)

        mails = told(report, row, 2, 1, by=captain(1))

        [(username, (subject, body))] = mails.items()
        assert username == "captain4"
        assert subject == "Guildhall: Winter Cup: Team 1 has reported a result"
        assert "Team 1 has reported Series 1.1: Team 1 2:1 Team 4." in body
        assert "Confirm it" in body

    def test_a_report_put_right_is_told_again(self, told):
        row = series(started(), "upper", 1, 1)
        report(row, 2, 1, captain(1))

        mails = told(report, row, 2, 0, by=captain(1))
        assert "Team 1 2:0 Team 4" in mails["captain4"][1]

        assert told(report, row, 2, 0, by=captain(1)) == {}

    def test_what_both_captains_say_is_no_news_to_them(self, told):
        row = series(started(), "upper", 1, 1)
        report(row, 2, 1, captain(1))

        assert told(services.confirm, series=row, by=captain(4)) == {}

    def test_the_next_series_is_told_to_both_also_to_who_confirms(self, told):
        tournament = started()
        play(series(tournament, "upper", 1, 1), 2, 0)
        row = series(tournament, "upper", 1, 2)
        report(row, 1, 2, captain(2))

        mails = told(services.confirm, series=row, by=captain(3))

        assert {*mails} == {"captain1", "captain3"}
        assert mails["captain3"][0] == "Guildhall: Winter Cup: you play Team 1"
        assert "Series 2.1: Team 3 against Team 1, best of 3." in mails["captain3"][1]

    def test_the_organiser_is_told_of_a_dispute(self, told):
        row = series(started(), "upper", 1, 1)
        report(row, 2, 0, captain(1))

        mails = told(services.dispute, series=row, by=captain(4), reason="We won the second.")

        [(username, (subject, body))] = mails.items()
        assert username == "organiser"
        assert subject == "Guildhall: Winter Cup: Series 1.1 is disputed"
        assert "Team 1 has reported Series 1.1: Team 1 2:0 Team 4." in body
        assert "Team 4 disagrees: We won the second." in body

    def test_who_disputes_is_not_told_so(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        report(row, 2, 0, captain(1))
        tournament.organiser = captain(4)
        tournament.save()

        assert told(services.dispute, series=row, by=captain(4)) == {}

    def test_what_the_organiser_reports_is_told_to_both(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        walkover = Score(outcome="walkover", winner_id=row.team_b_id)

        mails = told(services.report, series=row, score=walkover, by=tournament.organiser)

        assert {*mails} == {"captain1", "captain4"}
        assert "against Team 4 is over: a walkover for Team 4." in mails["captain1"][1]

    def test_what_the_organiser_confirms_is_told_to_both(self, told):
        row = series(started(), "upper", 1, 1)
        report(row, 2, 0, captain(1))

        mails = told(services.confirm, series=row, by=StaffFactory())

        assert {*mails} == {"captain1", "captain4"}
        assert "Team 1 2:0 Team 4" in mails["captain1"][1]

    def test_an_organiser_who_plays_is_not_told_what_they_report(self, told):
        tournament = started()
        tournament.organiser = captain(1)
        tournament.save()

        mails = told(report, series(tournament, "upper", 1, 1), 2, 0, by=captain(1))

        assert {*mails} == {"captain4"}

    def test_games_that_decide_a_series_are_told_to_both(self, told):
        tournament = started(best_of=1)
        row = series(tournament, "upper", 1, 1)
        game = {"series_id": row.pk, "winner_id": row.team_b_id}

        mails = told(
            services.create_game,
            tournament_id=tournament.pk,
            radiant=row.team_a,
            dire=row.team_b,
            order=Order(),
            **game,
        )

        assert {*mails} == {"captain1", "captain4"}
        assert "is over: Team 1 0:1 Team 4." in mails["captain1"][1]


class TestCorrections:
    def test_a_corrected_result_is_told_to_both_with_the_reason(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        play(row, 2, 0)

        mails = told(correct, row, Score(2, 1), tournament, reason="They won one.")

        assert {*mails} == {"captain1", "captain4"}
        subject, body = mails["captain4"]
        assert subject == "Guildhall: Winter Cup: Series 1.1 has another result"
        assert "is corrected: Team 1 2:1 Team 4." in body
        assert "The reason that was given: They won one." in body

    def test_the_same_result_again_is_no_news(self, told):
        tournament = started(best_of=1)
        row = series(tournament, "upper", 1, 1)
        sides = {"radiant": row.team_a, "dire": row.team_b, "winner_id": row.team_a_id}
        services.create_game(tournament_id=tournament.pk, series_id=row.pk, order=Order(), **sides)

        assert told(correct, row, Score(1, 0), tournament, reason="Seen by a judge.") == {}

    def test_who_is_out_of_the_next_series_is_told_and_who_is_in_it(self, told):
        tournament = started()
        first, second, final = (
            series(tournament, "upper", *place) for place in ((1, 1), (1, 2), (2, 1))
        )
        play(first, 2, 0)
        play(second, 2, 0)
        final.refresh_from_db()
        play(final, 2, 1)

        order = {"reason": "It was the other way round.", "force": True}
        mails = told(correct, first, Score(0, 2), tournament, **order)

        assert {*mails} == {"captain1", "captain2", "captain4"}
        assert mails["captain1"][0].endswith("Series 2.1 is off")
        for username in ("captain1", "captain2"):
            body = mails[username][1]
            assert "What was played there counts no more: Team 1 2:1 Team 2." in body
            assert body.count("It was the other way round.") == 1
        assert "The result of Series 1.1 against Team 4 is corrected" in mails["captain1"][1]
        assert "Series 2.1: Team 2 against Team 4, best of 3." in mails["captain2"][1]
        assert "Series 2.1: Team 4 against Team 2, best of 3." in mails["captain4"][1]

    def test_who_has_another_opponent_is_told_whom_and_not_why(self, told):
        tournament = started()
        for number in (1, 2):
            play(series(tournament, "upper", 1, number), 2, 0)
        row = series(tournament, "upper", 1, 1)

        mails = told(correct, row, Score(0, 2), tournament, reason="A smurf played.")

        assert {*mails} == {"captain1", "captain2", "captain4"}
        assert mails["captain2"][0].endswith("you play Team 4")
        assert "smurf" not in mails["captain2"][1]
        assert "counts no more" not in mails["captain1"][1]

    def test_what_is_taken_back_is_to_be_played(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        play(row, 2, 0)

        mails = told(correct, row, None, tournament, reason="Wrong lobby.")

        assert {*mails} == {"captain1", "captain4"}
        subject, body = mails["captain1"]
        assert subject.endswith("Series 1.1 is to be played")
        assert "Series 1.1 against Team 4 has no result any more" in body
        assert "Wrong lobby." in body

    def test_a_dry_run_tells_nobody(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        play(row, 2, 0)

        assert told(correct, row, None, tournament, dry_run=True) == {}


class TestTeams:
    def test_a_disqualified_team_is_told_why_and_its_opponent_what_follows(self, told):
        tournament = started()
        team = Team.objects.get(name="Team 4")
        order = Order(tournament.organiser, reason="Shared accounts.")

        mails = told(services.disqualify_team, team=team, order=order)

        assert {*mails} == {"captain1", "captain4"}
        subject, body = mails["captain4"]
        assert subject == "Guildhall: Winter Cup: Team 4 is disqualified"
        assert "Shared accounts." in body
        assert "is over" not in body
        assert "is over: a walkover for Team 1." in mails["captain1"][1]
        assert "Shared accounts." not in mails["captain1"][1]

    def test_a_team_without_a_series_to_play_is_told_too(self, told):
        tournament = started()
        play(series(tournament, "upper", 1, 1), 2, 0)
        team = Team.objects.get(name="Team 4")

        mails = told(services.disqualify_team, team=team, order=Order(tournament.organiser))

        assert {*mails} == {"captain4"}

    def test_a_reinstated_team_and_its_opponent_play(self, told):
        tournament = started()
        team = Team.objects.get(name="Team 4")
        services.disqualify_team(team=team, order=Order(tournament.organiser))
        order = Order(tournament.organiser, reason="It was somebody else.")

        mails = told(services.reinstate_team, team=team, order=order)

        assert {*mails} == {"captain1", "captain4"}
        subject, body = mails["captain4"]
        assert subject == "Guildhall: Winter Cup: Team 4 plays on"
        assert "It was somebody else." in body
        assert "Series 1.1 against Team 1 has no result any more, and is to be played." in body
        assert "somebody else" not in mails["captain1"][1]

    def test_a_substitute_is_told_and_who_is_replaced_and_who_plays_them(self, told):
        tournament = started()
        captain = UserFactory(username="reserve")
        reserve = TeamFactory(tournament=tournament, name="Reserve", captain=captain)
        team = Team.objects.get(name="Team 4")

        mails = told(
            services.substitute_team,
            team=team,
            substitute=reserve,
            order=Order(tournament.organiser, reason="Ill."),
        )

        assert {*mails} == {"captain1", "captain4", "reserve"}
        assert "Reserve has taken the place of Team 4." in mails["captain4"][1]
        assert "is off" not in mails["captain4"][1]
        subject, body = mails["reserve"]
        assert subject == "Guildhall: Winter Cup: Reserve has a place"
        assert "Series 1.1: Reserve against Team 1, best of 3." in body
        assert mails["captain1"][0].endswith("you play Reserve")
        assert "Ill." not in mails["captain1"][1]

    def test_the_change_names_the_team(self):
        tournament = started()
        team = Team.objects.get(name="Team 4")
        services.disqualify_team(team=team, order=Order(tournament.organiser))

        change = BracketChange.objects.latest("id")

        found = {"id": team.pk, "name": "Team 4", "seed": 4}
        assert change.before["teams"] == [found | {"is_out": False}]
        assert change.after["teams"] == [found | {"is_out": True}]


class TestFinish:
    def test_the_champion_is_announced_and_nobody_is_mailed(self, told):
        tournament = started(2)
        Team.objects.filter(name="Team 1").update(name="**Night** Owls")
        play(series(tournament, "upper", 1, 1), 2, 0)

        mails = told(services.finish_tournament, tournament=tournament, by=tournament.organiser)

        assert mails == {}
        [text] = announced()
        assert text == (
            "**\\*\\*Night\\*\\* Owls has won Winter Cup**\n"
            f"https://guild.example/tournaments/{tournament.pk}"
        )

    def test_a_tournament_that_nobody_has_won_is_over(self, told):
        tournament = started(2)
        score = Score(outcome="double_forfeit")
        row = series(tournament, "upper", 1, 1)
        services.report(series=row, score=score, by=tournament.organiser)

        told(services.finish_tournament, tournament=tournament, by=tournament.organiser)

        assert announced()[0].startswith("**Winter Cup is over**")


class TestTask:
    def test_what_is_told_twice_is_told_once(self, told):
        started()
        change = BracketChange.objects.latest("id")

        assert len(told(tell_of_change.call, change_id=change.pk)) == 4
        assert told(tell_of_change.call, change_id=change.pk) == {}
        assert len(announced()) == 1

    @pytest.mark.parametrize(
        ("age", "is_told"),
        [
            (timedelta(minutes=9), False),
            (timedelta(minutes=11), True),
            (timedelta(hours=23), True),
            (timedelta(hours=25), False),
        ],
    )
    def test_what_no_task_has_told_of_is_told_within_the_day(self, told, age, is_told):
        tournament = started()
        then = timezone.now() - age
        tournament.series.exclude(ready_at=None).update(ready_at=then)
        tournament.changes.update(created_at=then)

        assert len(told(tell_of_forgotten_changes.call)) == (4 if is_told else 0)

        Notification.objects.all().delete()
        assert told(tell_of_forgotten_changes.call) == {}

    def test_what_comes_to_nothing_is_looked_at_once(self, told):
        tournament = started(2)
        row = series(tournament, "upper", 1, 1)
        report(row, 2, 0, tournament.organiser)
        correct(row, None, tournament)
        BracketChange.objects.update(created_at=timezone.now() - timedelta(hours=1))
        told(tell_of_forgotten_changes.call)

        with CaptureQueriesContext(connection) as asked:
            tell_of_forgotten_changes.call()
        assert len(asked) == 1

    def test_what_is_so_no_more_is_not_told(self, told):
        tournament = started()
        row = series(tournament, "upper", 1, 1)
        report(row, 2, 0, captain(1))
        change = BracketChange.objects.latest("id")
        services.confirm(series=row, by=captain(4))

        assert told(tell_of_change.call, change_id=change.pk) == {}

    def test_what_has_ended_since_is_not_announced_as_begun(self, told):
        tournament = started(2)
        start = BracketChange.objects.get()
        play(series(tournament, "upper", 1, 1), 2, 0)
        services.finish_tournament(tournament=tournament, by=tournament.organiser)

        assert told(tell_of_change.call, change_id=start.pk) == {}
        assert announced() == []

    def test_a_start_that_is_told_late_tells_what_was_drawn_and_is_yet_to_be_played(self, told):
        tournament = started()
        first, second = (series(tournament, "upper", 1, n) for n in (1, 2))
        start = BracketChange.objects.get()
        report(first, 2, 0, captain(1))

        assert {*told(tell_of_change.call, change_id=start.pk)} == {"captain2", "captain3"}

        Notification.objects.all().delete()
        services.confirm(series=first, by=captain(4))
        play(second, 2, 0)
        assert told(tell_of_change.call, change_id=start.pk) == {}

    def test_what_was_taken_back_is_not_told(self, told):
        tournament = started(2)
        row = series(tournament, "upper", 1, 1)
        report(row, 2, 0, captain(1))
        services.dispute(series=row, by=captain(2))
        dispute = BracketChange.objects.latest("id")
        report(row, 2, 0, tournament.organiser)
        services.finish_tournament(tournament=tournament, by=tournament.organiser)
        finish = BracketChange.objects.latest("id")
        correct(row, None, tournament)
        order = Order(tournament.organiser)
        services.disqualify_team(team=row.team_b, order=order)
        put_out = BracketChange.objects.latest("id")
        services.reinstate_team(team=row.team_b, order=order)

        for change in (dispute, finish, put_out):
            assert told(tell_of_change.call, change_id=change.pk) == {}
        assert announced() == []

    def test_who_is_back_by_now_is_not_told_to_be_off(self, told):
        tournament = started()
        for number in (1, 2):
            play(series(tournament, "upper", 1, number), 2, 0)
        row = series(tournament, "upper", 1, 1)
        correct(row, Score(0, 2), tournament)
        change = BracketChange.objects.latest("id")
        correct(row, Score(2, 0), tournament)

        assert told(tell_of_change.call, change_id=change.pk) == {}

    def test_a_tournament_that_is_gone_is_no_news(self, told):
        tournament = started()
        change = BracketChange.objects.get()
        tournament.delete()

        assert told(tell_of_change.call, change_id=change.pk) == {}

    def test_a_change_asks_the_database_nothing_to_be_told(
        self, queue, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            started()
        with CaptureQueriesContext(connection) as asked:
            for callback in callbacks:
                callback()

        assert len(asked) == 0
        [record] = queue.records()
        message = json.loads(record["body"])
        assert message["task"] == "app.tournaments.tasks.tell_of_change"
        assert message["kwargs"] == {"change_id": BracketChange.objects.get().pk}


@pytest.mark.django_db(transaction=True)
class TestRequests:
    def test_a_worker_tells_of_what_a_request_has_done(self, queue, sign_in):
        row = series(started(), "upper", 1, 1)
        queue.drain(functions.worker)
        Notification.objects.all().delete()

        answer = sign_in(captain(1)).post(
            f"/api/series/{row.pk}/report/", {"score_a": 2, "score_b": 0}
        )

        assert answer.status_code == 200
        assert not Notification.objects.exists()
        queue.drain(functions.worker)
        assert Notification.objects.get().member == captain(4)

    def test_a_queue_that_takes_nothing_stops_no_request(self, queue, settings, sign_in, caplog):
        row = series(started(), "upper", 1, 1)
        options = {"queue_url": f"{queue.url}-is-gone"}
        settings.TASKS = {"default": settings.TASKS["default"] | {"OPTIONS": options}}

        answer = sign_in(captain(1)).post(
            f"/api/series/{row.pk}/report/", {"score_a": 2, "score_b": 0}
        )

        assert answer.status_code == 200
        assert "in on_commit()" in caplog.text

    def test_what_a_queue_has_not_taken_is_told_later(self, queue, settings, sign_in):
        row = series(started(), "upper", 1, 1)
        queue.drain(functions.worker)
        Notification.objects.all().delete()
        tasks = settings.TASKS
        options = {"queue_url": f"{queue.url}-is-gone"}
        settings.TASKS = {"default": tasks["default"] | {"OPTIONS": options}}
        sign_in(captain(1)).post(f"/api/series/{row.pk}/report/", {"score_a": 2, "score_b": 0})
        later = timezone.now() - timedelta(minutes=11)
        BracketChange.objects.filter(told_at=None).update(created_at=later)

        with pytest.raises(QueueUnavailable):
            tell_of_forgotten_changes.call()
        settings.TASKS = tasks
        tell_of_forgotten_changes.call()
        queue.drain(functions.worker)

        assert Notification.objects.get().member == captain(4)

    def test_a_notice_that_cannot_be_written_stops_no_request(self, settings, sign_in):
        row = series(started(), "upper", 1, 1)
        Notification.objects.all().delete()
        # Without templates there is nothing to write.
        settings.TEMPLATES = [settings.TEMPLATES[0] | {"APP_DIRS": False, "DIRS": []}]

        answer = sign_in(captain(1)).post(
            f"/api/series/{row.pk}/report/", {"score_a": 2, "score_b": 0}
        )

        assert answer.status_code == 200
        assert not Notification.objects.exists()
        row.refresh_from_db()
        assert row.status == "reported"
