"""Where everything stands: sections below each other, rounds beside each other.

All lengths are in pixels of the picture's natural size, where no text is smaller than 11.
"""

from math import ceil
from xml.sax.saxutils import escape

from app.tournaments.bracket.structure import Outcome, Section
from app.tournaments.bracket.svg.boxes import (
    CAPTION,
    CLIPS,
    LINE,
    TABLE_LINE,
    TABLE_WIDTH,
    WIDTH,
    Json,
    Teams,
    number,
    rect,
    series_box,
    standings_table,
    text,
)
from app.tournaments.bracket.svg.lettering import clean, fit, isolated
from app.tournaments.bracket.svg.style import stylesheet

MARGIN = 24
GAP = 40
# From a round to the next, and from a series to the one below.
COLUMN = WIDTH + GAP
ROW = 78
HEADER, CHAMPION = 84, 32
TITLE = 34
HEADING = 40
# How many rounds of a group stand beside each other at most.
ABREAST = 5
NARROWEST = 2 * MARGIN + 2 * WIDTH + GAP
CORNER = 6
STAR = "M0 -8 1.9 -2.7 7.6 -2.5 3.1 1 4.7 6.5 0 3.3 -4.7 6.5 -3.1 1 -7.6 -2.5 -1.9 -2.7z"
EMPTY = "The bracket is drawn when the tournament starts"
FINALS = {Section.THIRD_PLACE, Section.GRAND_FINAL}


def render(bracket: Json, *, theme: str = "auto") -> str:
    """Draw what the API answers of a bracket, in the theme light, dark, or auto: the reader's.

    Raises ValueError for another theme.
    """
    style = stylesheet(theme)
    return _Picture(bracket).drawn(style)


