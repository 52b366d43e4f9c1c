"""A result is put right: what it costs is said before, done at once, and kept."""

from itertools import count

import pytest

from app.tournaments import services
from app.tournaments.models import BracketChange, Game, Series, Tournament
from app.tournaments.services import Order, Score
from tests.factories import TeamFactory, TournamentFactory, running_tournament
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

SHOWN = [
    "id",
    "team_a_id",
    "team_b_id",
    "score_a",
    "score_b",
    "winner_id",
    "status",
    "outcome",
    "decided_by",
    "reported_score_a",
    "reported_score_b",
]
"""The columns of a series that consequences show."""

FORMATS = {
    "single elimination": (7, {"third_place": True}),
    "double elimination": (6, {"tournament_type": "double_elimination"}),
    "groups": (
        6,
        {
            "tournament_type": "round_robin",
            "groups": 2,
            "playoff": "double_elimination",
            "qualifiers": 2,
        },
    ),
    "swiss": (5, {"tournament_type": "swiss", "playoff": "single_elimination", "qualifiers": 4}),
}


@pytest.fixture
def tournament(member):
    return running_tournament(4, organiser=member)


def path_of(tournament, name) -> str:
    return f"/api/series/{series(tournament, name).pk}/correct/"


def corrected(client, tournament, name, a=0, b=1, **body):
    """Correct a series and answer what that did."""
    body = {"score_a": a, "score_b": b, "reason": "It was the other way round."} | body
    response = client.post(path_of(tournament, name), body)
    assert response.status_code == 200, response.json()
    return response.json()


def rows(tournament):
    return {row["id"]: row for row in tournament.series.values(*SHOWN)}


def shown(row):
    return row and {name: row[name] for name in SHOWN}


def differences(before, after):
    """Answer what each row was and is, where that is not the same."""
    return [
        (before.get(pk), after.get(pk))
        for pk in sorted({*before, *after})
        if before.get(pk) != after.get(pk)
    ]


def listed(consequences):
    pairs = [(shown(each["before"]), shown(each["after"])) for each in consequences["series"]]
    return sorted(pairs, key=lambda pair: (pair[0] or pair[1])["id"])


class TestCorrect:
    def test_another_goes_on_instead(self, member_api, member, tournament):
        decide(tournament, "Series 1.1")
        decide(tournament, "Series 1.2")
        before = rows(tournament)

        found = corrected(member_api, tournament, "Series 1.1")

        row = series(tournament, "Series 1.1")
        assert (row.score_a, row.score_b, row.winner) == (0, 1, row.team_b)
        assert teams(series(tournament, "Series 2.1")) == ["Team 4", "Team 2"]
        assert listed(found) == differences(before, rows(tournament))
        assert [each["before"]["name"] for each in found["series"]] == ["Series 1.1", "Series 2.1"]
        assert (found["games"], found["lost"]) == ([], [])
        assert found["version"] == Tournament.objects.get().version == 4
        one, four = row.team_a, row.team_b
        # Who was out already has their place back.
        assert [
            (each["team_id"], each["before"], each["after"]) for each in found["standings"]
        ] == [
            (one.pk, None, {"rank": 3, "rank_to": 4}),
            (four.pk, {"rank": 3, "rank_to": 4}, None),
        ]

    def test_who_when_why_and_what_is_kept(self, member_api, member, tournament):
        decide(tournament, "Series 1.1")

        found = corrected(member_api, tournament, "Series 1.1", reason="A typing error.")

        change = BracketChange.objects.order_by("id").last()
        assert (change.action, change.actor, change.reason) == (
            "correct",
            member,
            "A typing error.",
        )
        assert change.series == series(tournament, "Series 1.1")
        assert change.before["series"] == [each["before"] for each in found["series"]]
        assert change.after["series"] == [each["after"] for each in found["series"]]

    @pytest.mark.parametrize("who", ["member_api", "staff_api"])
    @pytest.mark.parametrize("outcome", ["walkover", "double_forfeit"])
    def test_into_a_forfeit(self, request, tournament, who, outcome):
        decide(tournament, "Series 1.1")
        winner = series(tournament, "Series 1.1").team_b

        corrected(
            request.getfixturevalue(who),
            tournament,
            "Series 1.1",
            outcome=outcome,
            winner_id=winner.pk,
        )

        row = series(tournament, "Series 1.1")
        assert row.outcome == outcome
        assert row.winner == (winner if outcome == "walkover" else None)

    def test_the_same_result_again_changes_nothing_of_the_bracket(self, member_api, tournament):
        decide(tournament, "Series 1.1")
        before = rows(tournament)

        found = corrected(member_api, tournament, "Series 1.1", 1, 0)

        assert (found["series"], found["standings"]) == ([], [])
        assert rows(tournament) == before

    def test_to_open_is_to_take_it_back(self, member_api, tournament):
        decide(tournament, "Series 1.1")
        found = corrected(member_api, tournament, "Series 1.1", outcome="open")

        row = series(tournament, "Series 1.1")
        assert (row.status, row.score_a, row.winner, row.outcome) == ("ready", None, None, "")
        assert row.finished_at is None
        assert teams(series(tournament, "Series 2.1")) == [None, None]
        assert len(found["series"]) == 2
        decide(tournament, "Series 1.1", 0, 1)
        assert teams(series(tournament, "Series 2.1")) == ["Team 4", None]

    def test_who_waits_for_a_rival_again_is_not_ready(self, member_api, tournament):
        decide(tournament, "Series 1.1")
        assert series(tournament, "Series 2.1").ready_at is None
        decide(tournament, "Series 1.2")
        assert series(tournament, "Series 2.1").ready_at is not None

        corrected(member_api, tournament, "Series 1.2", outcome="open")

        final = series(tournament, "Series 2.1")
        assert (teams(final), final.status) == (["Team 1", None], "waiting")
        assert final.ready_at is None

    def test_what_takes_back_needs_no_score(self, member_api, tournament):
        decide(tournament, "Series 1.1")

        response = member_api.post(
            path_of(tournament, "Series 1.1"), {"outcome": "open", "reason": "Too early."}
        )

        assert response.status_code == 200


