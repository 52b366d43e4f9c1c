"""A small part of `make compare`."""

import pytest

from app.tournaments.bracket.structure import Kind, Section
from tests.comparison.figures import CASES, Case, Figures, measure
from tests.comparison.play import Course, Meeting, Tournament, missing, ours

LACKS = missing()
beside = pytest.mark.skipif(LACKS is not None, reason=f"{LACKS}")
DRAWN = Case(Kind.DOUBLE_ELIMINATION, True, "coin")


@beside
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(("size", "tournaments"), [(4, 10), (8, 10), (16, 100)])
def test_brackets_are_as_good_as_those_of_brackets_manager(case, size, tournaments):
    assert measure(case, size, tournaments).missed(case) == []


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        (Figures(9, (6, 6), 9, 9, (4, 4)), []),
        (Figures(9, (6, 6), 8, 7, (3, 4)), []),
        (Figures(9, (6, 6), 9, 9, (5, 4)), ["rematches"]),
        (Figures(9, (6, 7), 9, 9, (4, 4)), ["series"]),
    ],
)
def test_more_rematches_or_series_are_missed(figures, missed):
    assert figures.missed(DRAWN) == missed


def test_another_champion_or_final_is_missed_where_the_drops_have_no_say():
    figures = Figures(9, (6, 6), 8, 7, (4, 4))

    assert figures.missed(DRAWN._replace(rule="strength")) == ["champion", "final"]
    assert figures.missed(DRAWN._replace(kind=Kind.SINGLE_ELIMINATION)) == ["champion", "final"]


def test_who_met_in_the_upper_bracket_and_meets_in_the_lower_is_a_rematch():
    meetings = [
        Meeting(Section.UPPER, 1, 4, 1),
        Meeting(Section.UPPER, 2, 3, 2),
        Meeting(Section.UPPER, 1, 2, 1),
        Meeting(Section.LOWER, 4, 3, 3),
        Meeting(Section.LOWER, 2, 3, 2),
        Meeting(Section.GRAND_FINAL, 1, 2, 2),
        Meeting(Section.GRAND_FINAL, 1, 2, 1),
    ]

    course = Course(1, meetings)

    assert (course.rematches, course.resets, course.finalists) == (1, 1, {1, 2})


@pytest.mark.parametrize("rule", ["coin", "odds", "strength"])
def test_a_tournament_takes_the_same_course_whenever_it_is_played(rule):
    tournament = Tournament(16, rule=rule, number=3)

    assert ours(tournament) == ours(tournament)
    assert ours(tournament) != ours(tournament._replace(number=4))
