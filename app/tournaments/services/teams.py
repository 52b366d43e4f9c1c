"""Teams: who signs up, who plays for them, and who is out."""

from collections.abc import Callable, Set
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from app.accounts.models import User
from app.media import services as media
from app.media.models import Upload
from app.tournaments.board import Board
from app.tournaments.bracket.resolution import lasting_pairs
from app.tournaments.bracket.structure import STAGES, Key, Section
from app.tournaments.errors import (
    AlreadyInTeam,
    NoSubstitute,
    NotInTeam,
    SignUpClosed,
    TeamDeleted,
    TeamDisqualified,
    TeamHasPlayed,
    TeamNotDisqualified,
    TeamNotPlaying,
    TournamentFull,
    TournamentNotOpen,
    TournamentStarted,
)
from app.tournaments.models import Team, TeamMember, Tournament
from app.tournaments.services.brackets import (
    Action,
    Change,
    Consequences,
    Order,
    locked,
    locked_running,
)

MOST_MEMBERS = 20
# What a captain does not decide.
ORGANISERS_FIELDS = ("seed", "rating")


@transaction.atomic
def create_team(*, tournament: Tournament, by: User, **fields: Any) -> Team:
    """Enter a team. Who is no organiser enters their own, and is its captain.

    A captain plays for the team, unless they do for another. Raises ValidationError when its name
    or seed is taken in the tournament; TournamentNotOpen, SignUpClosed, TournamentFull,
    AlreadyInTeam; TournamentStarted for a seed once it has; TournamentDeleted when it has just
    been; UploadNotReady, UploadUsed.
    """
    tournament = locked(tournament.pk)
    if tournament.status == Tournament.Status.DRAFT:
        raise TournamentNotOpen
    organises = _organises(tournament, by)
    if not organises:
        if not tournament.sign_up or tournament.has_started:
            raise SignUpClosed
        # What is left empty, as a form leaves it, is not decided.
        _refuse_organisers_fields({name for name, value in fields.items() if value is not None})
        if fields.setdefault("captain", by) != by:
            raise ValidationError({"captain_id": "You are the captain of the team you sign up."})
        if tournament.teams.filter(captain=by).exists():
            raise AlreadyInTeam("You have signed up a team already.")
    if tournament.has_started and fields.get("seed"):
        raise TournamentStarted("The tournament has started; a new team is in reserve.")
    # Once it has started, who comes is in reserve and takes nobody's place.
    if not tournament.has_started and tournament.teams.count() >= tournament.max_teams:
        raise TournamentFull
    team = Team(tournament=tournament)
    team = _save_team(team, _with_logo(team, fields, by))
    if team.seed is not None:
        _seed_by_hand(tournament)
    # The organiser may enter teams whose captain leads several, and plays for the first.
    if team.captain is not None and not (organises and _plays(tournament, team.captain)):
        _enlist(team, team.captain, is_stand_in=False)
    return team


@transaction.atomic
def update_team(*, team: Team, by: User, **changes: Any) -> Team:
    """Change a team. Raises ValidationError when its name or seed is taken in the tournament;
    TournamentStarted for another seed once it has started; TeamDeleted when it has just been;
    UploadNotReady, UploadUsed.
    """
    tournament, team = _locked(team)
    changes = _with_logo(team, changes, by)
    changed = {name: value for name, value in changes.items() if getattr(team, name) != value}
    if not _organises(tournament, by):
        _refuse_organisers_fields(changed.keys())
    if tournament.has_started and "seed" in changed:
        raise TournamentStarted("Seeding is locked once the tournament has started.")
    if "seed" in changed:
        _seed_by_hand(tournament)
    return _save_team(team, changed)


@transaction.atomic
def delete_team(*, team: Team) -> None:
    """Take a team out. Raises TournamentStarted for one that plays; TeamHasPlayed; TeamDeleted."""
    tournament, team = _locked(team)
    if tournament.has_started and team.seed is not None:
        raise TournamentStarted("The tournament has started; disqualify the team instead.")
    try:
        with transaction.atomic():
            team.delete()
    except (RestrictedError, IntegrityError):
        # The latter when a game was added between the look and the delete.
        raise TeamHasPlayed from None


@transaction.atomic
def add_member(*, team: Team, member: User, is_stand_in: bool = False) -> TeamMember:
    """Let a member play for the team.

    Raises AlreadyInTeam; ValidationError for one too many; TeamDeleted when it has just been.
    """
    _, team = _locked(team)
    if team.members.count() >= MOST_MEMBERS:
        raise ValidationError({"member_id": f"A team has {MOST_MEMBERS} members at most."})
    return _enlist(team, member, is_stand_in=is_stand_in)


@transaction.atomic
def remove_member(*, team: Team, member_id: int) -> None:
    """Let a member leave the team, or be taken out of it. Raises NotInTeam."""
    deleted, _ = team.members.filter(member=member_id).delete()
    if not deleted:
        raise NotInTeam


@transaction.atomic
def check_in_team(*, team: Team) -> Team:
    """Say that the team is there; to say so again changes nothing.

    Raises TournamentNotOpen, TournamentStarted; TeamDeleted when it has just been.
    """
    tournament, team = _locked(team)
    if tournament.status == Tournament.Status.DRAFT:
        raise TournamentNotOpen
    if tournament.has_started:
        raise TournamentStarted
    if team.checked_in_at is None:
        team.checked_in_at = timezone.now()
        team.save(update_fields=["checked_in_at", "updated_at"])
    return team


