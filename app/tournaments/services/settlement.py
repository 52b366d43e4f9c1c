"""Steam's matches as games of the series that they were played for.

What is sure is recorded, and the series' score and the bracket follow; what is not is left to the
organiser, with the evidence. Either can be undone, and then stays so.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.core.errors import LOST_RACE, Conflict
from app.steam.models import Match, MatchPlayer
from app.tournaments.errors import BracketChanged, SeriesFinished, SettlementSettled
from app.tournaments.evidence import (
    LEAST,
    LEAST_OF_ONE,
    Fit,
    Lineup,
    Played,
    Rosters,
    contradictions,
    fits,
    has_room,
    overtaken,
)
from app.tournaments.models import Game, Series, Settlement, TeamMember, Tournament
from app.tournaments.services.brackets import BATCH, Order, locked, locked_running
from app.tournaments.services.games import create_game, delete_game, update_game

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=7)
"""Matches that began longer ago are not looked at again: whoever needs one adds it by hand."""

Status = Settlement.Status


def settle_games() -> int:
    """Record the matches that are sure to be games of open series; answer how many.

    The others that may be are queued for the organisers. To run it twice changes nothing.
    """
    total = 0
    # What is recorded lets others meet, who may have played by now.
    while recorded := _settle(timezone.now()):
        total += recorded
    return total


@transaction.atomic
def accept_settlement(*, settlement: Settlement, order: Order) -> Settlement:
    """Record the match as a game of the series, sure or not.

    Raises SettlementSettled when it is already, BracketChanged when others meet there by now,
    MatchTaken, TournamentNotRunning; ValidationError for one game too many; ResultsFollowed without
    `force`.
    """
    order = _explained(settlement, order)
    locked_running(settlement.tournament_id)
    row = _reread(settlement)
    if row.game is not None and row.game.series_id == row.series_id:
        raise SettlementSettled
    series = Series.objects.select_related("team_a", "team_b").get(pk=row.series_id)
    _record(row, series, order)
    return row


@transaction.atomic
def dismiss_settlement(*, settlement: Settlement, order: Order) -> Settlement:
    """Say that the match is no game of the series; if it is recorded as one, delete that.

    Raises SettlementSettled; for a recorded one TournamentNotRunning, and ResultsFollowed without
    `force`.
    """
    order = _explained(settlement, order)
    locked(settlement.tournament_id)
    row = _reread(settlement)
    if row.status == Status.DISMISSED:
        raise SettlementSettled
    if row.game is not None:
        delete_game(game=row.game, order=order)
    row.status, row.game = Status.DISMISSED, None
    row.save(update_fields=["status", "game", "updated_at"])
    return row


def _explained(settlement: Settlement, order: Order) -> Order:
    return replace(order, reason=_reason(settlement.match_id))


def _reason(match_id: int) -> str:
    return f"Steam match {match_id}"


def _reread(settlement: Settlement) -> Settlement:
    rows = Settlement.objects.select_related("match", "game")
    row = rows.filter(pk=settlement.pk).first()
    if row is None:
        raise SettlementSettled
    return row


def _record(row: Settlement, series: Series, order: Order) -> Game:
    """Make a game of it, or of the one there is of the match, under the tournament's lock."""
    teams = {team.pk: team for team in (series.team_a, series.team_b) if team is not None}
    found = {each["side"]: each for each in (row.evidence["team_a"], row.evidence["team_b"])}
    if {each["team_id"] for each in found.values()} != teams.keys():
        raise BracketChanged
    sides = {side: teams[each["team_id"]] for side, each in found.items()}
    friendly = Game.objects.filter(match=row.match_id, tournament=row.tournament_id, series=None)
    if (game := friendly.first()) is not None:
        changes = {**sides, "series_id": series.pk, "winner_id": row.evidence["winner_id"]}
        game = update_game(game=game, order=order, **changes)
    else:
        game = create_game(
            tournament_id=row.tournament_id,
            order=order,
            series_id=series.pk,
            match_id=row.match_id,
            **sides,
        )
    row.status, row.game = Status.RECORDED, game
    row.save()
    # It was this one's, and so no other's of the tournament.
    others = Settlement.objects.pending().filter(match=row.match_id, tournament=row.tournament_id)
    others.exclude(pk=row.pk).delete()
    return game


