"""Brackets as GET /api/tournaments/{id}/bracket/ answers them, with results at random."""

from copy import deepcopy
from random import Random

from app.tournaments.bracket.elimination import double_elimination, single_elimination
from app.tournaments.bracket.layout import rows
from app.tournaments.bracket.names import round_names, section_name, series_name, source_name
from app.tournaments.bracket.structure import Key, LoserOf, Section, Seed, WinnerOf

NAMES = (
    """
Night Owls|Foxes|Early Birds|Old Guard|Team Liquid Courage|Smoke Screen|Roshan's Lunch|Mid or Feed
The Unbearable Lightness of Supporting|Five Wards a Day|gg wp|Buyback FC|Radiant Dreams|Dire Straits
Pudge & Sons|Secret Shoppers|Creep Skippers|The Last Pick|Couriers|No Vision|Lane Swap|High Ground
Ancient History|Aegis Thieves|Blink or Die|Tangoes for Two|Techies Anonymous|Bottle Crow|Glyph
Neutral Items|Stun Locked|Observer Society
""".strip()
    .replace("\n", "|")
    .split("|")
)
COUNTED = ("played", "won", "drawn", "lost", "points", "games_won", "games_lost")


def names(count):
    return [f"{NAMES[n % 32]}{f' {n // 32 + 1}' if n >= 32 else ''}" for n in range(count)]


def bracket(kind, sections=(), teams=4, standings=(), champion=None):
    return {
        "tournament": {
            "id": 7,
            "name": "Winter Cup",
            "tournament_type": kind,
            "status": "running" if champion is None else "finished",
            "version": 17,
        },
        "champion_id": champion,
        "teams": [
            {"id": 100 + seed, "name": name, "seed": seed, "logo": "", "is_out": False}
            for seed, name in enumerate(names(teams), start=1)
        ],
        "sections": list(sections),
        "standings": list(standings),
    }


