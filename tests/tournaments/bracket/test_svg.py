"""Pictures, read back as XML and as rectangles, lines and texts on paper."""

import re
from copy import deepcopy
from itertools import combinations
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.tournaments.bracket.svg import render
from app.tournaments.bracket.svg.boxes import (
    LINE,
    NAME,
    NAME_END,
    TABLE_LINE,
    TABLE_WIDTH,
    WIDTH,
)
from app.tournaments.bracket.svg.lettering import RIGHT_TO_LEFT_MARK, clean, fit, isolated
from app.tournaments.bracket.svg.picture import EMPTY, GAP
from app.tournaments.bracket.svg.style import PALETTES, stylesheet
from tests.tournaments.bracket import samples

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "style", "defs", "clipPath", "rect", "path", "g", "text"}
HOSTILE = [
    "<script>alert(1)</script>",
    "]]><image href='//evil.example/x.png'/>",
    "\"' onload='alert(1)",
    "&amp;&lt;&nonsense;",
    "\x00\x08\x1b[31m\ud800\ufffe\uffff",
    "\u202eevil\u2066",
    "נקודה שלום עולם הגדול מאוד",
    "عاش فريق الصقور الذهبية",
    "🐲🐉" * 40,
    "👩‍👩‍👧‍👦" * 20,
    "Z̸̡̢̛͇̫͕̦" * 30,
    "漢字漢字漢字漢字漢字漢字漢字",
    "W" * 500,
    "   \n\t ",
    "",
]
SAMPLES = {
    "se2": samples.elimination(2),
    "se5": samples.elimination(5),
    "se16": samples.elimination(16, played=0.6),
    "se64": samples.elimination(64),
    "de2": samples.elimination(2, double=True),
    "de3": samples.elimination(3, double=True),
    "de8": samples.elimination(8, double=True, number=5),
    "de23": samples.elimination(23, double=True, played=0.5),
    "de64": samples.elimination(64, double=True),
    "de256": samples.elimination(256, double=True, played=0.3),
    "rr": samples.round_robin(8, 2, played=0.7),
    "rr of 16": samples.round_robin(16, 1),
    "swiss": samples.swiss(16, 4, played=0.5),
    "swiss of 9": samples.swiss(9, 4),
    "both": samples.with_playoff(samples.round_robin(8, 2), samples.elimination(4)),
    "empty": samples.bracket("swiss"),
}

HEBREW = "שלום 7"
DASH = "\N{EN DASH}"

names = st.text(st.characters(), max_size=60) | st.sampled_from(HOSTILE)
every_sample = pytest.mark.parametrize("name", SAMPLES)


def parsed(bracket, theme="auto"):
    return ET.fromstring(render(bracket, theme=theme).encode())


def every(picture, tag, style=None):
    return [
        each
        for each in picture.iter(SVG + tag)
        if style is None or style in each.get("class", "").split()
    ]


def texts(picture, style=None):
    return [each.text for each in every(picture, "text", style)]


def titles(picture):
    return [each.text for each in every(picture, "title")]


def corner(group):
    return tuple(map(float, re.findall(r"[\d.]+", group.get("transform"))))


def boxes(picture):
    """The corners of all series, as they are drawn."""
    groups = [each for each in every(picture, "g") if every(each, "rect", "box")]
    return [corner(each) for each in groups]


def headings(picture):
    bands = [each for each in picture.findall(f"{SVG}rect") if each.get("class") == "band"]
    corners = [(float(each.get("x")), float(each.get("y"))) for each in bands]
    return [(x, y, x + WIDTH, y + float(bands[0].get("height"))) for x, y in corners]


def tables(picture):
    """As rectangles: from the line of their heads to the last team's."""
    found = []
    for each in picture.findall(f"{SVG}g"):
        if every(each, "rect", "band"):
            x, y = corner(each)
            found.append((x, y, x + TABLE_WIDTH, y + TABLE_LINE))
        elif not every(each, "rect", "box"):
            found[-1] = (*found[-1][:3], found[-1][3] + TABLE_LINE)
    return found