def _settle(now: datetime) -> int:
    Settlement.objects.moot().delete()
    candidates = _candidates(now)
    if not candidates:
        return 0
    of_series = {fit.series.pk for found in candidates for fit in found}
    of_matches = {fit.match.pk for found in candidates for fit in found}
    survey = _Survey(
        {row.key: row for row in Settlement.objects.filter(match__in=of_matches)},
        defaultdict(list),
    )
    games = Game.objects.filter(series__in=of_series).select_related("match")
    for game in games.only("series", "winner", "played_at", "match__start_time"):
        assert game.series_id
        survey.games[game.series_id].append(game)
    for found in candidates:
        survey.consider(found)
    _queue(survey)
    return survey.recorded


def _candidates(now: datetime) -> list[list[Fit]]:
    """Answer for each match, the earliest first, and each tournament the series that it may be a
    game of. A tournament takes nothing from another: anybody may enlist the same members in theirs.
    """
    members = TeamMember.objects.filter(tournament__status=Tournament.Status.RUNNING)
    matches = list(
        Match.objects.stored()
        .filter(start_time__gte=now - LOOK_BACK, start_time__lte=now)
        .played_together(members.values("member"), LEAST + LEAST_OF_ONE)
        .only("start_time", "duration", "radiant_win", "league_id")
        .order_by("start_time", "match_id")
    )
    if not matches:
        return []
    recorded = Game.objects.filter(match__in=matches, series__isnull=False)
    is_recorded = set(recorded.values_list("match_id", "tournament_id"))
    rosters = Rosters(members.values_list("team_id", "member_id", "is_stand_in", "created_at"))
    matches_played = _played(matches)
    teams = {team for played in matches_played for team in rosters.teams(played)}
    meetings = defaultdict(list)
    settleable = Series.objects.settleable(since=now - LOOK_BACK)
    for series in settleable.filter(team_a__in=teams, team_b__in=teams):
        meetings[frozenset({series.team_a_id, series.team_b_id})].append(series)
    found: defaultdict[tuple[int, int], list[Fit]] = defaultdict(list)
    for played in matches_played:
        for fit in fits(played, meetings, rosters):
            found[fit.match.pk, fit.series.tournament_id].append(fit)
    return [each for key, each in found.items() if key not in is_recorded]


def _played(matches: list[Match]) -> list[Played]:
    players = MatchPlayer.objects.filter(match__in=matches)
    sides = defaultdict(list)
    columns = "match_id", "is_radiant", "member_id", "account_id"
    for match_id, is_radiant, *player in players.values_list(*columns):
        sides[match_id, is_radiant].append(player)
    return [
        Played(match, _lineup(sides[match.pk, True]), _lineup(sides[match.pk, False]))
        for match in matches
    ]


def _lineup(players: list[list[int | None]]) -> Lineup:
    return Lineup(
        members=tuple(member for member, _ in players if member is not None),
        anonymous=sum(account is None for _, account in players),
        players=len(players),
    )