@transaction.atomic
def disqualify_team(*, team: Team, order: Order) -> Consequences:
    """Put a team out: what it has played stays, and what it has not is forfeited.

    Before the playoff begins it ranks last, so that the next one qualifies. Raises
    TeamDisqualified, TeamNotPlaying, TournamentNotRunning; ResultsFollowed without `force`.
    """

    def edit(board: Board, team: Team) -> None:
        if team.is_out:
            raise TeamDisqualified
        team.disqualified_at = timezone.now()
        team.is_unranked = not any(key.section not in STAGES for key in board.results)

    return _change_team(team, Action.DISQUALIFY, order, edit)


@transaction.atomic
def reinstate_team(*, team: Team, order: Order) -> Consequences:
    """Let a disqualified team play on: what it has forfeited is to be played.

    Raises TeamNotDisqualified, TeamNotPlaying, TournamentNotRunning; ResultsFollowed without
    `force`.
    """

    def edit(board: Board, team: Team) -> None:
        if not team.is_out:
            raise TeamNotDisqualified
        team.disqualified_at, team.is_unranked = None, False
        # What was paired without it, and has not begun, is paired again.
        first = Key(Section.SWISS, 0, 1, 1)
        board.pairs = lasting_pairs(board.pairs, board.results, first)

    return _change_team(team, Action.REINSTATE, order, edit)


@transaction.atomic
def substitute_team(*, team: Team, substitute: Team, order: Order) -> Consequences:
    """Let a team in reserve take the place and the seed of one that has not played yet.

    Raises NoSubstitute, TeamHasPlayed, TeamNotPlaying, TournamentNotRunning; ResultsFollowed
    without `force` where others have gone on by its forfeits.
    """
    tournament = locked_running(team.tournament_id, order)
    board = Board.load(tournament)
    seed, team = _of_the_bracket(board, team)
    reserve = tournament.teams.filter(seed=None, disqualified_at=None, pk=substitute.pk).first()
    if reserve is None:
        raise NoSubstitute
    begun = {*board.results, *board.scores} | {
        key for key, row in board.rows.items() if row.reported_by_id is not None
    }
    if any(team.pk in {board.rows[key].team_a_id, board.rows[key].team_b_id} for key in begun):
        raise TeamHasPlayed("The team has played; let a stand-in play for it, or disqualify it.")
    change = Change(board)
    board.teams[seed] = reserve
    found = change.apply(Action.SUBSTITUTE, order)
    if not order.dry_run:
        team.seed, reserve.seed = None, seed
        team.save(update_fields=["seed", "updated_at"])
        reserve.save(update_fields=["seed", "updated_at"])
    return found


def _change_team(
    team: Team, action: Action, order: Order, edit: Callable[[Board, Team], None]
) -> Consequences:
    board = Board.load(locked_running(team.tournament_id, order))
    _, team = _of_the_bracket(board, team)
    change = Change(board)
    edit(board, team)
    found = change.apply(action, order)
    if not order.dry_run:
        team.save(update_fields=["disqualified_at", "is_unranked", "updated_at"])
    return found


def _of_the_bracket(board: Board, team: Team) -> tuple[int, Team]:
    seed = board.seed_of(team.pk)
    if seed is None:
        raise TeamNotPlaying
    return seed, board.teams[seed]


def _locked(team: Team) -> tuple[Tournament, Team]:
    """Lock the team's tournament, and read the team as it is now."""
    tournament = locked(team.tournament_id)
    row = tournament.teams.select_related("captain").filter(pk=team.pk).first()
    if row is None:
        raise TeamDeleted
    return tournament, row


def _organises(tournament: Tournament, user: User) -> bool:
    return user.is_staff or tournament.is_organised_by(user)


def _refuse_organisers_fields(names: Set[str]) -> None:
    if wrong := [name for name in ORGANISERS_FIELDS if name in names]:
        raise ValidationError(dict.fromkeys(wrong, "Only the organiser sets this."))


def _seed_by_hand(tournament: Tournament) -> None:
    # An order of another kind is no more: nobody could make it again.
    if tournament.seeding != Tournament.Seeding.MANUAL:
        tournament.seeding, tournament.seeding_number = Tournament.Seeding.MANUAL, None
        tournament.save(update_fields=["seeding", "seeding_number", "updated_at"])


def _with_logo(team: Team, changes: dict[str, Any], by: User) -> dict[str, Any]:
    purpose = Upload.Purpose.TEAM_LOGO
    return media.with_picture(changes, of=team, name="logo", purpose=purpose, by=by)


def _plays(tournament: Tournament, member: User) -> bool:
    return TeamMember.objects.filter(
        tournament=tournament, member=member, is_stand_in=False
    ).exists()


def _enlist(team: Team, member: User, *, is_stand_in: bool) -> TeamMember:
    try:
        with transaction.atomic():
            return TeamMember.objects.create(
                team=team, tournament_id=team.tournament_id, member=member, is_stand_in=is_stand_in
            )
    except IntegrityError:
        raise AlreadyInTeam from None


def _save_team(team: Team, changes: dict[str, Any]) -> Team:
    for field, value in changes.items():
        setattr(team, field, value)
    try:
        with transaction.atomic():
            # Only what changed: a slower request must not write back what a faster one replaced.
            team.save(update_fields=None if team._state.adding else {*changes, "updated_at"})
    except IntegrityError:
        # The constraints decide; this only puts what they said into words.
        others = Team.objects.filter(tournament=team.tournament_id).exclude(pk=team.pk)
        taken = {
            field: f"Another team of the tournament has this {field}."
            for field in ("name", "seed")
            if getattr(team, field) is not None
            and others.filter(**{field: getattr(team, field)}).exists()
        }
        if not taken:
            raise
        raise ValidationError(taken) from None
    return team