def elimination(teams, *, double=False, played=1.0, number=1):
    """Play this share of the series in their order, some of them by walkover or by forfeit."""
    seeds = [Seed(n) for n in range(1, teams + 1)]
    build = double_elimination(seeds) if double else single_elimination(seeds, third_place=True)
    chance, came, drawn = Random(number), {}, {}
    for index, series in enumerate(build):
        if series.is_reset and came.get(str(series.b)) == came.get(series.b.key):
            continue
        a, b = (_team(side, came) for side in (series.a, series.b))
        best_of = 5 if series.key.section == Section.GRAND_FINAL else 3
        said = _series(index, series.key, a, b, double)
        said |= {
            f"label_{side}": None if team else source_name(source, double=double)
            for side, team, source in (("a", a, series.a), ("b", b, series.b))
        }
        if a and b and index < len(build) * played:
            said |= _ended(a, b, best_of // 2 + 1, chance, favour=(b - a) / teams)
            winner = a if said["winner_id"] == 100 + a else b
            came[f"winner:{series.key}"], came[f"loser:{series.key}"] = winner, a + b - winner
            came[series.key] = a
        elif a and b and chance.random() < 0.5:
            said |= {"status": chance.choice(["reported", "disputed"]), "score_a": 2, "score_b": 1}
        drawn[series.key] = said
    for series in build:
        for source, side in ((series.a, "a"), (series.b, "b")):
            if isinstance(source, WinnerOf | LoserOf) and series.key in drawn:
                to = "winner_to" if isinstance(source, WinnerOf) else "loser_to"
                drawn[source.key][to] = [drawn[series.key]["id"], side]
    end = next(key for key in reversed(drawn) if key.section != Section.THIRD_PLACE)
    return bracket(
        "double_elimination" if double else "single_elimination",
        sections(drawn, rows(build), double),
        teams,
        champion=drawn[end]["winner_id"],
    )


def round_robin(teams, groups, *, played=1.0, number=1):
    """Play the first rounds of each group, series of two games that can be drawn."""
    chance, drawn = Random(number), {}
    for group in range(1, groups + 1):
        seeds = list(range(group, teams + 1, groups))
        for number, pairs in enumerate(_circle(seeds), start=1):
            for position, (a, b) in enumerate(pairs, start=1):
                key = Key(Section.GROUP, group, number, position)
                drawn[key] = _series(len(drawn), key, a, b)
                if number <= played * (len(seeds) - 1):
                    drawn[key] |= _ended(a, b, 2, chance, drawn=True)
    tables = [table(drawn, group) for group in range(1, groups + 1)]
    return bracket("round_robin", sections(drawn, _in_order(drawn)), teams, tables)


def swiss(teams, rounds, *, played=1.0, number=1):
    """Pair by points alone; with an odd number the last one has a bye."""
    chance, drawn, points = Random(number), {}, dict.fromkeys(range(1, teams + 1), 0)
    for number in range(1, rounds + 1):
        ranking = sorted(points, key=lambda seed: (-points[seed], seed))
        is_paired = number <= played * rounds + 1
        for position in range(1, (teams + 1) // 2 + 1):
            key = Key(Section.SWISS, 0, number, position)
            places = 2 * position - 2, 2 * position - 1
            a, b = (ranking[n] if is_paired and n < teams else 0 for n in places)
            drawn[key] = _series(len(drawn), key, a, b)
            if is_paired and not b:
                drawn[key] |= {"status": "finished", "outcome": "bye", "winner_id": 100 + a}
            elif number <= played * rounds:
                drawn[key] |= _ended(a, b, 2, chance, favour=(b - a) / teams)
            if drawn[key]["winner_id"]:
                points[drawn[key]["winner_id"] - 100] += 2
    return bracket("swiss", sections(drawn, _in_order(drawn)), teams, [table(drawn, 0)])


def with_playoff(stage, playoff):
    """The groups of the one, then the elimination of the other."""
    following = deepcopy(playoff["sections"])
    for section in following:
        for round_ in section["rounds"]:
            for series in round_["series"]:
                series["id"] += 10_000
                if "winner_to" in series:
                    series["winner_to"][0] += 10_000
    return stage | {
        "champion_id": playoff["champion_id"],
        "sections": [*stage["sections"], *following],
    }


def sections(drawn, places, double=False):
    answer = []
    for section, group in dict.fromkeys(key[:2] for key in drawn):
        keys = [key for key in drawn if key[:2] == (section, group)]
        titles = round_names(section, max(key.round for key in keys), double=double)
        rounds = [
            {
                "round": number,
                "name": title,
                "best_of": {Section.GRAND_FINAL: 5, Section.GROUP: 2}.get(section, 3),
                "series": [
                    _said(drawn[key] | {"row": places[key]}) for key in keys if key.round == number
                ],
            }
            for number, title in enumerate(titles, start=1)
        ]
        name = section_name(section, group, double=double)
        answer.append({"section": section, "group": group, "name": name, "rounds": rounds})
    return answer


def _said(series):
    return {name: value for name, value in series.items() if value is not None}


def table(drawn, group):
    """Count by points alone."""
    lines = {}
    for key, series in drawn.items():
        if key.group != group:
            continue
        for side, other in ("ab", "ba"):
            team = series[f"team_{side}_id"]
            if team is None:
                continue
            line = lines.setdefault(team, dict.fromkeys(COUNTED, 0) | {"team_id": team})
            if series["status"] == "finished":
                won, drew = series["winner_id"] == team, series["winner_id"] is None
                line["played"] += 1
                line["won" if won else "drawn" if drew else "lost"] += 1
                line["points"] += 2 if won else 1 if drew else 0
                line["games_won"] += series[f"score_{side}"] or 0
                line["games_lost"] += series[f"score_{other}"] or 0
    ranking = sorted(lines.values(), key=lambda line: (-line["points"], line["team_id"]))
    return {
        "group": group,
        "name": section_name(Section.GROUP if group else Section.SWISS, group),
        "rows": [
            line | {"rank": rank, "reason": f"{line['points']} points."}
            for rank, line in enumerate(ranking, start=1)
        ],
    }


def _series(index, key, a, b, double=True):
    return {
        "id": index + 1,
        "position": key.position,
        "name": series_name(key, double=double),
        "status": "ready" if a and b else "waiting",
        "outcome": "",
        "team_a_id": 100 + a if a else None,
        "team_b_id": 100 + b if b else None,
        "label_a": None if a else "To be paired",
        "label_b": None if b else "To be paired",
        "score_a": None,
        "score_b": None,
        "winner_id": None,
        "winner_to": None,
        "loser_to": None,
    }


def _ended(a, b, needed, chance, favour=0.0, drawn=False):
    if drawn and chance.random() < 0.25:
        score, winner, outcome = (1, 1), None, "played"
    else:
        is_a = chance.random() < 0.5 + favour / 2
        winner, outcome = 100 + (a if is_a else b), chance.choice(["walkover"] + 15 * ["played"])
        lost = chance.randrange(needed) if outcome == "played" and not drawn else 0
        score = (needed, lost) if is_a else (lost, needed)
    return {
        "status": "finished",
        "outcome": outcome,
        "winner_id": winner,
        "score_a": score[0],
        "score_b": score[1],
    }


def _team(source, came):
    return source.seed if isinstance(source, Seed) else came.get(str(source))


def _in_order(drawn):
    return {key: key.position - 1.0 for key in drawn}


def _circle(seeds):
    others = [*seeds[1:], *([] if len(seeds) % 2 == 0 else [0])]
    for turn in range(len(others)):
        circle = [seeds[0], *others[turn:], *others[:turn]]
        yield [
            (a, b)
            for a, b in zip(circle[: len(circle) // 2], reversed(circle), strict=False)
            if a and b
        ]