class TestRefused:
    @pytest.mark.parametrize("status", ["ready", "reported", "waiting"])
    def test_what_has_no_result_is_reported(self, member_api, tournament, status):
        row = series(tournament, "Series 1.1")
        if status == "reported":
            services.report(series=row, score=Score(1, 0), by=row.team_a.captain)
        name = "Series 2.1" if status == "waiting" else "Series 1.1"

        with nothing_changes():
            body = {"score_a": 1, "score_b": 0, "reason": "x"}
            refused(member_api.post(path_of(tournament, name), body), "series_not_finished")

    def test_a_bye_follows_from_the_bracket(self, member_api, tournament):
        decide(tournament, "Series 1.1", outcome="double_forfeit")
        decide(tournament, "Series 1.2")

        with nothing_changes():
            for body in ({"score_a": 1, "score_b": 0}, {"outcome": "open"}):
                body |= {"reason": "x", "force": True}
                response = member_api.post(path_of(tournament, "Series 2.1"), body)
                refused(response, "series_not_decided")

    def test_so_does_a_forfeit_of_who_is_out_but_what_was_played_can_be_told(
        self, member_api, member, tournament
    ):
        team = series(tournament, "Series 1.1").team_b
        services.disqualify_team(team=team, order=Order(member))

        with nothing_changes():
            body = {"outcome": "open", "reason": "x"}
            detail = refused(
                member_api.post(path_of(tournament, "Series 1.1"), body), "series_not_decided"
            )
            assert detail.endswith("reinstate the team instead.")
        corrected(member_api, tournament, "Series 1.1", 0, 1)
        row = series(tournament, "Series 1.1")
        assert (row.winner, row.outcome, row.decided_by) == (team, "played", "report")
        # And forfeits the next one.
        decide(tournament, "Series 1.2")
        assert series(tournament, "Series 2.1").outcome == "walkover"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"score_a": 1, "score_b": 0}, "reason"),
            ({"score_a": 1, "score_b": 0, "reason": ""}, "reason"),
            ({"score_a": 1, "score_b": 0, "reason": "x" * 501}, "reason"),
            ({"reason": "x"}, "score_a"),
            ({"score_a": 1, "score_b": 1, "reason": "x"}, "non_field_errors"),
            ({"score_a": 2, "score_b": 0, "reason": "x"}, "non_field_errors"),
            ({"outcome": "walkover", "reason": "x"}, "winner_id"),
            ({"outcome": "lost", "reason": "x"}, "outcome"),
            ({"score_a": 1, "score_b": 0, "reason": "x", "version": -1}, "version"),
            ({"score_a": 1, "score_b": 0, "reason": "x", "force": "maybe"}, "force"),
        ],
    )
    def test_what_makes_no_result_is_said_by_field(self, member_api, tournament, body, field):
        decide(tournament, "Series 1.1")

        with nothing_changes():
            details = invalid(member_api.post(path_of(tournament, "Series 1.1"), body))
            assert next(iter(details)) == field

    def test_a_dry_run_is_so_or_not(self, member_api, tournament):
        decide(tournament, "Series 1.1")
        body = {"score_a": 0, "score_b": 1, "reason": "x"}

        with nothing_changes():
            path = f"{path_of(tournament, 'Series 1.1')}?dry_run=maybe"
            assert [*invalid(member_api.post(path, body))] == ["dry_run"]

    def test_thought_out_for_another_version_it_is_refused(self, member_api, tournament):
        decide(tournament, "Series 1.1")
        body = {"score_a": 0, "score_b": 1, "reason": "x"}
        path = path_of(tournament, "Series 1.1")
        version = member_api.post(f"{path}?dry_run=true", body).json()["version"]
        decide(tournament, "Series 1.2")

        with nothing_changes():
            refused(member_api.post(path, body | {"version": version}), "bracket_changed")
            response = member_api.post(f"{path}?dry_run=true", body | {"version": version})
            refused(response, "bracket_changed")
        assert member_api.post(path, body | {"version": version + 1}).status_code == 200

    def test_nor_is_it_another_organisers(self, sign_in, tournament):
        decide(tournament, "Series 1.1")
        organiser = TournamentFactory().organiser
        body = {"score_a": 0, "score_b": 1, "reason": "x"}

        with nothing_changes():
            for query in ("", "?dry_run=true"):
                path = path_of(tournament, "Series 1.1") + query
                refused(sign_in(organiser).post(path, body), "permission_denied", 403)


