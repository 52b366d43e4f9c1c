"""The admin keeps the rules of the API, as it goes by the same services."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.forms import MultiWidget
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from app.tournaments import services
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)
from app.tournaments.services import Score
from tests.factories import (
    GameFactory,
    MatchFactory,
    SettlementFactory,
    StaffFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
    running_tournament,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(username="root", is_staff=True, is_superuser=True))
    return client


def page(model, name, *args):
    return reverse(f"admin:tournaments_{model._meta.model_name}_{name}", args=args)


def form(client, url, **changes):
    """Answer what the page posts when these fields are filled in."""
    context = client.get(url).context
    filled = {}
    for field in context["adminform"].form:
        value, widget = field.value(), field.field.widget
        if isinstance(widget, MultiWidget):
            parts = widget.decompress(value)
            filled |= {f"{field.name}_{n}": part or "" for n, part in enumerate(parts)}
        elif value is True:
            filled[field.name] = "on"
        elif value is not False:
            filled[field.name] = "" if value is None else value
        if field.field.show_hidden_initial:
            filled[field.html_initial_name] = value
    for formset in context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        filled |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return filled | changes


def add(client, model, **fields):
    url = page(model, "add")
    return client.post(url, form(client, url, **fields), follow=True)


def change(client, row, **changes):
    url = page(type(row), "change", row.pk)
    return client.post(url, form(client, url, **changes), follow=True)


def do(client, action, *rows):
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(page(type(rows[0]), "changelist"), body, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def errors(answer):
    return answer.context["adminform"].form.errors


def first_series(tournament):
    return tournament.series.select_related("team_a", "team_b").order_by("id")[0]


class TestTournaments:
    def test_a_tournament_is_its_makers_unless_somebody_else_is_named(self, organiser):
        other = UserFactory()

        add(organiser, Tournament, name="Ours", tournament_type="swiss")
        add(organiser, Tournament, name="Theirs", tournament_type="swiss", organiser=other.pk)

        assert Tournament.objects.get(name="Ours").organiser.username == "root"
        assert Tournament.objects.get(name="Theirs").organiser == other

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"playoff": "single_elimination", "qualifiers": 2}, "playoff"),
            ({"best_of": 2}, "best_of"),
            ({"points_win": 0}, "points_win"),
            ({"status": "running"}, "status"),
            ({"tie_breaks": '["luck"]'}, "tie_breaks"),
            ({"best_of_rounds": "[7]"}, "best_of_rounds"),
            ({"max_teams": 2}, "__all__"),
            ({"status": "draft"}, "__all__"),
        ],
    )
    def test_what_the_rules_refuse_is_said_on_the_page_and_nothing_is_lost(
        self, organiser, changes, field
    ):
        tournament = TournamentFactory()
        TeamFactory.create_batch(3, tournament=tournament)

        answer = change(organiser, tournament, name="Typed at length", **changes)

        assert [*errors(answer)] == [field]
        assert "Typed at length" in answer.content.decode()
        tournament.refresh_from_db()
        assert (tournament.best_of, tournament.status) == (1, "registration")

    def test_lists_that_are_emptied_are_empty(self, organiser):
        rounds = [{"section": "upper", "best_of": 3}]
        tournament = TournamentFactory(best_of_rounds=rounds)

        change(organiser, tournament, best_of_rounds="", tie_breaks="")

        tournament.refresh_from_db()
        assert (tournament.best_of_rounds, tournament.tie_breaks) == ([], [])

    def test_how_it_is_played_stays_once_it_has_started(self, organiser):
        tournament, other = running_tournament(), UserFactory()

        change(organiser, tournament, name="Renamed", organiser=other.pk, best_of=3, third_place=1)

        tournament.refresh_from_db()
        assert (tournament.name, tournament.organiser) == ("Renamed", other)
        assert (tournament.best_of, tournament.third_place) == (1, False)

    def test_tournaments_are_started_from_the_list_and_those_that_cannot_be_are_named(
        self, organiser
    ):
        tournament, empty = TournamentFactory(), TournamentFactory()
        draft = TournamentFactory(status="draft")
        TeamFactory.create_batch(2, tournament=tournament)

        lines = said(do(organiser, "start", tournament, empty, draft))

        tournament.refresh_from_db()
        assert (tournament.status, tournament.series.count()) == ("running", 1)
        assert f"{tournament}: Started." in lines
        assert any(line.startswith(f"{tournament}: Without a seed") for line in lines)
        assert any(line.startswith(f"{empty}: ") for line in lines)
        assert any(line.startswith(f"{draft}: The tournament is a draft") for line in lines)
        assert BracketChange.objects.get().actor.username == "root"

    def test_tournaments_are_finished_from_the_list(self, organiser):
        over, going_on = running_tournament(2), running_tournament(2)
        services.report(
            series=first_series(over), score=Score(1, 0), by=StaffFactory(username="judge")
        )

        lines = said(do(organiser, "finish", over, going_on))

        assert [*Tournament.objects.filter(status="finished")] == [over]
        assert f"{going_on}: There are series left to be played." in lines

    def test_teams_are_seeded_from_the_list(self, organiser):
        tournament = TournamentFactory()
        weak, strong = (TeamFactory(tournament=tournament, rating=n) for n in (1000, 5000))

        do(organiser, "seed_by_rating", tournament)
        assert [*tournament.teams.order_by("seed")] == [strong, weak]
        do(organiser, "seed_at_random", tournament)

        tournament.refresh_from_db()
        assert tournament.seeding == "random"
        assert tournament.seeding_number is not None

    def test_a_tournament_is_deleted_with_all_that_is_in_it(self, organiser):
        tournament = running_tournament(2)
        row = first_series(tournament)
        GameFactory(tournament=tournament, series=row, radiant=row.team_a, dire=row.team_b)

        organiser.post(page(Tournament, "delete", tournament.pk), {"post": "yes"})

        for model in (Tournament, Team, Series, Game, BracketChange):
            assert not model.objects.exists()

    def test_the_list_counts_the_teams_and_leads_to_the_bracket(self, organiser):
        tournament = running_tournament(3, max_teams=8)

        shown = organiser.get(page(Tournament, "changelist")).content.decode()

        assert "3 of 8" in shown
        assert f"/api/tournaments/{tournament.pk}/bracket.svg" in shown
        series = f"{page(Series, 'changelist')}?tournament__id__exact={tournament.pk}"
        assert series in shown
        assert organiser.get(series).status_code == 200

    def test_the_page_shows_the_teams_and_costs_the_same_for_many(self, organiser):
        def queries(tournament):
            with CaptureQueriesContext(connection) as asked:
                shown = organiser.get(page(Tournament, "change", tournament.pk)).content.decode()
            assert all(str(team.captain) in shown for team in tournament.teams.all())
            return len(asked)

        few, many = running_tournament(2), running_tournament(16)
        queries(few)

        assert queries(few) == queries(many)


class TestTeams:
    def test_a_captain_who_is_named_plays_for_the_team(self, organiser):
        tournament, captain = TournamentFactory(), UserFactory()

        fields = {"tournament": tournament.pk, "name": "Night Owls", "captain": captain.pk}
        add(organiser, Team, **fields)

        assert Team.objects.get().members.get().member == captain

    def test_what_the_rules_refuse_is_said_by_field(self, organiser):
        tournament = TournamentFactory(max_teams=2)
        TeamFactory(tournament=tournament, name="Night Owls", seed=1)

        taken = {"tournament": tournament.pk, "name": "Night Owls", "seed": 1}
        assert {*errors(add(organiser, Team, **taken))} <= {"name", "seed", "__all__"}
        TeamFactory(tournament=tournament)
        full = {"tournament": tournament.pk, "name": "Late Arrivals"}
        answer = add(organiser, Team, **full)

        assert errors(answer)["__all__"] == ["All places of the tournament are taken."]
        assert Team.objects.count() == 2

    def test_the_seed_stays_once_the_tournament_has_started(self, organiser):
        team = running_tournament(2).teams.get(seed=1)

        change(organiser, team, name="Renamed", seed=7, tournament=TournamentFactory().pk)

        team.refresh_from_db()
        assert (team.name, team.seed) == ("Renamed", 1)
        assert team.tournament.teams.count() == 2

    def test_teams_are_checked_in_put_out_and_let_in_again(self, organiser):
        team = TeamFactory()
        do(organiser, "check_in", team)
        team.refresh_from_db()
        assert team.checked_in_at is not None

    def test_a_team_is_put_out_and_plays_on(self, organiser):
        team = running_tournament(4, best_of=3).teams.get(seed=4)
        row = team.tournament.series.get(team_b=team)
        services.report(series=row, score=Score(2, 1), by=row.team_a.captain)

        refused = change(organiser, team, playing="disqualify", reason="Did not come.")
        assert "Only force lets it go" in errors(refused)["__all__"][0]
        change(organiser, team, playing="disqualify", reason="Did not come.", force="on")
        team.refresh_from_db()
        assert team.is_out
        assert team.tournament.series.filter(outcome="walkover").count() == 1
        assert BracketChange.objects.latest("id").reason == "Did not come."

        change(organiser, team, playing="reinstate", name="Foxes")
        team.refresh_from_db()
        assert (team.is_out, team.name) == (False, "Foxes")

    def test_before_the_start_nobody_is_put_out(self, organiser):
        for url in (page(Team, "add"), page(Team, "change", TeamFactory().pk)):
            assert "playing" not in form(organiser, url)

    def test_a_team_that_plays_is_not_deleted(self, organiser):
        team, other = running_tournament(2).teams.get(seed=1), TeamFactory()

        organiser.post(page(Team, "delete", team.pk), {"post": "yes"})
        organiser.post(page(Team, "delete", other.pk), {"post": "yes"})

        assert Team.objects.filter(pk=team.pk).exists()
        assert not Team.objects.filter(pk=other.pk).exists()

    def test_nothing_is_deleted_past_the_services(self, organiser):
        for row in (TournamentFactory(), TeamFactory(), GameFactory(), TeamMemberFactory()):
            body = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            organiser.post(page(type(row), "changelist"), body)
            assert type(row).objects.filter(pk=row.pk).exists()

    def test_a_teams_page_shows_who_plays(self, organiser):
        member = TeamMemberFactory(is_stand_in=True)

        shown = organiser.get(page(Team, "change", member.team_id)).content.decode()

        assert str(member.member) in shown

    def test_members_are_added_and_taken_out_by_the_rules(self, organiser):
        team, member = TeamFactory(), UserFactory()
        rival = TeamFactory(tournament=team.tournament)

        add(organiser, TeamMember, team=team.pk, member=member.pk)
        [row] = team.members.all()
        refused = add(organiser, TeamMember, team=rival.pk, member=member.pk)
        assert errors(refused)["__all__"] == [
            "The member plays for a team of this tournament already."
        ]
        add(organiser, TeamMember, team=rival.pk, member=member.pk, is_stand_in="on")
        assert rival.members.get().tournament == team.tournament

        organiser.post(page(TeamMember, "delete", row.pk), {"post": "yes"})
        assert not team.members.exists()


class TestSeries:
    def test_when_it_is_played_and_how_many_games_it_has_is_set(self, organiser):
        row = first_series(running_tournament())

        change(organiser, row, best_of=3, scheduled_at_0="2026-12-01", scheduled_at_1="20:00:00")

        row.refresh_from_db()
        assert (row.best_of, row.scheduled_at.hour) == (3, 20)
        assert errors(change(organiser, row, best_of=4))["best_of"]

    def test_the_bracket_is_not_written(self, organiser):
        row = first_series(running_tournament())

        change(organiser, row, winner=row.team_a_id, status="finished", score_a=1)

        row.refresh_from_db()
        assert (row.winner_id, row.status, row.score_a) == (None, "ready", None)
        assert organiser.post(page(Series, "delete", row.pk), {"post": "yes"}).status_code == 403

    def test_the_organiser_says_how_it_ended_and_the_winner_goes_on(self, organiser):
        tournament = running_tournament()
        row = first_series(tournament)

        change(organiser, row, ended="played", won_a=1, won_b=0)

        row.refresh_from_db()
        assert (row.winner, row.decided_by) == (row.team_a, "report")
        final = tournament.series.get(round=2)
        assert row.team_a_id in {final.team_a_id, final.team_b_id}
        assert BracketChange.objects.latest("id").actor.username == "root"

    @pytest.mark.parametrize(
        ("ended", "outcome", "winner"),
        [
            ("walkover_a", "walkover", "team_a_id"),
            ("walkover_b", "walkover", "team_b_id"),
            ("double_forfeit", "double_forfeit", None),
        ],
    )
    def test_or_that_it_was_not_played(self, organiser, ended, outcome, winner):
        row = first_series(running_tournament())

        change(organiser, row, ended=ended)

        row.refresh_from_db()
        assert (row.outcome, row.winner_id) == (outcome, winner and getattr(row, winner))

    def test_a_score_that_cannot_be_is_refused(self, organiser):
        row = first_series(running_tournament())

        answer = change(organiser, row, ended="played", won_a=3, won_b=0)
        assert "cannot end 3:0" in errors(answer)["__all__"][0]
        answer = change(organiser, row, ended="played")
        assert len(errors(answer)["__all__"]) == 2
        answer = change(organiser, row, ended="open")
        assert errors(answer)["__all__"] == ["The series has no result to correct; report one."]

        row.refresh_from_db()
        assert row.status == "ready"

    def test_a_result_is_corrected_and_what_was_built_on_it_needs_force(self, organiser):
        tournament = running_tournament()
        judge = StaffFactory(username="judge")
        for number in range(3):
            row = tournament.series.order_by("id")[number]
            services.report(series=row, score=Score(1, 0), by=judge)
        row = first_series(tournament)
        corrected = {"ended": "played", "won_a": 0, "won_b": 1, "reason": "Misread."}

        refused = change(organiser, row, **corrected)
        assert "has been played or reported since" in errors(refused)["__all__"][0]
        change(organiser, row, **corrected, force="on")

        row.refresh_from_db()
        assert row.winner == row.team_b
        noted = BracketChange.objects.latest("id")
        assert (noted.action, noted.reason) == ("correct", "Misread.")
        assert tournament.series.get(round=2).status == "ready"

    def test_reports_are_confirmed_from_the_list(self, organiser):
        row, other = running_tournament().series.filter(round=1)
        services.report(series=row, score=Score(0, 1), by=row.team_a.captain)

        lines = said(do(organiser, "confirm", row, other))

        row.refresh_from_db()
        assert row.winner == row.team_b
        assert f"{other}: There is no report to confirm or dispute." in lines

    def test_the_list_is_of_one_tournament(self, organiser):
        tournament, other = running_tournament(2), running_tournament(4)

        shown = organiser.get(page(Series, "changelist"), {"tournament": tournament.pk})

        assert {row.tournament for row in shown.context["cl"].result_list} == {tournament}
        assert str(other) in shown.content.decode()
        assert organiser.get(page(Series, "changelist"), {"tournament": "x"}).status_code == 200


class TestGames:
    def test_a_game_makes_the_score(self, organiser):
        row = first_series(running_tournament())
        match = MatchFactory(radiant_win=False)

        fields = {"tournament": row.tournament_id, "series": row.pk, "match": match.pk}
        add(organiser, Game, **fields, radiant=row.team_a_id, dire=row.team_b_id)

        game = Game.objects.get()
        assert (game.winner, game.duration) == (row.team_b, match.duration)
        row.refresh_from_db()
        assert (row.winner, row.decided_by) == (row.team_b, "games")

    def test_what_the_rules_refuse_is_said_by_field(self, organiser):
        row = first_series(running_tournament())
        stranger = TeamFactory()

        fields = {"tournament": row.tournament_id, "series": row.pk}
        answer = add(organiser, Game, **fields, radiant=row.team_a_id, dire=stranger.pk)

        assert "The tournament has no such team." in errors(answer)["dire"]
        assert not Game.objects.exists()

    def test_a_changed_game_changes_the_result_and_a_deleted_one_takes_it_back(self, organiser):
        row = first_series(running_tournament())
        fields = {"tournament": row.tournament_id, "series": row.pk, "winner": row.team_a_id}
        add(organiser, Game, **fields, radiant=row.team_a_id, dire=row.team_b_id)
        game = Game.objects.get()

        change(organiser, game, winner=row.team_b_id)
        row.refresh_from_db()
        assert row.winner == row.team_b

        organiser.post(page(Game, "delete", game.pk), {"post": "yes"})
        row.refresh_from_db()
        assert (row.winner, row.status) == (None, "ready")

    def test_a_game_that_others_were_built_on_stays(self, organiser):
        tournament = running_tournament()
        row = first_series(tournament)
        fields = {"tournament": tournament.pk, "series": row.pk, "winner": row.team_a_id}
        add(organiser, Game, **fields, radiant=row.team_a_id, dire=row.team_b_id)
        judge = StaffFactory(username="judge")
        for other in tournament.series.exclude(pk=row.pk).order_by("id"):
            services.report(series=other, score=Score(1, 0), by=judge)
        game = Game.objects.get()

        refused = change(organiser, game, winner=row.team_b_id)
        assert "has been played or reported since" in errors(refused)["__all__"][0]
        answer = organiser.post(page(Game, "delete", game.pk), {"post": "yes"}, follow=True)
        assert "has been played or reported since" in said(answer)[0]
        assert Game.objects.get().winner == row.team_a

        change(organiser, game, winner=row.team_b_id, force="on")
        row.refresh_from_db()
        assert row.winner == row.team_b


class TestSettlements:
    def settlement(self):
        row = first_series(running_tournament())
        return SettlementFactory(series=row)

    def test_a_match_is_recorded_and_taken_back_from_the_list(self, organiser):
        settlement = self.settlement()

        do(organiser, "accept", settlement)
        settlement.refresh_from_db()
        assert settlement.status == Settlement.Status.RECORDED
        assert settlement.series.winner == settlement.series.team_a
        assert BracketChange.objects.latest("id").actor.username == "root"

        do(organiser, "dismiss", settlement)
        settlement.refresh_from_db()
        assert settlement.status == Settlement.Status.DISMISSED
        assert not Game.objects.exists()
        assert "settled this already" in said(do(organiser, "dismiss", settlement))[0]

    def test_the_list_says_what_is_not_sure(self, organiser):
        settlement = self.settlement()

        shown = organiser.get(page(Settlement, "changelist")).content.decode()

        assert settlement.evidence["doubts"][0] in shown


def test_what_was_done_is_only_looked_at(organiser):
    running_tournament()
    row = BracketChange.objects.get()

    assert organiser.get(page(BracketChange, "change", row.pk)).status_code == 200
    for name in ("change", "delete"):
        url = page(BracketChange, name, row.pk)
        assert organiser.post(url, {"post": "yes", "reason": "x"}).status_code == 403
    assert organiser.post(page(BracketChange, "add"), {}).status_code == 403


def test_staff_who_may_only_look_do_only_that(client):
    clerk = StaffFactory()
    looks = Permission.objects.filter(codename__startswith="view_")
    clerk.user_permissions.set(looks)
    client.force_login(clerk)
    tournament = running_tournament()
    row, team = first_series(tournament), tournament.teams.first()
    draft = TournamentFactory()
    TeamFactory.create_batch(2, tournament=draft)

    for model, found in ((Tournament, tournament), (Team, team), (Series, row)):
        assert client.get(page(model, "changelist")).status_code == 200
        url = page(model, "change", found.pk)
        assert client.get(url).status_code == 200
        assert client.post(url, {"name": "x", "ended": "walkover_a"}).status_code == 403
    do(client, "start", draft)
    client.post(page(Team, "change", team.pk), {"name": "x", "playing": "disqualify"})

    draft.refresh_from_db()
    row.refresh_from_db()
    assert (draft.status, row.status) == ("registration", "ready")
    assert not Team.objects.exclude(disqualified_at=None).exists()
