"""A tournament of each format, each half-way: results to confirm, to settle and to play."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, F, Model, QuerySet
from django.utils import timezone

from app.accounts.demo import EMAIL, members
from app.accounts.models import User
from app.events.models import Event
from app.steam.models import Match
from app.tournaments import services
from app.tournaments.models import Series, TeamMember, Tournament
from app.tournaments.services import Order, Score

Type = Tournament.Type

# Each with one of the demo members for its captain, in their order.
TEAMS = [
    "Lantern Guard",
    "Saltmarsh Five",
    "The Quiet Smiths",
    "Northgate Irregulars",
    "Copper Foxes",
    "Tidewatch",
    "Ember Choir",
    "Old Mill Rovers",
]
STRONGEST = 4800


def load() -> None:
    organiser = User.objects.get(email=EMAIL)
    _over_days(9, _harvest_cup, organiser)
    _over_days(6, _lantern_cup, organiser)
    _over_days(5, _tidewater_trophy, organiser)
    _over_days(3, _northgate_open, organiser)


def _harvest_cup(organiser: User) -> Tournament:
    """Groups, one of them over, and then a playoff."""
    tournament = _started(
        organiser,
        name="Harvest Cup",
        description="Two groups, everyone against everyone. The best two of each go on.",
        rules="Two games a series, so it can be drawn. Captains report on the same evening.",
        tournament_type=Type.ROUND_ROBIN,
        event=Event.objects.filter(title__startswith="Harvest Cup").first(),
        best_of=3,
        best_of_rounds=[{"section": "group", "best_of": 2}],
        groups=2,
        playoff=Tournament.Playoff.SINGLE_ELIMINATION,
        qualifiers=2,
    )
    scores = [(2, 0), (1, 1), (0, 2), (2, 0), (1, 1), (2, 0)]
    over, other = (_ready(tournament).filter(group=group) for group in (1, 2))
    for series, score in zip([*over], scores, strict=True):
        _agree(series, *score)
    *played, reported, _ = other
    for series, score in zip(played, scores, strict=False):
        _agree(series, *score)
    _report(reported, 1, 1)
    order = Order(organiser, reason="The captains had it the wrong way round.")
    services.correct(series=played[2], score=Score(2, 0), order=order)
    return tournament


def _lantern_cup(organiser: User) -> Tournament:
    """A bracket whose first games Steam has recorded; one team has not come."""
    tournament = _started(
        organiser,
        name="Lantern Cup",
        description="Eight teams, and whoever loses is out. Third place is played for.",
        rules="Ten minutes late is a walkover.",
        tournament_type=Type.SINGLE_ELIMINATION,
        best_of=3,
        best_of_rounds=[
            {"section": "upper", "round": 1, "best_of": 1},
            {"section": "upper", "round": -1, "best_of": 5},
        ],
        third_place=True,
    )
    *played, missed = _ready(tournament)
    for series in played:
        _play_by_steam(series)
    score = Score(outcome=Series.Outcome.WALKOVER, winner_id=missed.team_a_id)
    services.report(series=missed, score=score, by=organiser)
    first, second = _ready(tournament)
    _agree(first, 2, 1)
    _report(second, 0, 2)
    return tournament


def _tidewater_trophy(organiser: User) -> Tournament:
    """Two lives each; one result is disputed, and one series has begun."""
    tournament = _started(
        organiser,
        teams=6,
        name="Tidewater Trophy",
        description="Six teams, and two defeats to go home. The grand final may be played twice.",
        tournament_type=Type.DOUBLE_ELIMINATION,
        best_of=3,
    )
    for series in _ready(tournament):
        _agree(series, 2, 1)
    upper = _ready(tournament).filter(section=Series.Section.UPPER)
    disputed, played = upper
    _agree(played, 1, 2)
    _report(disputed, 2, 0)
    reason = "The second game was ours; there is a screenshot."
    assert disputed.team_b
    services.dispute(series=disputed, by=_captain(disputed.team_b), reason=reason)
    if begun := _ready(tournament).first():
        _play(begun, duration=2290, winner_id=begun.team_b_id, played_at=timezone.now())
    return tournament


def _northgate_open(organiser: User) -> Tournament:
    """The second of three rounds."""
    tournament = _started(
        organiser,
        seeding={"seeding": Tournament.Seeding.RANDOM, "number": 1887},
        name="Northgate Open",
        description="Three rounds, and in each you meet who has done as well as you.",
        tournament_type=Type.SWISS,
        check_in=True,
    )
    for number, series in enumerate(_ready(tournament)):
        _agree(series, int(number != 1), int(number == 1))
    played, reported, *_ = _ready(tournament)
    _agree(played, 0, 1)
    _report(reported, 1, 0)
    return tournament


def _started(
    organiser: User,
    *,
    teams: int = len(TEAMS),
    seeding: dict[str, Any] | None = None,
    **fields: Any,
) -> Tournament:
    tournament = services.create_tournament(
        organiser=organiser,
        status=Tournament.Status.REGISTRATION,
        max_teams=len(TEAMS),
        **fields,
    )
    everybody = members()
    for number, name in enumerate(TEAMS[:teams]):
        team = services.create_team(
            tournament=tournament,
            by=organiser,
            name=name,
            captain=everybody[number],
            rating=STRONGEST - 137 * number,
        )
        stand_in = everybody[number - 1]
        services.add_member(team=team, member=stand_in, is_stand_in=True)
        services.check_in_team(team=team)
    wanted = seeding or {"seeding": Tournament.Seeding.RATING}
    services.seed_teams(tournament=tournament, **wanted)
    return services.start_tournament(tournament=tournament, by=organiser).tournament


def _ready(tournament: Tournament) -> QuerySet[Series]:
    ready = tournament.series.filter(status=Series.Status.READY).order_by("id")
    return ready.select_related("tournament", "team_a__captain", "team_b__captain")


def _captain(team: Any) -> User:
    captain: User = team.captain
    return captain


def _report(series: Series, a: int, b: int) -> None:
    services.report(series=series, score=Score(a, b), by=_captain(series.team_a))


def _agree(series: Series, a: int, b: int) -> None:
    _report(series, a, b)
    services.confirm(series=series, by=_captain(series.team_b))


def _play(series: Series, **fields: Any) -> None:
    assert series.team_a
    assert series.team_b
    services.create_game(
        tournament_id=series.tournament_id,
        radiant=series.team_a,
        dire=series.team_b,
        order=Order(),
        series_id=series.pk,
        **fields,
    )


def _play_by_steam(series: Series) -> None:
    """Let it end as a match did that the first team's captain played, not the second's."""
    one, other = _captain(series.team_a), _captain(series.team_b)
    matches = Match.objects.stored().filter(games=None, players__member=one)
    match = matches.exclude(players__member=other).order_by("start_time").first()
    if match is None:
        _agree(series, 1, 0)
    else:
        _play(series, match_id=match.pk)


def _over_days(days: int, play: Callable[[User], Tournament], organiser: User) -> None:
    """Let a tournament be played, as if it had begun so many days ago."""
    tournament = play(organiser)
    made, began, now = tournament.created_at, tournament.started_at, timezone.now()
    assert began

    def then(moment: datetime) -> datetime:
        return now - (now - moment) / (now - began) * timedelta(days=days)

    tournament.refresh_from_db()
    for rows in (
        [tournament],
        tournament.teams.all(),
        TeamMember.objects.filter(team__tournament=tournament),
        tournament.series.all(),
        tournament.games.all(),
        tournament.changes.all(),
    ):
        _move([*rows], made, then)
    # Nobody is told of what has never happened.
    tournament.changes.update(told_at=F("created_at"))


def _move(rows: list[Any], made: datetime, then: Callable[[datetime], datetime]) -> None:
    if not rows:
        return
    model: type[Model] = type(rows[0])
    names = [each.name for each in model._meta.fields if isinstance(each, DateTimeField)]
    for row in rows:
        for name in names:
            moment = getattr(row, name)
            # What Steam has recorded was when it was.
            if moment and moment >= made:
                setattr(row, name, then(moment))
    model._default_manager.bulk_update(rows, names)