class TestWhatFollowed:
    def test_what_was_played_on_that_ground_needs_force(self, member_api, tournament):
        play(tournament)
        body = {"score_a": 0, "score_b": 1, "reason": "x"}
        path = path_of(tournament, "Series 1.1")

        with nothing_changes():
            detail = refused(member_api.post(path, body), "results_followed")
            assert "lost or follow no more: Series 2.1. Only force" in detail

        found = member_api.post(path, body | {"force": True}).json()
        assert [row["name"] for row in found["lost"]] == ["Series 2.1"]
        final = series(tournament, "Series 2.1")
        assert (teams(final), final.status, final.score_a) == (["Team 4", "Team 2"], "ready", None)

    def test_a_result_that_changes_nobodys_way_needs_none(self, member_api, member):
        tournament = running_tournament(4, organiser=member, best_of=3)
        play(tournament, a=2, b=0)
        final = rows(tournament)[series(tournament, "Series 2.1").pk]

        corrected(member_api, tournament, "Series 1.1", 2, 1)

        assert rows(tournament)[final["id"]] == final

    @pytest.mark.parametrize("status", ["reported", "disputed"])
    def test_what_is_reported_since_would_be_lost_as_well(self, member_api, tournament, status):
        decide(tournament, "Series 1.1")
        decide(tournament, "Series 1.2")
        final = series(tournament, "Series 2.1")
        services.report(series=final, score=Score(1, 0), by=final.team_a.captain)
        if status == "disputed":
            services.dispute(series=final, by=final.team_b.captain)
        body = {"score_a": 0, "score_b": 1, "reason": "x"}

        with nothing_changes():
            path = path_of(tournament, "Series 1.1")
            refused(member_api.post(path, body), "results_followed")

        corrected(member_api, tournament, "Series 1.1", force=True)
        final = series(tournament, "Series 2.1")
        assert (final.status, final.reported_by, final.reported_score_a) == ("ready", None, None)
        assert teams(final) == ["Team 4", "Team 2"]

    def test_a_lower_bracket_follows_as_well(self, member_api, member):
        tournament = running_tournament(4, organiser=member, tournament_type="double_elimination")
        play(tournament)

        found = corrected(member_api, tournament, "Upper 1.1", force=True)

        assert [row["name"] for row in found["lost"]] == [
            "Upper 2.1",
            "Lower 1.1",
            "Lower 2.1",
            "Grand final",
        ]
        assert teams(series(tournament, "Upper 2.1")) == ["Team 4", "Team 2"]
        assert teams(series(tournament, "Lower 1.1")) == ["Team 1", "Team 3"]
        assert teams(series(tournament, "Lower 2.1")) == [None, None]
        assert tournament.series.filter(status__in=Series.OPEN).count() == 2

    def test_what_both_ways_lead_to_stays(self, member_api, member):
        # The third is out either way, and has lost to the same.
        tournament = running_tournament(4, organiser=member, third_place=True)
        for name in ("Series 1.1", "Series 1.2", "Third place"):
            decide(tournament, name)

        found = corrected(member_api, tournament, "Series 1.1", force=True)

        assert [row["name"] for row in found["lost"]] == ["Third place"]
        assert teams(series(tournament, "Third place")) == ["Team 1", "Team 3"]

    def test_groups_change_who_plays_on(self, member_api, member):
        tournament = running_tournament(
            6,
            organiser=member,
            tournament_type="round_robin",
            groups=2,
            playoff="single_elimination",
            qualifiers=1,
        )
        for row in tournament.series.filter(section="group"):
            # The stronger wins.
            a, b = (1, 0) if row.team_a.seed < row.team_b.seed else (0, 1)
            decide(tournament, row.name, a, b)
        final = series(tournament, "Series 1.1")
        assert teams(final) == ["Team 1", "Team 2"]
        row = next(
            each
            for each in tournament.series.filter(section="group", group=1)
            if {*teams(each)} == {"Team 1", "Team 4"}
        )
        a, b = (0, 1) if row.team_a.name == "Team 1" else (1, 0)

        found = corrected(member_api, tournament, row.name, a, b)

        # 1 and 4 have won one and two, and the last has lost both.
        assert teams(series(tournament, "Series 1.1")) == ["Team 4", "Team 2"]
        changed = {each["team_id"]: each["after"] for each in found["standings"]}
        four = tournament.teams.get(name="Team 4").pk
        assert changed[four] == {"group": 1, "group_rank": 1, "points": 4}

    def test_a_tournament_that_is_finished_runs_on_if_something_is_to_be_played(
        self, api, member_api, member, tournament
    ):
        play(tournament)
        services.finish_tournament(tournament=tournament, by=member)

        corrected(member_api, tournament, "Series 1.1", force=True)

        tournament.refresh_from_db()
        assert (tournament.status, tournament.finished_at) == ("running", None)
        assert api.get(f"/api/tournaments/{tournament.pk}/bracket/").json()["champion_id"] is None
        play(tournament)
        assert services.finish_tournament(tournament=tournament, by=member).finished_at

    def test_and_stays_finished_if_not(self, api, member_api, member, tournament):
        play(tournament)
        services.finish_tournament(tournament=tournament, by=member)

        found = corrected(member_api, tournament, "Series 2.1")

        tournament.refresh_from_db()
        assert tournament.status == "finished"
        assert found["version"] == tournament.version
        two = tournament.teams.get(name="Team 2")
        assert api.get(f"/api/tournaments/{tournament.pk}/bracket/").json()["champion_id"] == two.pk