def score(first, second):
    return f"{first}{DASH}{second}"


def one_series(**said):
    """A bracket of one series, with a first team and a second."""
    bracket = deepcopy(SAMPLES["se2"])
    [series] = bracket["sections"][0]["rounds"][0]["series"]
    series |= {"status": "finished", "outcome": "played", "score_a": 2, "score_b": 1} | said
    bracket["champion_id"] = None
    return bracket


def named(name):
    bracket = deepcopy(SAMPLES["de3"])
    bracket["tournament"]["name"] = name
    bracket["teams"][0]["name"] = name
    for section in bracket["sections"]:
        section["name"] = name
        for round_ in section["rounds"]:
            round_["name"] = name
            for series in round_["series"]:
                series |= {"name": name, "label_a": name, "team_b_id": None, "label_b": name}
    return bracket


@every_sample
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_picture_is_well_formed_and_needs_nothing_but_itself(name, theme):
    written = render(SAMPLES[name], theme=theme)

    assert {each.tag.removeprefix(SVG) for each in ET.fromstring(written).iter()} <= TAGS
    assert written.count("http") == 1
    assert "href" not in written
    assert "@import" not in written
    assert all(target.startswith("#bracket-7-") for target in re.findall(r"url\((.*?)\)", written))


@every_sample
def test_a_picture_has_a_size_and_says_what_it_shows(name):
    picture = parsed(SAMPLES[name])

    size = picture.get("width"), picture.get("height")
    assert picture.get("viewBox") == f"0 0 {size[0]} {size[1]}"
    assert picture.get("role") == "img"
    ids = [each.get("id") for each in picture[:2]]
    assert picture.get("aria-labelledby").split() == ids
    assert picture[0].text == "Winter Cup"
    assert "team" in picture[1].text


@every_sample
def test_ids_are_used_once_and_only_known_ones_are_named(name):
    picture = parsed(SAMPLES[name])

    ids = [each.get("id") for each in picture.iter() if each.get("id")]
    clips = {each.get("clip-path") for each in picture.iter() if each.get("clip-path")}
    assert len(ids) == len(set(ids))
    assert clips <= {f"url(#{each})" for each in ids}


@every_sample
def test_no_class_is_without_a_rule_and_no_text_too_small_to_read(name):
    picture = parsed(SAMPLES[name])

    rules = set(re.findall(r"\.bracket \.(\w+)", every(picture, "style")[0].text))
    used = {style for each in picture.iter() for style in each.get("class", "").split()}
    assert used - {"bracket"} <= rules
    assert min(map(int, re.findall(r"(\d+)px", stylesheet("auto")))) >= 11


@every_sample
def test_boxes_are_on_the_page_and_not_on_each_other(name):
    picture = parsed(SAMPLES[name])

    width, height = float(picture.get("width")), float(picture.get("height"))
    for x, y in boxes(picture):
        assert x > 0
        assert y > 0
        assert x + WIDTH < width
        assert y + 2 * LINE < height
    # Those below each other leave room for the name of the lower one.
    for (x, y), (other_x, other_y) in combinations(boxes(picture), 2):
        assert abs(x - other_x) >= WIDTH + 10 or abs(y - other_y) >= 2 * LINE + 16
    for left, top, right, bottom in headings(picture) + tables(picture):
        assert right < width
        assert bottom < height
        for x, y in boxes(picture):
            assert x >= right or x + WIDTH <= left or y >= bottom or y + 2 * LINE <= top