class _Picture:
    def __init__(self, bracket: Json) -> None:
        self.bracket, self.tournament = bracket, bracket["tournament"]
        self.id = f"bracket-{int(self.tournament['id'])}"
        self.teams = Teams(bracket["teams"], self.id)
        self.tables = {table["group"]: table for table in bracket["standings"]}
        self.parts: list[str] = []
        self.width: float = NARROWEST
        self.bottom: float = HEADER + (CHAMPION if bracket["champion_id"] is not None else 0)
        # The left ends of the series that are drawn, half-way down, and where each tree ends.
        self.places: dict[int, tuple[float, float]] = {}
        self.roots: list[tuple[float, float]] = []

    def drawn(self, style: str) -> str:
        sections = [each for each in map(_with_rounds, self.bracket["sections"]) if each["rounds"]]
        trees = [each for each in sections if each["section"] not in FINALS]
        for section in trees:
            self._title(section["name"] if len(trees) > 1 else "")
            if section["section"] in {Section.UPPER, Section.LOWER}:
                self._tree(section)
            else:
                self._stage(section)
        for section in sections:
            if section["section"] in FINALS:
                self._final(section)
        if not sections:
            self.parts.append(text(MARGIN, self.bottom + 24, EMPTY))
            self.bottom += 40
        return self._document(style, [*self._header(), *self._links(sections), *self.parts])

    def _document(self, style: str, parts: list[str]) -> str:
        width, height = number(self.width), number(self.bottom + MARGIN)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="bracket" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-labelledby="{self.id}-title {self.id}-desc">'
            f'<title id="{self.id}-title">{escape(self._name())}</title>'
            f'<desc id="{self.id}-desc">{escape(self._description())}</desc>'
            f"<style>{style}</style><defs>{CLIPS.format(id=self.id)}</defs>"
            f'<rect class="page" width="{width}" height="{height}"/>{"".join(parts)}</svg>'
        )

    def _name(self) -> str:
        return clean(self.tournament["name"]) or "Tournament"

    def _summary(self) -> str:
        kind = clean(self.tournament["tournament_type"]).replace("_", " ").capitalize()
        teams = len(self.bracket["teams"])
        count = "1 team" if teams == 1 else f"{teams} teams"
        return f"{kind} · {count} · {clean(self.tournament['status'])}"

    def _description(self) -> str:
        champion = self.bracket["champion_id"]
        if champion is None:
            return f"{self._summary()}."
        return f"{self._summary()}. Champion: {isolated(self.teams.name(champion))}."

    def _header(self) -> list[str]:
        room = self.width - 2 * MARGIN
        parts = [
            text(MARGIN, 40, fit(self._name(), room, 22), "h1"),
            text(MARGIN, 61, self._summary(), "muted"),
        ]
        if self.bracket["champion_id"] is not None:
            name = fit(self.teams.name(self.bracket["champion_id"]), room - 110, 13)
            star = f'<path class="bar" transform="translate({MARGIN + 8} 90)" d="{STAR}"/>'
            parts += [star, text(MARGIN + 24, 95, f"Champion: {name}", "b")]
        return parts

    def _title(self, name: str) -> None:
        self.bottom += MARGIN if self.parts else 0
        if name:
            self.parts.append(text(MARGIN, self.bottom + 18, fit(clean(name), 400, 16), "h2"))
            self.bottom += TITLE

    def _tree(self, section: Json) -> None:
        top = self.bottom
        for column, each in enumerate(section["rounds"]):
            self._round(each, MARGIN + column * COLUMN, top)
        last = section["rounds"][-1]["series"][-1]
        self.roots.append(self.places[last["id"]])

    def _stage(self, section: Json) -> None:
        top, left = self.bottom, MARGIN
        table = self.tables.get(section["group"])
        if table:
            self.parts.append(standings_table(table, self.teams, left, top))
            self._reach(left + TABLE_WIDTH, top + TABLE_LINE * (len(table["rows"]) + 1))
            left += TABLE_WIDTH + GAP
        rounds = section["rounds"]
        # As even as can be: six rounds are three and three.
        abreast = ceil(len(rounds) / ceil(len(rounds) / ABREAST))
        for first in range(0, len(rounds), abreast):
            bottom = [
                self._round(each, left + column * (WIDTH + GAP // 2), top)
                for column, each in enumerate(rounds[first : first + abreast])
            ]
            top = max(bottom) + GAP // 2

    def _final(self, section: Json) -> None:
        """The third place goes below the final, the grand final beside the ends of both trees."""
        if section["section"] == Section.THIRD_PLACE:
            left, middle = self.roots[-1]
            top = middle + LINE + GAP // 2
        else:
            left = max(x for x, _ in self.roots) + COLUMN
            middle = sum(y for _, y in self.roots) / len(self.roots)
            top = middle - LINE - CAPTION - HEADING
        for column, each in enumerate(section["rounds"]):
            self._round(each, left + column * COLUMN, top)

    def _round(self, round_: Json, left: float, top: float) -> float:
        """Draw a column of series under its heading; answer where it ends."""
        name, middle = fit(clean(round_["name"]), WIDTH - 90, 13), top + 19
        self.parts += [
            rect("band", left, top, WIDTH, 28),
            text(left + 10, middle, name, "b"),
            text(left + WIDTH - 10, middle, f"Best of {round_['best_of']}", "s e muted"),
        ]
        bottom = top
        for series in round_["series"]:
            y = top + HEADING + CAPTION + LINE + series["row"] * ROW
            self.places[series["id"]] = left, y
            self.parts.append(series_box(round_, series, self.teams, left, y))
            bottom = max(bottom, y + LINE)
        self._reach(left + WIDTH, bottom)
        return bottom

    def _reach(self, right: float, bottom: float) -> None:
        self.width = max(self.width, right + MARGIN)
        self.bottom = max(self.bottom, bottom)

    def _links(self, sections: list[Json]) -> list[str]:
        """A line from each series to the one that its winner goes on to."""
        links = []
        for section in sections:
            for series in (series for each in section["rounds"] for series in each["series"]):
                target = series.get("winner_to", [None])[0]
                if target in self.places:
                    is_over = series["status"] == "finished" and series.get("winner_id") is not None
                    style = "path" if is_over else "link"
                    path = _elbow(self.places[series["id"]], self.places[target])
                    links.append(f'<path class="{style}" d="{path}"/>')
        # Those that somebody has gone lie above the others.
        return sorted(links)


def _with_rounds(section: Json) -> Json:
    """Leave out the Swiss series that nobody plays, as some team is out, and rounds without any."""
    is_swiss = section["section"] == Section.SWISS
    rounds = [
        {
            **each,
            "series": [
                series
                for series in each["series"]
                if not (
                    is_swiss and series["outcome"] == Outcome.BYE and not series.get("winner_id")
                )
            ],
        }
        for each in section["rounds"]
    ]
    return {**section, "rounds": [each for each in rounds if each["series"]]}


def _elbow(source: tuple[float, float], target: tuple[float, float]) -> str:
    """From the right end of a box to the left end of another, turning just before it."""
    (x, y), (end, level) = source, target
    start, turn = f"M{number(x + WIDTH)} {number(y)}", end - GAP / 2
    if y == level:
        return f"{start}H{number(end)}"
    down = CORNER if level > y else -CORNER
    return (
        f"{start}H{number(turn - CORNER)}q{CORNER} 0 {CORNER} {down}V{number(level - down)}"
        f"q0 {down} {CORNER} {down}H{number(end)}"
    )
