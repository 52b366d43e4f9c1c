"""What captains, the organiser and the community are told of a change of a bracket.

It is told from what was kept of the change, as far as that still is so. A captain gets one mail for
all that a change does to their team. Whoever made it is told of what follows, and not of what they
have done. The texts are templates/tournaments/notices, subjects on top.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from app.core.letters import letter
from app.core.queue import enqueue_each
from app.notifications import services as notifications
from app.notifications.markdown import escape
from app.notifications.services import Letter
from app.tournaments import tasks
from app.tournaments.board import Board, snapshot
from app.tournaments.bracket.placements import champion
from app.tournaments.evidence import Fit
from app.tournaments.models import BracketChange, Series, Team, Tournament

Action = BracketChange.Action
Status = Series.Status
Row = dict[str, Any]
"""A series, as a change keeps it."""

# In the order in which a mail tells them.
NOTICES = (
    "out",
    "back",
    "replaced",
    "substitute",
    "void",
    "corrected",
    "open",
    "decided",
    "reported",
    "ready",
)
# Those who are out need not hear what that does to each of their series.
LEAVES = {"out", "replaced"}
EXPLAINED = {"out", "back", "replaced", "substitute", "void", "corrected", "open"}
# What is left then is the next run's.
MOST_FORGOTTEN = 500
RESULT = ("score_a", "score_b", "winner_id", "outcome")


class News(NamedTuple):
    """What a team is told; of a series, or of itself and the team that it changes places with."""

    team_id: int
    notice: str
    row: Row = {}
    other: str = ""


@transaction.atomic
def tell_of_change(*, change_id: int) -> None:
    """Write what is to be told of a change: once, however often it is called."""
    change = BracketChange.objects.select_related("tournament").filter(pk=change_id).first()
    if change is None or change.told_at is not None:
        return
    tournament = change.tournament
    match change.action, tournament.status:
        case Action.START, Tournament.Status.RUNNING:
            _announce(change, "started", teams=tournament.teams.exclude(seed=None).count())
        case Action.FINISH, Tournament.Status.FINISHED:
            _announce(change, "finished", champion=escape(_champion(tournament)))
    news = _News(change)
    letters = [*news.to_captains(), *news.to_organiser()]
    if letters:
        notifications.notify_each(letters=letters)
    change.told_at = timezone.now()
    change.save(update_fields=["told_at"])


def tell_of_forgotten_changes() -> None:
    """Enqueue again what a queue that was down has not taken, or a task has not managed."""
    forgotten = BracketChange.objects.forgotten(timezone.now()).order_by("created_at")
    change_ids = forgotten.values_list("pk", flat=True)[:MOST_FORGOTTEN]
    enqueue_each(tasks.tell_of_change, [{"change_id": change_id} for change_id in change_ids])


def tell_of_unsure_matches(found: Mapping[Tournament, list[Fit]]) -> None:
    """Ask the organisers whether these matches are games of these series."""
    letters = []
    for tournament, fits in found.items():
        if tournament.organiser_id is not None:
            context = {"tournament": tournament, "fits": fits}
            subject, body = letter("tournaments/notices/unsure.txt", context)
            match_id, series_id = fits[0].key
            key = f"settlement-{match_id}-{series_id}"
            letters.append(Letter(tournament.organiser_id, key, subject, body))
    if letters:
        notifications.notify_each(letters=letters)


def _announce(change: BracketChange, notice: str, **context: Any) -> None:
    context |= {"tournament": change.tournament, "title": escape(change.tournament.name)}
    subject, body = letter(f"tournaments/notices/announce_{notice}.txt", context)
    notifications.announce(key=f"bracket-change-{change.pk}", text=f"**{subject}**\n{body}")


def _champion(tournament: Tournament) -> str:
    board = Board.load(tournament)
    seed = champion(board.resolve())
    return board.teams[seed].name if seed else ""


class _News:
    """What a change means for the teams, and what has become of all that since."""

    def __init__(self, change: BracketChange) -> None:
        self.change = change
        self.before, self.after = (
            {row["id"]: row for row in side.get("series", [])}
            for side in (change.before, change.after)
        )
        self.rows = {row.pk: row for row in self._rows()}
        if change.action == Action.START:
            self.after = {pk: snapshot(row) for pk, row in self.rows.items()}
        self.teams = Team.objects.in_bulk(self._team_ids())

    def _rows(self) -> Iterable[Series]:
        tournament = self.change.tournament
        if self.change.action == Action.START:
            # All of them are new, and kept nowhere else.
            drawn = tournament.series.filter(ready_at__lte=self.change.created_at)
            rows = drawn.filter(status=Status.READY)
        else:
            rows = tournament.series.filter(pk__in={*self.before, *self.after})
        for row in rows.order_by("id"):
            row.tournament = tournament
            yield row

    def _team_ids(self) -> set[int]:
        rows = [*self.before.values(), *self.after.values()]
        changed = [*self.change.before.get("teams", []), *self.change.after.get("teams", [])]
        return {team_id for row in rows for team_id in _teams(row)} | {row["id"] for row in changed}

    def to_captains(self) -> Iterator[Letter]:
        told: dict[int, dict[str, list[News]]] = defaultdict(lambda: defaultdict(list))
        about = [*self._of_teams()]
        leaving = {each.team_id for each in about if each.notice in LEAVES}
        of_series = (each for each in self._of_series() if each.team_id not in leaving)
        for each in [*about, *of_series]:
            if self._is_for(each):
                told[each.team_id][each.notice].append(each)
        concerned = {each.team_id for each in about}
        for team_id, found in told.items():
            # Why a team was put out is for that team to know.
            knows = team_id in concerned or not concerned
            reason = self.change.reason if knows and EXPLAINED & found.keys() else ""
            yield self._letter(self.teams[team_id], found, reason)

    def to_organiser(self) -> Iterator[Letter]:
        tournament, actor = self.change.tournament, self.change.actor_id
        if self.change.action != Action.DISPUTE or tournament.organiser_id in {None, actor}:
            return
        for row in self.after.values():
            if self._is_so(row):
                reporter = self.rows[row["id"]].reported_by_id
                [disputer] = _teams(row) - {reporter}
                context = {
                    "tournament": tournament,
                    "series": row,
                    "reporter": self.teams[reporter].name if reporter else "Somebody",
                    "disputer": self.teams[disputer].name,
                    "reported": self._score(row, "reported_score"),
                    "reason": self.change.reason,
                }
                subject, body = letter("tournaments/notices/disputed.txt", context)
                yield Letter(tournament.organiser_id, self._key("organiser"), subject, body)

    def _of_teams(self) -> Iterator[News]:
        pairs = zip(
            self.change.before.get("teams", []), self.change.after.get("teams", []), strict=True
        )
        for was, now in pairs:
            if was["id"] != now["id"]:
                yield News(was["id"], "replaced", other=now["name"])
                yield News(now["id"], "substitute", other=was["name"])
            elif self.teams[now["id"]].is_out == now["is_out"]:
                yield News(now["id"], "out" if now["is_out"] else "back")

    def _of_series(self) -> Iterator[News]:
        for pk in {**self.before, **self.after}:
            was, now = self.before.get(pk, {}), self.after.get(pk, {})
            had, have = _teams(was), _teams(now)
            if had != have and had != _teams(self._current(pk)):
                for team_id in had:
                    if team_id not in have or was["status"] == Status.FINISHED:
                        yield News(team_id, "void", was)
            if have and self._is_so(now) and (notice := _became(was, now, is_same=had == have)):
                for team_id in have:
                    yield News(team_id, notice, now)

    def _is_for(self, news: News) -> bool:
        """Tell whether the team has a captain, to whom it is news."""
        team = self.teams.get(news.team_id)
        if team is None or team.captain_id is None:
            return False
        actor = self.change.actor_id
        if news.notice == "decided" and self.change.action == Action.CONFIRM:
            # What both captains say is known to both.
            return all(self.teams[side].captain_id != actor for side in _teams(news.row))
        if news.notice == "reported":
            return team.pk != self.rows[news.row["id"]].reported_by_id
        return news.notice == "ready" or team.captain_id != actor

    def _letter(self, team: Team, found: Mapping[str, list[News]], reason: str) -> Letter:
        written = [
            letter(
                f"tournaments/notices/{notice}.txt",
                {
                    "team": team,
                    "other": found[notice][0].other,
                    "series": [self._line(team, each.row) for each in found[notice] if each.row],
                },
            )
            for notice in NOTICES
            if notice in found
        ]
        context = {
            "tournament": self.change.tournament,
            "subject": written[0][0],
            "parts": [body for _, body in written],
            "reason": reason,
        }
        subject, body = letter("tournaments/notices/captain.txt", context)
        assert team.captain_id
        return Letter(team.captain_id, self._key(f"team-{team.pk}"), subject, body)

    def _line(self, team: Team, row: Row) -> dict[str, Any]:
        [opponent] = _teams(row) - {team.pk}
        series = self.rows.get(row["id"])
        return {
            "name": row["name"],
            "opponent": self.teams[opponent].name,
            "best_of": series.best_of if series else None,
            "result": self._result(row),
            "reported": self._score(row, "reported_score"),
        }

    def _result(self, row: Row) -> str:
        match row["outcome"]:
            case "":
                return ""
            case Series.Outcome.WALKOVER:
                return f"a walkover for {self.teams[row['winner_id']].name}"
            case Series.Outcome.DOUBLE_FORFEIT:
                return "a double forfeit"
        return self._score(row, "score")

    def _score(self, row: Row, kind: str) -> str:
        a, b = (self.teams[row[f"team_{side}_id"]].name for side in "ab")
        return f"{a} {row[f'{kind}_a']}:{row[f'{kind}_b']} {b}"

    def _is_so(self, row: Row) -> bool:
        return self._current(row["id"]) == row

    def _current(self, pk: int) -> Row:
        return snapshot(self.rows[pk]) if pk in self.rows else {}

    def _key(self, whom: str) -> str:
        return f"bracket-change-{self.change.pk}:{whom}"


def _became(was: Row, now: Row, *, is_same: bool) -> str:
    """Answer the notice of what a series between two teams has become; none if it is no news."""
    ended = is_same and was["status"] == Status.FINISHED
    match now["status"]:
        case Status.FINISHED if not ended:
            return "decided"
        case Status.FINISHED:
            return "corrected" if any(was[name] != now[name] for name in RESULT) else ""
        case Status.REPORTED:
            scores = [(row["reported_score_a"], row["reported_score_b"]) for row in (was, now)]
            return "reported" if scores[0] != scores[1] else ""
        case Status.READY if not is_same:
            return "ready"
        case Status.READY if ended:
            return "open"
    return ""


def _teams(row: Row) -> set[int]:
    """Answer the two who meet there; nobody unless both are known."""
    a, b = row.get("team_a_id"), row.get("team_b_id")
    return {a, b} if a and b else set()