class TestReset:
    @pytest.fixture
    def tournament(self, member):
        tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
        decide(tournament, "Upper 1.1")
        return tournament

    def test_it_comes_and_goes(self, member_api, tournament):
        decide(tournament, "Grand final")
        found = corrected(member_api, tournament, "Grand final")

        reset = series(tournament, "Grand final reset")
        [_, new] = found["series"]
        assert new == {"before": None, "after": new["after"]}
        assert (new["after"]["id"], new["after"]["name"]) == (reset.pk, "Grand final reset")

        found = corrected(member_api, tournament, "Grand final", 1, 0)

        [_, gone] = found["series"]
        assert gone == {"before": new["after"], "after": None}
        assert not tournament.series.filter(round=2, section="grand_final").exists()
        change = BracketChange.objects.order_by("id").last()
        assert gone["before"] in change.before["series"]
        assert len(change.after["series"]) == 1

    def test_one_that_was_played_needs_force_and_its_games_become_friendly(
        self, api, member_api, tournament
    ):
        decide(tournament, "Grand final", 0, 1)
        reset = series(tournament, "Grand final reset")
        body = {
            "tournament_id": tournament.pk,
            "series_id": reset.pk,
            "radiant_id": reset.team_a_id,
            "dire_id": reset.team_b_id,
            "winner_id": reset.team_b_id,
        }
        game = member_api.post("/api/games/", body).json()
        wrong = {"score_a": 1, "score_b": 0, "reason": "x"}

        with nothing_changes():
            response = member_api.post(path_of(tournament, "Grand final"), wrong)
            refused(response, "results_followed")

        found = corrected(member_api, tournament, "Grand final", 1, 0, force=True)

        assert found["games"] == [
            {
                "before": {"id": game["id"], "series_id": reset.pk, "winner_id": reset.team_b_id},
                "after": {"id": game["id"], "series_id": None, "winner_id": reset.team_b_id},
            }
        ]
        assert api.get(f"/api/games/{game['id']}/").json()["series_id"] is None
        change = BracketChange.objects.order_by("id").last()
        assert change.before["games"] == [found["games"][0]["before"]]
        assert change.after["games"] == [found["games"][0]["after"]]

    def test_it_is_not_corrected_away_by_itself(self, member_api, tournament):
        decide(tournament, "Grand final", 0, 1)
        decide(tournament, "Grand final reset", 1, 0)

        corrected(member_api, tournament, "Grand final reset", 0, 1)

        assert series(tournament, "Grand final reset").winner.name == "Team 2"


