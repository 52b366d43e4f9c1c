"""A tournament from its draft to its end."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.tournaments.board import Board
from app.tournaments.bracket.build import build
from app.tournaments.bracket.seeding import by_rating, shuffled
from app.tournaments.bracket.structure import STAGES, ImpossibleBracket
from app.tournaments.errors import (
    ImpossibleFormat,
    SeriesOpen,
    TournamentHasTeams,
    TournamentNotOpen,
    TournamentStarted,
)
from app.tournaments.models import Team, Tournament
from app.tournaments.models.tournament import LARGEST_NUMBER
from app.tournaments.services.brackets import (
    Action,
    Consequences,
    Order,
    locked,
    locked_running,
    note,
    write,
)

Status = Tournament.Status

# What can change while a tournament is being played.
ALWAYS = {"name", "description", "rules", "organiser", "event", "event_id", "steam_league_id"}
# What is answered of a bracket stays well below the 6 MB that Lambda answers at most.
MOST_SERIES = 5_000


@transaction.atomic
def create_tournament(*, organiser: User, **fields: Any) -> Tournament:
    """Announce a tournament, or draft one. Raises ValidationError for rules that clash."""
    tournament = Tournament(organiser=organiser, **fields)
    _refuse_clashes(tournament, {"status"} & fields.keys())
    tournament.save()
    return tournament


@transaction.atomic
def update_tournament(*, tournament: Tournament, **changes: Any) -> Tournament:
    """Change a tournament. Raises ValidationError for rules that clash; TournamentStarted for what
    stays once it has; TournamentHasTeams when it is to be a draft again; TournamentDeleted.
    """
    current = locked(tournament.pk)
    changed = {name for name, value in changes.items() if getattr(current, name) != value}
    if current.has_started and changed - ALWAYS:
        raise TournamentStarted
    for name in changed:
        setattr(current, name, changes[name])
    _refuse_clashes(current, changed)
    if "status" in changed and current.status == Status.DRAFT and current.teams.exists():
        raise TournamentHasTeams
    if "max_teams" in changed and current.teams.count() > current.max_teams:
        raise TournamentHasTeams("More teams than that have signed up.")
    current.save(update_fields={*changed, "updated_at"})
    return current


def delete_tournament(*, tournament: Tournament) -> None:
    """Delete the tournament with its teams, its bracket and its games."""
    tournament.delete()


@transaction.atomic
def seed_teams(
    *,
    tournament: Tournament,
    seeding: str,
    team_ids: Sequence[int] | None = None,
    number: int | None = None,
) -> list[Team]:
    """Seed the teams: those named in their order, by their ratings, or at random.

    A random order is made from a number that is recorded, and drawn if none is given. Answers the
    teams in their order, those without a seed last. Raises ValidationError, TournamentStarted.
    """
    tournament = locked(tournament.pk)
    if tournament.has_started:
        raise TournamentStarted("Seeding is locked once the tournament has started.")
    teams = {team.pk: team for team in tournament.teams.order_by("id")}
    match seeding:
        case Tournament.Seeding.RANDOM:
            number = secrets.randbelow(LARGEST_NUMBER + 1) if number is None else number
            order = shuffled([*teams], number)
        case Tournament.Seeding.RATING:
            order = by_rating({team.pk: team.rating for team in teams.values()})
        case _:
            if team_ids is None:
                raise ValidationError({"team_ids": "Name the teams, the strongest first."})
            order = list(team_ids)
            if len({*order}) < len(order) or not teams.keys() >= {*order}:
                raise ValidationError({"team_ids": "Name teams of the tournament, each once."})
    for team in teams.values():
        team.seed = None
    _write_seeds(tournament, [teams[team_id] for team_id in order])
    tournament.seeding = seeding
    tournament.seeding_number = number if seeding == Tournament.Seeding.RANDOM else None
    tournament.save(update_fields=["seeding", "seeding_number", "updated_at"])
    return sorted(teams.values(), key=_by_seed)


@dataclass(frozen=True, slots=True)
class Started:
    tournament: Tournament
    warnings: list[str]


@transaction.atomic
def start_tournament(*, tournament: Tournament, by: User) -> Started:
    """Lock the seeding and draw the bracket; say what the organiser may not have meant.

    Teams without a seed come after those with one, in the order in which they signed up. Raises
    TournamentNotOpen, TournamentStarted, ImpossibleFormat.
    """
    tournament = locked(tournament.pk)
    if tournament.has_started:
        raise TournamentStarted("The tournament has started already.")
    if tournament.status == Status.DRAFT:
        raise TournamentNotOpen
    everyone = sorted(tournament.teams.order_by("id"), key=_by_seed)
    teams = [team for team in everyone if team.checked_in_at or not tournament.check_in]
    try:
        bracket = build(tournament.bracket_rules(), len(teams))
    except ImpossibleBracket as error:
        raise ImpossibleFormat(str(error)) from None
    if len(bracket.series) > MOST_SERIES:
        raise ImpossibleFormat(
            f"{len(teams)} teams would play {len(bracket.series):,} series, and a bracket has "
            f"{MOST_SERIES:,} at most: make more groups."
        )
    warnings = _warnings(tournament, everyone, teams)
    _write_seeds(tournament, teams)
    now = timezone.now()
    tournament.status, tournament.started_at = Status.RUNNING, now
    tournament.version += 1
    tournament.save(update_fields=["status", "started_at", "version", "updated_at"])
    board = Board.drawn(tournament, teams, bracket)
    write(board.update_rows(board.resolve(), now))
    note(tournament.pk, Action.START, Order(by), None, Consequences())
    return Started(tournament, warnings)


@transaction.atomic
def finish_tournament(*, tournament: Tournament, by: User) -> Tournament:
    """End a tournament that has been played. Raises SeriesOpen, TournamentNotRunning."""
    tournament = locked_running(tournament.pk)
    left = tournament.series.exclude(status="finished").count()
    if left:
        raise SeriesOpen(f"There are {left} series left to be played." if left > 1 else None)
    tournament.status, tournament.finished_at = Status.FINISHED, timezone.now()
    tournament.version += 1
    tournament.save(update_fields=["status", "finished_at", "version", "updated_at"])
    note(tournament.pk, Action.FINISH, Order(by), None, Consequences())
    return tournament


def _warnings(tournament: Tournament, everyone: list[Team], teams: list[Team]) -> list[str]:
    found = []
    unseeded = [team.name for team in teams if team.seed is None]
    if unseeded:
        found.append(f"Without a seed, and so after the others: {', '.join(unseeded)}.")
    absent = [team.name for team in everyone if team not in teams]
    if absent:
        found.append(f"Not checked in, and so left out: {', '.join(absent)}.")
    return found


def _by_seed(team: Team) -> tuple[bool, int, int]:
    return team.seed is None, team.seed or 0, team.pk


def _write_seeds(tournament: Tournament, teams: Sequence[Team]) -> None:
    """Seed these teams 1, 2 and so on, and no other."""
    # First nobody: a seed that two teams have, if only in between, is refused.
    tournament.teams.exclude(seed=None).update(seed=None)
    for seed, team in enumerate(teams, start=1):
        team.seed, team.updated_at = seed, timezone.now()
    Team.objects.bulk_update(teams, ["seed", "updated_at"])


def _refuse_clashes(tournament: Tournament, changed: set[str]) -> None:
    wrong = {}
    if "status" in changed and tournament.status not in {Status.DRAFT, Status.REGISTRATION}:
        wrong["status"] = "A tournament becomes so by being started, or finished."
    is_stage = tournament.tournament_type in Tournament.WITH_STANDINGS
    groups = tournament.groups if tournament.tournament_type == Tournament.Type.ROUND_ROBIN else 1
    if tournament.playoff and not is_stage:
        wrong["playoff"] = "Only a round robin or a Swiss tournament is followed by a playoff."
    elif bool(tournament.playoff) != bool(tournament.qualifiers):
        wrong["qualifiers"] = "Say how many qualify for the playoff; none without one."
    elif tournament.playoff and groups * tournament.qualifiers < 2:
        wrong["qualifiers"] = "Two teams or more must qualify for the playoff."
    # Without a winner nobody goes on.
    if tournament.best_of % 2 == 0 and (tournament.playoff or not is_stage):
        wrong["best_of"] = "Only groups and Swiss rounds can have an even number of games."
    if any(
        each["best_of"] % 2 == 0 and each["section"] not in STAGES
        for each in tournament.best_of_rounds
    ):
        wrong["best_of_rounds"] = "Only groups and Swiss rounds can have an even number of games."
    if not tournament.points_win >= tournament.points_draw >= tournament.points_loss:
        wrong["points_win"] = "A win must be worth a draw or more, and that a loss or more."
    if wrong:
        raise ValidationError(wrong)
