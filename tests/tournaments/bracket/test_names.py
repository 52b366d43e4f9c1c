import pytest

from app.tournaments.bracket.names import (
    group_name,
    ordinal,
    round_names,
    section_name,
    series_name,
    source_name,
)
from app.tournaments.bracket.structure import (
    Key,
    LoserOf,
    Paired,
    Place,
    Section,
    Seed,
    WinnerOf,
)

UPPER = Key(Section.UPPER, 0, 1, 3)


@pytest.mark.parametrize(
    ("group", "name"),
    [(1, "A"), (2, "B"), (26, "Z"), (27, "AA"), (28, "AB"), (52, "AZ"), (53, "BA"), (128, "DX")],
)
def test_groups_count_in_letters(group, name):
    assert group_name(group) == f"Group {name}"


def test_no_two_groups_share_a_name():
    assert len({group_name(group) for group in range(1, 257)}) == 256


def test_each_section_has_a_name():
    assert [section_name(section) for section in Section if section != Section.GROUP] == [
        "Swiss rounds",
        "Upper bracket",
        "Lower bracket",
        "Third place",
        "Grand final",
    ]
    assert section_name(Section.GROUP, 3) == "Group C"


def test_without_a_lower_bracket_there_is_no_upper_one():
    assert section_name(Section.UPPER, double=False) == "Bracket"
    assert series_name(UPPER, double=False) == "Series 1.3"
    assert source_name(LoserOf(UPPER), double=False) == "Loser of Series 1.3"


@pytest.mark.parametrize(
    ("rounds", "names"),
    [
        (1, ["Final"]),
        (2, ["Semi-finals", "Final"]),
        (3, ["Quarter-finals", "Semi-finals", "Final"]),
        (5, ["Round of 32", "Round of 16", "Quarter-finals", "Semi-finals", "Final"]),
    ],
)
def test_rounds_of_a_single_elimination_are_named_by_who_is_left(rounds, names):
    assert round_names(Section.UPPER, rounds, double=False) == names


@pytest.mark.parametrize(
    ("rounds", "names"),
    [
        (1, ["final"]),
        (2, ["semi-finals", "final"]),
        (4, ["round 1", "quarter-finals", "semi-finals", "final"]),
        (5, ["round 1", "round 2", "quarter-finals", "semi-finals", "final"]),
    ],
)
def test_rounds_of_an_upper_bracket(rounds, names):
    assert round_names(Section.UPPER, rounds, double=True) == [f"Upper {name}" for name in names]


@pytest.mark.parametrize(
    ("rounds", "names"),
    [
        (0, []),
        (1, ["final"]),
        (2, ["semi-final", "final"]),
        (4, ["round 1", "round 2", "semi-final", "final"]),
    ],
)
def test_rounds_of_a_lower_bracket(rounds, names):
    assert round_names(Section.LOWER, rounds, double=True) == [f"Lower {name}" for name in names]


def test_rounds_of_the_other_sections():
    finals = ["Grand final", "Grand final reset"]
    assert round_names(Section.GRAND_FINAL, 1, double=True) == finals[:1]
    assert round_names(Section.GRAND_FINAL, 2, double=True) == finals
    assert round_names(Section.THIRD_PLACE, 1, double=False) == ["Third place"]
    assert round_names(Section.GROUP, 3, double=True) == ["Round 1", "Round 2", "Round 3"]
    assert round_names(Section.SWISS, 2, double=False) == ["Round 1", "Round 2"]


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("section", [each for each in Section if each != Section.THIRD_PLACE])
def test_each_round_has_a_name_of_its_own(section, double):
    most = 2 if section == Section.GRAND_FINAL else 14
    for rounds in range(most + 1):
        names = round_names(section, rounds, double=double)
        assert len(names) == len(set(names)) == rounds


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (UPPER, "Upper 1.3"),
        (Key(Section.LOWER, 0, 2, 1), "Lower 2.1"),
        (Key(Section.GROUP, 1, 2, 1), "Group A 2.1"),
        (Key(Section.SWISS, 0, 3, 4), "Swiss 3.4"),
        (Key(Section.GRAND_FINAL, 0, 1, 1), "Grand final"),
        (Key(Section.GRAND_FINAL, 0, 2, 1), "Grand final reset"),
        (Key(Section.THIRD_PLACE, 0, 1, 1), "Third place"),
    ],
)
def test_series_have_short_names(key, name):
    assert series_name(key) == name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Seed(4), "Seed 4"),
        (WinnerOf(UPPER), "Winner of Upper 1.3"),
        (LoserOf(Key(Section.UPPER, 0, 2, 1)), "Loser of Upper 2.1"),
        (Place(1, 1), "1st of Group A"),
        (Place(2, 2), "2nd of Group B"),
        (Place(0, 3), "3rd of the Swiss rounds"),
        (Paired(), "To be paired"),
    ],
)
def test_sources_say_who_will_come(source, name):
    assert source_name(source) == name


@pytest.mark.parametrize(
    ("number", "written"),
    [
        *[(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")],
        *[(21, "21st"), (22, "22nd"), (101, "101st"), (111, "111th"), (213, "213th")],
    ],
)
def test_ordinals(number, written):
    assert ordinal(number) == written