@every_sample
def test_titles_stand_clear_of_what_is_around_them(name):
    """In any column, as what is as wide as the picture's text goes over all of them."""
    picture = parsed(SAMPLES[name])

    lines = [
        float(each.get("y"))
        for each in picture.findall(f"{SVG}text")
        if each.get("class") in {"h1", "h2"} or (each.text or "").startswith("Champion")
    ]
    drawn = [(y, y + 2 * LINE) for x, y in boxes(picture) if x < 2 * WIDTH]
    drawn += [(top, bottom) for x, top, _, bottom in headings(picture) + tables(picture) if x < 30]
    for line in lines:
        assert all(bottom + 20 < line or line + 10 < top for top, bottom in drawn)


def test_the_name_of_a_round_leaves_room_for_its_games():
    bracket = deepcopy(SAMPLES["se2"])
    bracket["sections"][0]["rounds"][0]["name"] = "W" * 40

    [written] = [each for each in texts(parsed(bracket)) if each.startswith("WW")]
    assert len(written) < 16


@pytest.mark.parametrize(("rounds", "abreast"), [(1, 1), (5, 5), (6, 3), (7, 4), (11, 4)])
def test_many_rounds_stand_in_lines_of_about_the_same_length(rounds, abreast):
    lefts = [left for left, *_ in headings(parsed(samples.swiss(4, rounds)))]

    assert len(lefts) == rounds
    assert len(set(lefts)) == abreast


def test_a_table_longer_than_its_rounds_is_on_the_page():
    bracket = deepcopy(SAMPLES["swiss"])
    for round_ in bracket["sections"][0]["rounds"]:
        del round_["series"][1:]
    picture = parsed(bracket)

    [(_, _, _, bottom)] = tables(picture)
    assert bottom > 400
    assert bottom < float(picture.get("height"))


@pytest.mark.parametrize("name", ["se5", "se64", "de3", "de8", "de23", "de64"])
def test_lines_join_each_series_to_the_one_its_winner_goes_on_to(name):
    bracket, picture = SAMPLES[name], parsed(SAMPLES[name])

    drawn = [
        series
        for section in bracket["sections"]
        for round_ in section["rounds"]
        for series in round_["series"]
    ]
    # The pictures name series in their titles; those names are unique in a bracket.
    by_title = {
        each[0].text.split(" (")[0]: corner(each)
        for each in every(picture, "g")
        if every(each, "rect", "box")
    }
    place = {series["id"]: by_title[series["name"]] for series in drawn}
    wanted = {
        (place[series["id"]], place[series["winner_to"][0]])
        for series in drawn
        if "winner_to" in series
    }
    joined = set()
    for style in ("link", "path"):
        for line in every(picture, "path", style):
            x, y = map(float, re.match(r"M([\d.]+) ([\d.]+)", line.get("d")).groups())
            turns = [float(level) for level in re.findall(r"V([\d.]+)", line.get("d"))]
            bend = float((re.findall(r"q0 (-?\d+)", line.get("d")) or [0])[0])
            end = float(line.get("d").rpartition("H")[2])
            level = turns[0] + bend if turns else y
            joined.add(((x - WIDTH, y - LINE), (end, level - LINE)))
    assert joined == wanted


def test_each_line_turns_between_two_columns():
    picture = parsed(SAMPLES["de23"])

    lefts = {x for x, _ in boxes(picture)}
    for style in ("link", "path"):
        for line in every(picture, "path", style):
            turn = re.match(r"M[\d.]+ [\d.]+H([\d.]+)q", line.get("d"))
            if turn:
                assert float(turn[1]) + 6 + GAP / 2 in lefts


def luminance(colour):
    def linear(part):
        part /= 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[n : n + 2], 16)) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", PALETTES)
