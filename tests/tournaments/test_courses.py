"""Whatever is done to a bracket, in whatever order: its rows are what follows from its results."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from app.core.errors import Conflict
from app.tournaments import exports, representations, services
from app.tournaments.board import Board
from app.tournaments.bracket import svg
from app.tournaments.models import Game, Series, Team, Tournament
from app.tournaments.services import Order, Score
from tests.factories import TeamFactory, UserFactory, running_tournament
from tests.tournaments.steps import stored

pytestmark = pytest.mark.django_db

STEPS = 40
FORMATS: dict[str, dict[str, Any]] = {
    "single": {"third_place": True, "best_of": 3},
    "double": {"tournament_type": "double_elimination"},
    "groups": {
        "tournament_type": "round_robin",
        "groups": 2,
        "best_of_rounds": [{"section": "group", "best_of": 2}],
        "playoff": "double_elimination",
        "qualifiers": 2,
    },
    "swiss": {
        "tournament_type": "swiss",
        "best_of_rounds": [{"section": "swiss", "best_of": 2}],
        "playoff": "single_elimination",
        "qualifiers": 4,
    },
}


class _Course:
    """A tournament to which anything is done that its organiser and captains can ask for."""

    def __init__(self, tournament: Tournament, number: int) -> None:
        self.tournament, self.random = tournament, Random(number)
        self.organiser = UserFactory.create(is_staff=True)

    def step(self) -> str:
        # What is played is asked for more often than what undoes it.
        kinds: list[Callable[[], Any]] = [
            *[self.report] * 8,
            *[self.captain] * 4,
            *[self.game] * 4,
            *[self.correct] * 3,
            self.disqualify,
            self.reinstate,
            self.substitute,
            self.finish,
        ]
        kind = self.random.choice(kinds)
        write = kind()
        if write is None:
            return "nothing to do"
        before = stored()
        try:
            write()
        except (Conflict, ValidationError, PermissionDenied) as refusal:
            assert stored() == before
            return f"{kind.__name__} refused: {refusal}"
        order = write.keywords.get("order")
        if not (order and order.force):
            series_id = _series_id(write.keywords)
            was = _given(before)
            now = _given(stored())
            assert [pk for pk in was if pk != series_id and now.get(pk) != was[pk]] == []
        return kind.__name__

    def report(self):
        if row := self._any(self.tournament.series.filter(status__in=Series.OPEN)):
            return partial(services.report, series=row, score=self._score(row), by=self.organiser)
        return None

    def captain(self):
        if row := self._any(
            self.tournament.series.filter(status__in=Series.OPEN).select_related("team_a", "team_b")
        ):
            captain = self.random.choice([row.team_a.captain, row.team_b.captain])
            say = partial(services.report, score=self._score(row))
            ask = self.random.choice([say, services.confirm, services.dispute])
            return partial(ask, series=row, by=captain)
        return None

    def game(self):
        if (game := self._any(Game.objects.all())) and self.random.random() < 0.4:
            if self.random.random() < 0.5:
                return partial(services.delete_game, game=game, order=self._order())
            winner_id = self.random.choice([None, game.radiant_id, game.dire_id])
            return partial(
                services.update_game, game=game, order=self._order(), winner_id=winner_id
            )
        if row := self._any(self.tournament.series.filter(team_a__gt=0, team_b__gt=0)):
            a, b = self.random.sample([row.team_a, row.team_b], 2)
            return partial(
                services.create_game,
                tournament_id=self.tournament.pk,
                radiant=a,
                dire=b,
                order=self._order(),
                series_id=row.pk,
                winner_id=a.pk,
            )
        return None

    def correct(self):
        if row := self._any(self.tournament.series.filter(status="finished")):
            score = self.random.choice([None, self._score(row), self._score(row)])
            return partial(services.correct, series=row, score=score, order=self._order())
        return None

    def disqualify(self):
        team = self._any(self.tournament.teams.all())
        return partial(services.disqualify_team, team=team, order=self._order())

    def reinstate(self):
        if team := self._any(self.tournament.teams.exclude(disqualified_at=None)):
            return partial(services.reinstate_team, team=team, order=self._order())
        return None

    def substitute(self):
        one, other = (self._any(self.tournament.teams.all()) for _ in range(2))
        return partial(services.substitute_team, team=one, substitute=other, order=self._order())

    def finish(self):
        return partial(services.finish_tournament, tournament=self.tournament, by=self.organiser)

    def _any(self, rows):
        found = list(rows.order_by("id"))
        return self.random.choice(found) if found else None

    def _order(self) -> Order:
        return Order(self.organiser, reason="Chance.", force=self.random.random() < 0.7)

    def _score(self, row: Series) -> Score:
        needed = row.best_of // 2 + 1
        loser = self.random.randrange(row.best_of - needed + 1)
        winner_id = self.random.choice([row.team_a_id, row.team_b_id])
        return self.random.choice(
            [
                *[Score(needed, loser), Score(loser, needed)] * 4,
                *[Score(row.best_of // 2, row.best_of // 2)] * 2,
                Score(outcome="walkover", winner_id=winner_id),
                Score(outcome="double_forfeit"),
            ]
        )


def _series_id(keywords: dict[str, Any]) -> int | None:
    """Answer which series is meant."""
    if "series_id" in keywords:
        found: int = keywords["series_id"]
        return found
    row = keywords.get("series") or keywords.get("game")
    return row.pk if isinstance(row, Series) else row and row.series_id


def _given(rows: dict[str, list[dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """Answer the results that people or games have decided, which nobody loses unasked."""
    return {
        row["id"]: {name: row[name] for name in ("team_a_id", "team_b_id", "score_a", "winner_id")}
        for row in rows["Series"]
        if row["status"] == "finished" and row["decided_by"] != "bracket"
    }


def verify(tournament: Tournament) -> None:
    """The rows are what follows from what is known of them, and they can be shown."""
    tournament.refresh_from_db()
    board = Board.load(tournament)
    changes = board.update_rows(board.resolve(), timezone.now())
    assert (changes.changed, changes.gone) == ([], [])
    assert not any(not game.series or _is_of_others(game) for game in _games(tournament))
    if tournament.status == Tournament.Status.FINISHED:
        assert not tournament.series.exclude(status="finished").exists()


def show(tournament: Tournament) -> None:
    page = representations.bracket(Board.load(tournament))
    assert svg.render(page, theme="auto")
    assert representations.standings(Board.load(tournament))
    assert exports.brackets_manager(Board.load(tournament))


def _games(tournament: Tournament):
    return tournament.games.exclude(series=None).select_related("series")


def _is_of_others(game: Game) -> bool:
    assert game.series
    return {game.radiant_id, game.dire_id} != {game.series.team_a_id, game.series.team_b_id}


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("kind", FORMATS)
def test_the_rows_follow_from_the_results(kind, number):
    tournament = running_tournament(5 + number, **FORMATS[kind])
    TeamFactory.create_batch(2, tournament=tournament)
    course = _Course(tournament, number)
    done = []

    for _ in range(STEPS):
        done.append(course.step())
        try:
            verify(tournament)
        except AssertionError:
            pytest.fail("\n".join(done))
    show(tournament)

    assert Team.objects.filter(tournament=tournament).count() == 7 + number
