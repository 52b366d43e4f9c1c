"""The parts that a picture is put together from: texts, series, standings.

All lengths are in pixels of the picture's natural size.
"""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from app.tournaments.bracket.structure import Outcome
from app.tournaments.bracket.svg.lettering import clean, fit, isolated

Json = Mapping[str, Any]

WIDTH = 236
LINE = 24
CAPTION = 16
# Where the heading of a round is out of sight, in rows, each of its series has it too.
FAR = 3
DASH = "\N{EN DASH}"
SEED_END = 30
NAME = 38
NAME_END = WIDTH - 40
# The columns of the standings: heading, what it means, and where its numbers end.
TABLE = (
    ("P", "Played", 264),
    ("W", "Won", 294),
    ("D", "Drawn", 324),
    ("L", "Lost", 354),
    ("Games", "Games won and lost", 412),
    ("Pts", "Points", 450),
)
TABLE_WIDTH = 460
TABLE_LINE = 26
TABLE_NAME_END = 234
CLIPS = "".join(
    f'<clipPath id="{{id}}-{clip}"><rect x="{NAME}" y="{y}" width="{width}" height="{height}"/>'
    "</clipPath>"
    for clip, y, width, height in (
        ("a", 0, NAME_END - NAME, LINE),
        ("b", LINE, NAME_END - NAME, LINE),
        ("t", 0, TABLE_NAME_END - NAME, TABLE_LINE),
    )
)
"""Where a name may not be drawn beyond, as nobody knows the widths of the reader's font."""

STATUSES = {
    "ready": ("good", "Ready"),
    "reported": ("warn", "Reported"),
    "disputed": ("bad", "Disputed"),
}
ENDS = {Outcome.WALKOVER: "Walkover", Outcome.DOUBLE_FORFEIT: "Double forfeit", Outcome.BYE: "Bye"}


class Teams:
    """What is written for a team. `picture` is the id that the picture's own names begin with."""

    def __init__(self, teams: list[Json], picture: str) -> None:
        self._by_id = {team["id"]: team for team in teams}
        self.picture = picture

    def name(self, team_id: int | None) -> str:
        team = self._by_id.get(team_id)
        return (clean(team["name"]) if team else "") or "No name"

    def seed(self, team_id: int | None) -> str:
        return str((self._by_id.get(team_id) or {}).get("seed") or "")

    def is_out(self, team_id: int | None) -> bool:
        return bool((self._by_id.get(team_id) or {}).get("is_out"))

    def side(self, series: Json, side: str) -> str:
        team_id, label = series.get(f"team_{side}_id"), series.get(f"label_{side}")
        if team_id is not None:
            return self.name(team_id)
        if series["outcome"] == Outcome.BYE:
            return "Nobody" if series.get("winner_id") is None else "Bye"
        return clean(label or "") or "To be decided"

    def written(self, team_id: int | None, name: str, clip: str, end: int, style: str) -> str:
        """The name itself, in its place: of a team, or of where it will come from."""
        bounds = f' clip-path="url(#{self.picture}-{clip})"'
        y = 17 + (LINE if clip == "b" else 0)
        style += " o" if self.is_out(team_id) else ""
        return text(NAME, y, fit(name, end - NAME, 13), style, bounds)


def text(x: float, y: float, content: str, style: str = "", attributes: str = "") -> str:
    if not content:
        return ""
    style = f' class="{style.strip()}"' if style.strip() else ""
    return f'<text x="{number(x)}" y="{number(y)}"{style}{attributes}>{escape(content)}</text>'


def rect(style: str, x: float, y: float, width: float, height: float) -> str:
    corner = f'x="{number(x)}" y="{number(y)}"'
    return f'<rect class="{style}" {corner} width="{width}" height="{height}" rx="3"/>'


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def series_box(round_: Json, series: Json, teams: Teams, x: float, y: float) -> str:
    """A line for each team, and what the series is called above them; y is half-way down."""
    style, status = STATUSES.get(series["status"], ("muted", ENDS.get(series["outcome"], "")))
    caption = fit(_caption(round_, series), WIDTH - (90 if status else 4), 11)
    return "".join(
        [
            f'<g transform="translate({number(x)} {number(y - LINE)})">',
            f"<title>{escape(_in_words(round_, series, teams))}</title>",
            text(1, -5, caption, "s muted"),
            text(WIDTH - 1, -5, status, f"s e {style}"),
            rect("box", 0, 0, WIDTH, 2 * LINE),
            *(_side(series, side, teams) for side in "ab"),
            f'<path class="rule" d="M1 {LINE}h{WIDTH - 2}"/></g>',
        ]
    )