class TestSwiss:
    @pytest.fixture
    def tournament(self, member):
        return running_tournament(4, organiser=member, tournament_type="swiss", swiss_rounds=3)

    def met(self, tournament, number):
        return [teams(each) for each in tournament.series.filter(round=number).order_by("id")]

    def test_a_round_that_has_not_begun_is_paired_anew(self, member_api, tournament):
        # 1 beats 3, and 2 beats 4.
        decide(tournament, "Swiss 1.1")
        decide(tournament, "Swiss 1.2")
        assert self.met(tournament, 2) == [["Team 1", "Team 2"], ["Team 3", "Team 4"]]

        corrected(member_api, tournament, "Swiss 1.1")

        assert self.met(tournament, 2) == [["Team 2", "Team 3"], ["Team 1", "Team 4"]]

    def test_one_that_has_begun_stays_and_that_is_said(self, member_api, tournament):
        for name in ("Swiss 1.1", "Swiss 1.2", "Swiss 2.1"):
            decide(tournament, name)
        before = self.met(tournament, 2)
        body = {"score_a": 0, "score_b": 1, "reason": "x"}

        with nothing_changes():
            detail = refused(
                member_api.post(path_of(tournament, "Swiss 1.1"), body), "results_followed"
            )
            assert "Swiss 2.1" in detail

        found = corrected(member_api, tournament, "Swiss 1.1", force=True)
        assert self.met(tournament, 2) == before
        # It follows no more, and is a result all the same.
        assert [row["name"] for row in found["lost"]] == ["Swiss 2.1"]
        assert series(tournament, "Swiss 2.1").status == "finished"

    def test_a_score_that_pairs_nobody_otherwise_needs_no_force(self, member_api, member):
        tournament = running_tournament(
            4, organiser=member, tournament_type="swiss", best_of=3, swiss_rounds=2
        )
        for name in ("Swiss 1.1", "Swiss 1.2", "Swiss 2.1"):
            decide(tournament, name, 2, 0)

        found = corrected(member_api, tournament, "Swiss 1.1", 2, 1)

        assert found["lost"] == []

    def test_a_reported_result_goes_with_its_round(self, member_api, tournament):
        decide(tournament, "Swiss 1.1")
        decide(tournament, "Swiss 1.2")
        row = series(tournament, "Swiss 2.1")
        services.report(series=row, score=Score(1, 0), by=row.team_a.captain)
        body = {"score_a": 0, "score_b": 1, "reason": "x"}

        with nothing_changes():
            response = member_api.post(path_of(tournament, "Swiss 1.1"), body)
            refused(response, "results_followed")

    def test_a_result_taken_back_leaves_the_rounds_after_it_open(self, member_api, tournament):
        decide(tournament, "Swiss 1.1")
        decide(tournament, "Swiss 1.2")

        corrected(member_api, tournament, "Swiss 1.2", outcome="open")

        assert self.met(tournament, 2) == [[None, None], [None, None]]
        assert {row.status for row in tournament.series.filter(round=2)} == {"waiting"}


