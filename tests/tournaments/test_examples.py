"""What the schema shows of tournaments is what is answered: the examples, and what dictionaries
are said to hold.
"""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from app.tournaments import services
from app.tournaments.models import BracketChange, Series, Settlement, Team, Tournament
from app.tournaments.serializers import (
    BracketChangeSerializer,
    BracketSerializer,
    ConsequencesSerializer,
    CorrectSerializer,
    GameSerializer,
    SeedingSerializer,
    SeriesSerializer,
    SettlementSerializer,
    StandingsSerializer,
    StartedSerializer,
    SubstituteSerializer,
    TeamSerializer,
    TournamentSerializer,
)
from app.tournaments.serializers.changes import BracketStateSerializer
from app.tournaments.serializers.settlements import EvidenceSerializer
from app.tournaments.services import Order, Score
from tests.factories import (
    MatchFactory,
    MatchPlayerFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    running_tournament,
)
from tests.tournaments.steps import decide, play, refused, series

pytestmark = pytest.mark.django_db

CUP = TournamentSerializer.example
WHEN = {"scheduled_at", "ready_at", "started_at", "finished_at", "created_at", "updated_at"}
"""What differs between an example and what happens today."""
BY_WHOM = {"id", "actor", "organiser"}


def next_id(model, number):
    """Let the next row have this id."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)"
            cursor.execute(sequence, [table, number])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, number - 1])


def without(row, names):
    return {name: value for name, value in row.items() if name not in names}


@pytest.fixture
def signed_up(member):
    rules = without(CUP, {*WHEN, "organiser", "seeding", "version"})
    tournament = TournamentFactory(organiser=member, **rules)
    for team in SeedingSerializer.example["teams"]:
        present = None if team["seed"] is None else timezone.now()
        TeamFactory(tournament=tournament, **without(team, {"seed"}), checked_in_at=present)
    # Those above have taken ids that a sequence may come to yet.
    for model in (Tournament, Team):
        next_id(model, 1_000)
    return tournament


@pytest.fixture
def cup(member_api, signed_up):
    """The Winter Cup where the examples have it: Night Owls have won the first semi-final."""
    path = f"/api/tournaments/{signed_up.pk}/"
    [first, *_] = BracketSerializer.example["sections"][0]["rounds"][0]["series"]
    next_id(Series, first["id"])
    wanted = without(SeedingSerializer.example, {"teams"})
    seeded = member_api.post(f"{path}seeding/", wanted).json()
    assert seeded == without(SeedingSerializer.example, {"team_ids"})
    started = member_api.post(f"{path}start/").json()
    assert started["warnings"] == StartedSerializer.example["warnings"]
    expected = without(StartedSerializer.example["tournament"], WHEN | BY_WHOM)
    assert without(started["tournament"], WHEN | BY_WHOM) == expected
    tournament = Tournament.objects.get(pk=signed_up.pk)
    decide(tournament, "Group A 1.1")
    decide(tournament, "Group B 1.1")
    decide(tournament, "Series 1.1", 2, 1)
    return tournament


class TestExamples:
    def test_a_tournament_can_be_made_like_that(self, member_api):
        response = member_api.post("/api/tournaments/", CUP)

        assert response.status_code == 201
        assert without(response.json(), WHEN | BY_WHOM) == without(CUP, WHEN | BY_WHOM)

    def test_its_bracket_and_its_standings_are_answered(self, api, cup):
        path = f"/api/tournaments/{cup.pk}/"

        page = api.get(f"{path}bracket/").json()
        assert page == BracketSerializer.example
        decide(cup, "Series 1.2", 2, 0)
        assert api.get(f"{path}standings/").json() == StandingsSerializer.example

    def test_its_semi_final_is_answered(self, api, cup):
        example = SeriesSerializer.example

        found = api.get(f"/api/series/{example['id']}/").json()

        assert without(found, WHEN) == without(example, WHEN)
        assert found.keys() == example.keys()

    def test_a_correction_of_it_comes_to_that(self, member_api, cup):
        example = BracketChangeSerializer.example
        path = f"/api/series/{example['series_id']}/correct/"
        decide(cup, "Series 1.2", 2, 0)

        said = member_api.post(f"{path}?dry_run=true", CorrectSerializer.example).json()

        assert said == ConsequencesSerializer.example
        assert member_api.post(path, CorrectSerializer.example).status_code == 200
        [change, *_] = member_api.get(f"/api/tournaments/{cup.pk}/changes/").json()["results"]
        assert without(change, WHEN | BY_WHOM) == without(example, WHEN | BY_WHOM)

    def test_a_game_of_it_can_be_added_like_that(self, member_api, cup):
        example = GameSerializer.example
        MatchFactory(match_id=example["match_id"])

        response = member_api.post("/api/games/", without(example, {"id"}))

        assert response.status_code == 201
        assert without(response.json(), WHEN | {"id"}) == without(example, WHEN | {"id"})

    def test_the_others_are_of_the_same_tournament(self, cup):
        team, settlement = TeamSerializer.example, SettlementSerializer.example
        semi_final = series(cup, "Series 1.1")

        assert Team.objects.filter(tournament=cup, seed=team["seed"]).get().name == team["name"]
        assert settlement["series_id"] == semi_final.pk
        evidence = settlement["evidence"]
        assert [evidence[side]["team_id"] for side in ("team_a", "team_b")] == [
            semi_final.team_a_id,
            semi_final.team_b_id,
        ]
        decide(cup, "Series 1.2", 2, 0)
        assert Tournament.objects.get().version == SubstituteSerializer.example["version"]
        reserve = Team.objects.get(pk=SubstituteSerializer.example["team_id"])
        assert (reserve.tournament, reserve.seed) == (cup, None)


class TestDictionaries:
    """A serializer leaves out what it does not name, and refuses to write what is not there."""

    def told(self, found):
        said = ConsequencesSerializer(found).data
        assert said == asdict(found)
        change = BracketChange.objects.latest("id")
        for kept in (change.before, change.after):
            assert BracketStateSerializer(kept).data == kept
        return said

    def test_of_a_correction_that_lets_games_go(self, member):
        tournament = running_tournament(4, organiser=member, tournament_type="double_elimination")
        play(tournament)
        final = series(tournament, "Upper 2.1")
        services.create_game(
            tournament_id=tournament.pk,
            radiant=final.team_a,
            dire=final.team_b,
            series_id=final.pk,
            order=Order(member),
        )
        semi_final = series(tournament, "Upper 1.1")

        said = self.told(
            services.correct(series=semi_final, score=Score(0, 1), order=Order(member, force=True))
        )

        assert all(said[name] for name in ("series", "games", "standings", "lost"))

    def test_of_a_series_that_comes_and_one_that_goes(self, member):
        tournament = running_tournament(2, organiser=member, tournament_type="double_elimination")
        decide(tournament, "Upper 1.1")
        decide(tournament, "Grand final")
        final = series(tournament, "Grand final")

        other = services.correct(series=final, score=Score(0, 1), order=Order(member, dry_run=True))
        assert ConsequencesSerializer(other).data["series"][-1]["after"]["id"] is None
        came = self.told(services.correct(series=final, score=Score(0, 1), order=Order(member)))
        gone = self.told(services.correct(series=final, score=Score(1, 0), order=Order(member)))

        assert came["series"][-1]["before"] is None
        assert gone["series"][-1]["after"] is None

    def test_of_a_team_that_is_put_out(self, member):
        tournament = running_tournament(4, organiser=member, tournament_type="round_robin")

        said = self.told(
            services.disqualify_team(team=tournament.teams.get(seed=4), order=Order(member))
        )

        assert [each["after"]["is_out"] for each in said["teams"]] == [True]

    def test_of_a_seed_that_is_given_to_another(self, member, member_api, outsider_api):
        tournament = running_tournament(4, organiser=member)
        four, reserve = tournament.teams.get(seed=4), TeamFactory(tournament=tournament)
        path = f"/api/teams/{four.pk}/substitute/?dry_run=true"
        body = {"team_id": reserve.pk}

        refused(outsider_api.post(path, body), "permission_denied", 403)
        said = member_api.post(path, body).json()

        seed = {"seed": 4, "is_out": False}
        assert said["teams"] == [
            {
                "before": {"id": four.pk, "name": "Team 4", **seed},
                "after": {"id": reserve.pk, "name": reserve.name, **seed},
            }
        ]
        assert said == self.told(
            services.substitute_team(team=four, substitute=reserve, order=Order(member))
        ) | {"version": said["version"]}

    def test_of_what_speaks_for_a_match(self, member):
        tournament = TournamentFactory(organiser=member)
        match = MatchFactory(start_time=timezone.now() - timedelta(hours=1))
        for seed, first in ((1, 0), (2, 128)):
            team = TeamFactory(tournament=tournament, seed=seed)
            for slot, each in enumerate(TeamMemberFactory.create_batch(5, team=team)):
                MatchPlayerFactory(match=match, player_slot=first + slot, member=each.member)
        services.start_tournament(tournament=tournament, by=member)
        tournament.series.update(ready_at=match.start_time)

        services.settle_games()

        evidence = Settlement.objects.get().evidence
        assert EvidenceSerializer(evidence).data == evidence