def _caption(round_: Json, series: Json) -> str:
    name, heading = clean(series["name"]), clean(round_["name"])
    said = [] if name == heading else [name]
    if "best_of" in series:
        said.append(f"Best of {series['best_of']}")
    if name != heading and min(each["row"] for each in round_["series"]) > FAR:
        said.append(heading)
    return " · ".join(said)


def _side(series: Json, side: str, teams: Teams) -> str:
    team_id, top = series.get(f"team_{side}_id"), LINE if side == "b" else 0
    winner = series.get("winner_id") if series["status"] == "finished" else None
    won = winner is not None and winner == team_id
    lost = winner is not None and not won
    style = "b" if won else "muted i" if team_id is None else "muted" if lost else ""
    return "".join(
        [
            rect("won", 1, top + 1, WIDTH - 2, LINE - 2) if won else "",
            rect("bar", 1, top + 1, 4, LINE - 2) if won else "",
            text(SEED_END, top + 17, teams.seed(team_id), "s e muted"),
            teams.written(team_id, teams.side(series, side), side, NAME_END, style),
            text(WIDTH - 9, top + 17, _score(series, side, won), f"e {style}"),
        ]
    )


def _score(series: Json, side: str, won: bool) -> str:
    match series["outcome"]:
        case Outcome.WALKOVER:
            return "W/O" if won else DASH
        case Outcome.DOUBLE_FORFEIT:
            return "FF"
        case Outcome.BYE:
            return ""
    score = series.get(f"score_{side}")
    begun = (
        series["status"] not in {"waiting", "ready"}
        or series.get("score_a")
        or series.get("score_b")
    )
    return str(score) if score is not None and begun else ""


def _in_words(round_: Json, series: Json, teams: Teams) -> str:
    """Say who met whom and how it ended, with the names in full."""
    a, b = (isolated(teams.side(series, side)) for side in "ab")
    winner = isolated(teams.name(series.get("winner_id")))
    games = series.get("best_of", round_["best_of"])
    name = f"{clean(series['name'])} (best of {games})"
    match series["outcome"]:
        case Outcome.WALKOVER:
            return f"{name}: {a} v {b}. {winner} won by walkover."
        case Outcome.DOUBLE_FORFEIT:
            return f"{name}: {a} v {b}. Both forfeited."
        case Outcome.BYE:
            return f"{name}: {'nobody' if series.get('winner_id') is None else winner} had a bye."
    score = DASH.join(_score(series, side, False) for side in "ab")
    if score == DASH:
        _, status = STATUSES.get(series["status"], ("", "Not played yet"))
        return f"{name}: {a} v {b}. {status}."
    if series["status"] == "finished":
        end = "Drawn" if series.get("winner_id") is None else f"{winner} won"
    else:
        _, end = STATUSES.get(series["status"], ("", "Not over yet"))
    return f"{name}: {a} {score} {b}. {end}."


def standings_table(standings: Json, teams: Teams, x: float, y: float) -> str:
    """A line for each team, with the reason for its rank as its title."""
    parts = [
        f'<g transform="translate({number(x)} {number(y)})">',
        rect("band", 0, 0, TABLE_WIDTH, TABLE_LINE),
        text(NAME, 17, "Team", "s muted"),
        *(
            f'<text x="{end}" y="17" class="s e muted">{head}<title>{meaning}</title></text>'
            for head, meaning, end in TABLE
        ),
        "</g>",
    ]
    rows = enumerate(standings["rows"], start=1)
    return "".join([*parts, *(_row(row, teams, x, y + line * TABLE_LINE) for line, row in rows)])


def _row(row: Json, teams: Teams, x: float, y: float) -> str:
    team_id = row["team_id"]
    name = teams.name(team_id)
    reason = f"{isolated(name)}: {clean(row['reason'] or '')}"
    games = f"{row['games_won']}{DASH}{row['games_lost']}"
    values = (row["played"], row["won"], row["drawn"], row["lost"], games, row["points"])
    style = "muted" if teams.is_out(team_id) else ""
    return "".join(
        [
            f'<g transform="translate({number(x)} {number(y)})">',
            f"<title>{escape(reason)}</title>",
            rect("page", 0, 1, TABLE_WIDTH, TABLE_LINE - 2),
            text(SEED_END - 4, 17, str(row["rank"]), "e b"),
            teams.written(team_id, name, "t", TABLE_NAME_END, style),
            *(
                text(end, 17, str(value), f"e {'b' if head == 'Pts' else style}")
                for (head, _, end), value in zip(TABLE, values, strict=True)
            ),
            f'<path class="rule" d="M0 {TABLE_LINE}h{TABLE_WIDTH}"/></g>',
        ]
    )