class TestDryRun:
    @pytest.fixture(params=FORMATS)
    def tournament(self, request, member):
        """One that is played, with a report or two that wait."""
        number, rules = FORMATS[request.param]
        tournament = running_tournament(number, organiser=member, **rules)
        turns = count()
        while ready := tournament.series.filter(status__in=Series.OPEN).order_by("id"):
            for row in ready:
                decide(tournament, row.name, *((1, 0) if next(turns) % 3 else (0, 1)))
        return tournament

    @pytest.mark.parametrize("outcome", ["played", "open", "double_forfeit"])
    def test_it_changes_nothing_and_lists_what_then_changes(self, member_api, tournament, outcome):
        for name in [row.name for row in tournament.series.filter(round=1).order_by("id")]:
            row = series(tournament, name)
            if row.outcome == "bye":
                continue
            body = {
                "score_a": row.score_b,
                "score_b": row.score_a,
                "outcome": outcome,
                "reason": "x",
                "force": True,
            }
            path = f"/api/series/{row.pk}/correct/"
            with nothing_changes():
                said = member_api.post(f"{path}?dry_run=true", body).json()
                # Without force as well: nothing is let go yet.
                again = member_api.post(f"{path}?dry_run=true", body | {"force": False}).json()
                assert again == said
            before, standing = rows(tournament), self.standing(member_api, tournament)

            done = member_api.post(path, body | {"version": said["version"]}).json()

            assert listed(done) == differences(before, rows(tournament))
            assert self.without_new_ids(said) == self.without_new_ids(done)
            after = self.standing(member_api, tournament)
            assert {each["team_id"] for each in done["standings"]} == {
                team for team in {*standing, *after} if standing.get(team) != after.get(team)
            }
            self.play_on(tournament)

    def without_new_ids(self, found):
        for each in found["series"]:
            if each["before"] is None:
                each["after"]["id"] = None
        return found | {"version": None}

    def standing(self, client, tournament):
        """Answer what the page says of each team: its group, rank and points, and its place."""
        page = client.get(f"/api/tournaments/{tournament.pk}/standings/").json()
        found = {}
        for group in page["groups"]:
            for row in group["rows"]:
                found[row["team_id"]] = (group["group"], row["rank"], row["points"])
        for place in page["places"]:
            ranks = (place["rank"], place["rank_to"])
            found[place["team_id"]] = (*found.get(place["team_id"], ()), *ranks)
        return found

    def play_on(self, tournament):
        play(tournament)
        assert not tournament.series.exclude(status="finished").exists()


class TestThereAndBack:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_correction_and_its_reversal_give_the_same_bracket(self, member_api, member, kind):
        """As far as nothing was built on it: what is lost is lost."""
        number, rules = FORMATS[kind]
        tournament = running_tournament(number, organiser=member, **rules)
        while ready := tournament.series.filter(status__in=Series.OPEN).order_by("id").first():
            decide(tournament, ready.name)
            before = course(tournament)
            path = f"/api/series/{ready.pk}/correct/"

            for body in (
                {"score_a": 0, "score_b": 1},
                {"outcome": "double_forfeit"},
                {"outcome": "open"},
            ):
                response = member_api.post(path, body | {"reason": "Wrong."})
                assert response.status_code == 200, response.json()
                assert course(tournament) != before
                if body == {"outcome": "open"}:
                    decide(tournament, ready.name)
                else:
                    right = {"score_a": 1, "score_b": 0, "reason": "Right."}
                    assert member_api.post(path, right).status_code == 200
                assert course(tournament) == before
        assert services.finish_tournament(tournament=tournament, by=member).finished_at

    def test_what_was_lost_played_again_gives_the_same_bracket(self, member_api, member):
        tournament = running_tournament(8, organiser=member, tournament_type="double_elimination")
        play(tournament)
        before = course(tournament)

        corrected(member_api, tournament, "Upper 1.1", force=True)
        assert tournament.series.exclude(status="finished").count() > 6
        corrected(member_api, tournament, "Upper 1.1", 1, 0)
        play(tournament)

        assert course(tournament) == before


def test_a_corrected_series_keeps_when_it_was_played(member_api, tournament):
    decide(tournament, "Series 1.1")
    decide(tournament, "Series 1.2")
    final, first = (series(tournament, name) for name in ("Series 2.1", "Series 1.1"))
    Series.objects.filter(pk=final.pk).update(scheduled_at=final.ready_at)

    corrected(member_api, tournament, "Series 1.1")

    assert series(tournament, "Series 1.1").finished_at == first.finished_at
    changed = series(tournament, "Series 2.1")
    # Others are ready only now, for a time that stays.
    assert changed.ready_at > final.ready_at
    assert changed.scheduled_at == final.ready_at


def test_a_rest_of_the_bracket_that_does_not_change_is_not_written(member_api, tournament):
    TeamFactory(tournament=tournament)
    decide(tournament, "Series 1.1")
    others = ("Series 1.1", "Series 1.2", "Series 2.1")
    before = [series(tournament, name).updated_at for name in others]

    corrected(member_api, tournament, "Series 1.1")

    after = [series(tournament, name).updated_at for name in others]
    assert [then < now for then, now in zip(before, after, strict=True)] == [True, False, True]
    assert not Game.objects.exists()