@dataclass(slots=True)
class _Survey:
    """One look at all matches in the order in which they were played."""

    known: dict[tuple[int, int], Settlement]
    games: defaultdict[int, list[Game]]
    """The games of each series, with those that have been recorded since."""
    unsure: list[Fit] = field(default_factory=list)
    waited_for: set[int] = field(default_factory=set)
    """The series of which a match was all but sure."""
    recorded: int = 0

    def consider(self, found: list[Fit]) -> None:
        found = [fit for fit in found if self._is_open(fit)]
        sure = [fit for fit in found if not fit.doubts]
        if len(sure) == 1:
            self._try(sure[0])
        else:
            for fit in sure:
                others = [other.series.name for other in sure if other is not fit]
                fit.doubts = [f"It may as well be a game of {name}." for name in others]
            for fit in sure or found:
                fit.doubts += self._overtaken(fit)
        self.unsure += [fit for fit in sure or found if fit.doubts]
        self.waited_for |= {fit.series.pk for fit in sure if fit.doubts}

    def _is_open(self, fit: Fit) -> bool:
        row = self.known.get(fit.key)
        if row is not None and row.status != Status.PENDING:
            return False
        return has_room(fit.series, self.games[fit.series.pk]) or bool(self._overtaken(fit))

    def _overtaken(self, fit: Fit) -> list[str]:
        return overtaken(fit.match, fit.series, self.games[fit.series.pk])

    def _try(self, fit: Fit) -> None:
        """Record it, or leave it with a doubt."""
        series = fit.series
        fit.doubts = contradictions(fit, series, self.games[series.pk])
        # A later game must not decide a series of which an earlier one is not settled.
        if series.pk in self.waited_for:
            fit.doubts.append("An earlier match of the series waits to be settled.")
        if fit.doubts:
            return
        try:
            game = _record_sure(fit)
        except (Conflict, ValidationError, IntegrityError) as error:
            # It comes again with the next run.
            logger.warning("Match %s was not recorded for series %s: %s", *fit.key, _words(error))
            fit.doubts.append(_words(error))
        else:
            logger.info("Match %s is recorded for series %s", *fit.key)
            self.games[series.pk].append(game)
            self.recorded += 1


def _words(error: Conflict | ValidationError | IntegrityError) -> str:
    if isinstance(error, Conflict):
        return str(error.detail)
    return " ".join(error.messages) if isinstance(error, ValidationError) else LOST_RACE


@transaction.atomic
def _record_sure(fit: Fit) -> Game:
    """Record it if it still is sure, now that nobody changes the bracket. Raises Conflict."""
    locked_running(fit.series.tournament_id)
    rows = Series.objects.select_related("team_a", "team_b")
    series = rows.filter(pk=fit.series.pk).first()
    if series is None:
        raise BracketChanged
    games = list(series.games.all())
    if not has_room(series, games):
        raise SeriesFinished
    if doubts := contradictions(fit, series, games):
        raise BracketChanged(" ".join(doubts))
    match_id, series_id = fit.key
    row = Settlement.objects.filter(match=match_id, series=series_id).first()
    if row is None:
        row = Settlement(tournament_id=series.tournament_id, match_id=match_id, series_id=series_id)
    if row.status != Status.PENDING:
        raise SettlementSettled
    row.evidence = fit.evidence()
    return _record(row, series, Order(reason=_reason(match_id)))


def _queue(survey: _Survey) -> None:
    """Leave to the organisers what is not sure."""
    new, changed = [], {}
    for fit in survey.unsure:
        row = survey.known.get(fit.key)
        if row is None:
            match_id, series_id = fit.key
            new.append(
                Settlement(
                    tournament_id=fit.series.tournament_id,
                    match_id=match_id,
                    series_id=series_id,
                    evidence=fit.evidence(),
                )
            )
        elif row.evidence != fit.evidence():
            row.evidence, row.updated_at = fit.evidence(), timezone.now()
            changed[row.pk] = row
    try:
        with transaction.atomic():
            if new:
                _tell_organisers(survey.unsure, {row.tournament_id for row in new})
            Settlement.objects.bulk_create(new, BATCH, ignore_conflicts=True)
            if changed:
                # Not one that somebody is settling, who may wait for another of them.
                free = Settlement.objects.pending().select_for_update(skip_locked=True)
                ids = free.filter(pk__in=changed).values_list("pk", flat=True)
                rows = [changed[pk] for pk in ids]
                Settlement.objects.bulk_update(rows, ["evidence", "updated_at"], BATCH)
    except IntegrityError:
        # A series is no more, which the next run will see.
        logger.warning("Matches were not queued", exc_info=True)


def _tell_organisers(unsure: list[Fit], tournaments: set[int]) -> None:
    """Mail the organisers for whom the first ones wait; who is at it sees what comes to them."""
    # Loaded by a run alone: what records a game for a request writes no letters.
    from app.tournaments.services import notices

    pending = Settlement.objects.pending().filter(tournament__in=tournaments)
    waiting = set(pending.values_list("tournament", flat=True))
    found = defaultdict(list)
    for fit in unsure:
        if fit.series.tournament_id in tournaments - waiting:
            found[fit.series.tournament].append(fit)
    notices.tell_of_unsure_matches(found)