def test_everything_stands_out_from_what_it_lies_on(theme):
    colours = PALETTES[theme]

    for text in ("text", "muted", "good", "warn", "bad"):
        for ground in ("page", "box", "band", "won"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for line in ("border", "link", "path", "accent"):
        for ground in ("page", "box"):
            assert contrast(colours[line], colours[ground]) >= 3, (line, ground)
    assert contrast(colours["accent"], colours["won"]) >= 3


def test_a_theme_is_fixed_or_the_readers():
    picture = {theme: render(SAMPLES["se5"], theme=theme) for theme in ("auto", "light", "dark")}

    assert "@media (prefers-color-scheme:dark)" in picture["auto"]
    for theme, other in (("light", "dark"), ("dark", "light")):
        assert "@media" not in picture[theme]
        assert f".bracket .page{{fill:{PALETTES[theme]['page']}}}" in picture[theme]
        assert PALETTES[other]["text"] not in picture[theme]
    with pytest.raises(ValueError, match="No theme: pink"):
        render(SAMPLES["se5"], theme="pink")


def test_the_same_bracket_is_the_same_bytes():
    assert render(SAMPLES["de23"]) == render(deepcopy(SAMPLES["de23"]))


def test_before_the_start_the_picture_says_when_there_will_be_one():
    assert EMPTY in texts(parsed(SAMPLES["empty"]))
    assert EMPTY not in texts(parsed(SAMPLES["se2"]))


def test_a_winner_is_told_by_more_than_colour():
    picture = parsed(one_series(winner_id=101))

    assert texts(picture, "b") == ["Final", "Night Owls", "2"]
    assert len(every(picture, "rect", "bar")) == 1
    assert {"Foxes", "1"} <= set(texts(picture, "muted"))
    said = f"Series 1.1 (best of 3): Night Owls {score(2, 1)} Foxes. Night Owls won."
    assert said in titles(picture)


def test_the_second_team_wins_on_its_own_line():
    [bar] = every(parsed(one_series(winner_id=102)), "rect", "bar")

    assert float(bar.get("y")) > LINE


def test_each_team_has_a_line_of_its_own():
    picture = parsed(one_series(winner_id=101))

    [first] = [each for each in every(picture, "text") if each.text == "Night Owls"]
    [second] = [each for each in every(picture, "text") if each.text == "Foxes"]
    assert 0 < float(first.get("y")) < LINE < float(second.get("y")) < 2 * LINE


def test_a_way_that_somebody_has_gone_is_told_from_one_that_is_open():
    picture = parsed(SAMPLES["se16"])
    series = [
        series
        for round_ in SAMPLES["se16"]["sections"][0]["rounds"]
        for series in round_["series"]
        if "winner_to" in series
    ]

    gone = sum(1 for each in series if "winner_id" in each)
    assert 0 < gone < len(series)
    assert len(every(picture, "path", "path")) == gone
    assert len(every(picture, "path", "link")) == len(series) - gone


def test_a_walkover_and_a_forfeit_are_marked():
    walkover = parsed(one_series(outcome="walkover", score_b=0, winner_id=101))
    forfeit = parsed(one_series(outcome="double_forfeit", score_a=0, score_b=0, winner_id=None))

    assert {"Walkover", DASH} <= set(texts(walkover, "muted"))
    assert texts(walkover, "b") == ["Final", "Night Owls", "W/O"]
    assert any("Night Owls won by walkover." in each for each in titles(walkover))
    assert texts(forfeit).count("FF") == 2
    assert "Double forfeit" in texts(forfeit)
    assert not every(forfeit, "rect", "bar")
    assert any("Both forfeited." in each for each in titles(forfeit))


def test_a_draw_has_no_winner():
    picture = parsed(one_series(score_a=1, score_b=1, winner_id=None))

    assert texts(picture).count("1") == 3  # one of them is a seed
    assert not every(picture, "rect", "bar")
    assert any(f"{score(1, 1)} Foxes. Drawn." in each for each in titles(picture))


def test_a_bye_has_no_score():
    said = {"outcome": "bye", "team_b_id": None, "score_a": None, "score_b": None}
    picture = parsed(one_series(winner_id=101, **said))
    nobody = parsed(one_series(winner_id=None, team_a_id=None, **said))

    assert texts(picture).count("Bye") == 2
    assert any("Night Owls had a bye." in each for each in titles(picture))
    assert texts(nobody).count("Nobody") == 2


@pytest.mark.parametrize(
    ("status", "score_a", "said"),
    [
        ("waiting", None, "Night Owls v Foxes. Not played yet."),
        ("ready", None, "Night Owls v Foxes. Ready."),
        ("ready", 0, "Night Owls v Foxes. Ready."),
        ("ready", 1, f"Night Owls {score(1, 0)} Foxes. Ready."),
        ("reported", 2, f"Night Owls {score(2, 0)} Foxes. Reported."),
        ("disputed", 2, f"Night Owls {score(2, 0)} Foxes. Disputed."),
    ],
)
def test_what_is_not_over_says_how_it_stands(status, score_a, said):
    score_b = None if score_a is None else 0
    picture = parsed(one_series(status=status, outcome=None, score_a=score_a, score_b=score_b))

    assert any(each.endswith(said) for each in titles(picture))
    assert (status.capitalize() in texts(picture)) == (status != "waiting")
    assert not every(picture, "rect", "bar")


def test_who_is_yet_to_come_is_said():
    picture = parsed(one_series(team_b_id=None, label_b="Winner of Series 1.2", status="waiting"))

    assert "Winner of Series 1.2" in texts(picture, "i")


def test_who_is_out_is_struck_through():
    bracket = deepcopy(SAMPLES["rr"])
    bracket["teams"][2]["is_out"] = True

    assert set(texts(parsed(bracket), "o")) == {"Early Birds"}
    # Once in the standings, and in each of its series.
    assert len(texts(parsed(bracket), "o")) == 4


def test_a_champion_is_named():
    assert "Champion: Night Owls" in texts(parsed(SAMPLES["de3"]))
    assert parsed(SAMPLES["de3"])[1].text.endswith("Champion: Night Owls.")
    assert "Champion" not in render(SAMPLES["se16"])


def test_rounds_are_headed_with_how_many_games_decide():
    picture = parsed(SAMPLES["de8"])

    assert {"Upper quarter-finals", "Lower semi-final", "Grand final"} <= set(texts(picture, "b"))
    assert {"Best of 3", "Best of 5"} <= set(texts(picture))
    assert {"Upper bracket", "Lower bracket"} <= set(texts(picture, "h2"))


def test_a_series_of_another_number_of_games_than_its_round_says_so():
    picture, other = parsed(one_series()), parsed(one_series(best_of=1))

    assert any(each.startswith("Series 1.1 (best of 3): ") for each in titles(picture))
    assert any(each.startswith("Series 1.1 (best of 1): ") for each in titles(other))
    assert "Series 1.1" in texts(picture)
    assert {"Best of 3", "Series 1.1 · Best of 1"} <= set(texts(other))


def test_a_box_far_from_the_heading_has_it_too():
    written = texts(parsed(SAMPLES["se64"]))

    assert "Series 6.1 · Final" in written
    assert "Series 1.32" in written


def test_a_swiss_series_of_nobody_is_left_out():
    bracket = deepcopy(SAMPLES["swiss of 9"])
    series = bracket["sections"][0]["rounds"][3]["series"][4]
    series |= {"team_a_id": None, "winner_id": None}

    assert len(boxes(parsed(bracket))) == len(boxes(parsed(SAMPLES["swiss of 9"]))) - 1


def test_standings_are_drawn_with_their_reasons():
    picture = parsed(SAMPLES["swiss"])
    first = SAMPLES["swiss"]["standings"][0]["rows"][0]

    assert {"Team", "P", "W", "D", "L", "Games", "Pts"} <= set(texts(picture))
    assert score(first["games_won"], first["games_lost"]) in texts(picture)
    assert "Early Birds: 4 points." in titles(picture)


def test_groups_come_before_the_playoff():
    picture = parsed(SAMPLES["both"])

    assert texts(picture, "h2") == ["Group A", "Group B", "Bracket"]
    assert texts(picture).count("Third place") == 1


@given(names)
@example("\u200d")
@example("\u0301")
def test_a_name_is_text_whatever_is_in_it(name):
    picture = parsed(named(name))

    assert {each.tag.removeprefix(SVG) for each in picture.iter()} <= TAGS
    for each in picture.iter():
        assert not [key for key in each.keys() if key.startswith("on") or "href" in key]  # noqa: SIM118
    assert picture[0].text == (clean(name) or "Tournament")


@given(names)
def test_a_clean_name_holds_nothing_that_xml_or_its_neighbours_suffer_from(name):
    cleaned = clean(name)

    assert clean(cleaned) == cleaned
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", cleaned)
    assert ET.fromstring(f"<x>{escape(cleaned)}</x>").text == (cleaned or None)


@pytest.mark.parametrize("name", ["Night Owls", "O'Neill's", "Pudge & Sons", "東京", "ليل", "🐲"])
def test_an_ordinary_name_stays_as_it_is(name):
    assert clean(name) == name
    assert fit(name, NAME_END - NAME, 13) == name


@given(names.map(clean), st.integers(20, 300))
def test_a_cut_name_is_the_beginning_of_the_whole_and_fits(name, width):
    cut = fit(name, width, 13)

    if cut != name:
        kept, mark, rest = cut.rpartition("…")
        assert mark
        assert rest in {"", RIGHT_TO_LEFT_MARK}
        assert name.startswith(kept)
        assert fit(f"{kept}…", width + 0.01, 13) == f"{kept}…"


def test_a_long_name_is_cut_and_whole_in_the_title():
    bracket = one_series(winner_id=101)
    bracket["teams"][0]["name"] = "The Unbearable Lightness of Supporting"
    picture = parsed(bracket)

    assert "The Unbearable Lightness of Supporting" not in texts(picture)
    assert any(each.endswith("…") for each in texts(picture, "b"))
    whole = f"The Unbearable Lightness of Supporting {score(2, 1)} Foxes."
    assert any(whole in each for each in titles(picture))


def test_no_letter_is_cut_in_two():
    family, accented, flag = "👩‍👩‍👧‍👦", "e\u0301", "🇩🇪"
    for letter in (family, accented, flag, "👍🏽", "❤\ufe0f"):
        for width in range(15, 200):
            kept = fit(letter * 40, width, 13).removesuffix("…")
            assert kept == letter * (len(kept) // len(letter))


def test_a_name_that_runs_to_the_left_is_cut_at_its_own_end():
    assert fit("שלום" * 20, 100, 13).endswith("…" + RIGHT_TO_LEFT_MARK)
    assert fit("Owls" * 20, 100, 13).endswith("…")


def test_a_name_that_runs_to_the_left_leaves_the_score_where_it_is():
    bracket = one_series(winner_id=101)
    bracket["teams"][0]["name"] = HEBREW

    assert any(
        f"\u2068{HEBREW}\u2069 {score(2, 1)} Foxes" in each for each in titles(parsed(bracket))
    )
    assert isolated("Owls 7") == "Owls 7"


def test_marks_upon_marks_stay_in_their_line():
    bracket = one_series(winner_id=101)
    bracket["teams"][0]["name"] = "Z" + "\u0321\u034f\u035d" * 30
    picture = parsed(bracket)

    clips = [each.get("clip-path") for each in every(picture, "text") if each.get("clip-path")]
    assert clips == ["url(#bracket-7-a)", "url(#bracket-7-b)"]
    [first, second, _] = [each[0] for each in every(picture, "clipPath")]
    assert float(first.get("y")) + float(first.get("height")) == float(second.get("y")) == LINE
    assert float(first.get("x")) == NAME
