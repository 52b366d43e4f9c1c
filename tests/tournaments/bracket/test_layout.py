"""Where series are drawn, looked at as lines on paper: what overlaps, and what crosses."""

from collections import defaultdict
from itertools import pairwise

import pytest

from app.tournaments.bracket.elimination import double_elimination, single_elimination
from app.tournaments.bracket.layout import rows
from app.tournaments.bracket.structure import (
    Key,
    LoserOf,
    Paired,
    Section,
    Seed,
    Series,
    WinnerOf,
)

TREES = (Section.UPPER, Section.LOWER)


def drawn(teams, *, double):
    seeds = [Seed(n) for n in range(1, teams + 1)]
    if double:
        return double_elimination(seeds)
    return single_elimination(seeds, third_place=True)


@pytest.fixture(scope="module")
def eliminations():
    """All of them, with where their series are drawn."""
    built = [drawn(teams, double=double) for teams in range(2, 257) for double in (False, True)]
    return [(series, rows(series)) for series in built]


def links(series, section):
    """The lines within a section, as (source, target)."""
    return [
        (source.key, each.key)
        for each in series
        for source in (each.a, each.b)
        if isinstance(source, WinnerOf) and source.key.section == each.key.section == section
    ]


def test_each_series_has_a_place(eliminations):
    for series, placed in eliminations:
        assert placed.keys() == {each.key for each in series}


def test_boxes_of_a_round_are_in_order_and_do_not_overlap(eliminations):
    for series, placed in eliminations:
        columns = defaultdict(list)
        for each in sorted(each.key for each in series):
            columns[each[:3]].append(placed[each])
        for column in columns.values():
            assert all(below - above >= 1 for above, below in pairwise(column))


def test_no_row_of_a_tree_is_empty(eliminations):
    for series, placed in eliminations:
        for section in {each.key.section for each in series}:
            fed = {target for _, target in links(series, section)}
            keys = {each.key for each in series if each.key.section == section}
            first = sorted(placed[key] for key in keys - fed)
            if section in TREES:
                assert first == list(range(len(first)))
            else:
                assert {placed[key] for key in keys} == {0}


def test_a_series_is_half_way_between_those_that_lead_to_it(eliminations):
    for series, placed in eliminations:
        for section in TREES:
            feeders = defaultdict(list)
            for source, target in links(series, section):
                feeders[target].append(placed[source])
            for target, above in feeders.items():
                assert placed[target] == sum(above) / len(above)


def test_lines_neither_cross_nor_run_through_boxes(eliminations):
    """A line leaves its box, turns just before the column of its target, and goes in."""
    for series, placed in eliminations:
        for section in TREES:
            upright, level = defaultdict(dict), defaultdict(list)
            for source, target in links(series, section):
                ends = sorted((placed[source], placed[target]))
                known = upright[target.round].get(target, ends)
                upright[target.round][target] = [min(known[0], ends[0]), max(known[1], ends[1])]
                for passed in range(source.round + 1, target.round):
                    level[passed].append(placed[source])
            for columns in upright.values():
                spans = sorted(columns.values())
                assert all(above[1] < below[0] for above, below in pairwise(spans))
            boxes = defaultdict(list)
            for each in series:
                if each.key.section == section:
                    boxes[each.key.round].append(placed[each.key])
            for number, rows_passed in level.items():
                for row in rows_passed:
                    assert all(abs(box - row) >= 1 for box in boxes[number])
                    assert not any(
                        above <= row <= below for above, below in upright[number].values()
                    )


@pytest.mark.parametrize("teams", [2, 4, 8, 16, 32, 64, 128, 256])
def test_a_full_bracket_is_drawn_on_its_grid(teams):
    placed = rows(drawn(teams, double=True))
    for key, row in placed.items():
        if key.section == Section.UPPER:
            assert row == (key.position - 0.5) * 2 ** (key.round - 1) - 0.5
        if key.section == Section.LOWER:
            assert row == (key.position - 0.5) * 2 ** ((key.round - 1) // 2) - 0.5


def test_five_teams_by_hand():
    placed = rows(drawn(5, double=False))
    assert {key[2:]: row for key, row in placed.items() if key.section == Section.UPPER} == {
        (1, 2): 0.0,
        (2, 1): 0.0,
        (2, 2): 1.0,
        (3, 1): 0.5,
    }


def test_groups_and_swiss_rounds_are_drawn_by_position():
    keys = [
        Key(section, group, number, position)
        for section, group in ((Section.GROUP, 1), (Section.GROUP, 2), (Section.SWISS, 0))
        for number in (1, 2)
        for position in (1, 2, 3)
    ]
    placed = rows(Series(key, Paired(), Paired()) for key in keys)
    assert placed == {key: key.position - 1.0 for key in keys}


def test_it_does_not_matter_in_which_order_series_come():
    for teams in (5, 16, 23):
        series = drawn(teams, double=True)
        assert rows(reversed(series)) == rows(series)


def test_a_part_of_a_bracket_can_be_drawn():
    series = drawn(8, double=False)[4:]
    assert rows(series)[Key(Section.UPPER, 0, 3, 1)] == 0.5


def test_losers_lead_to_no_place():
    first, last = (Key(Section.LOWER, 0, number, 1) for number in (1, 2))
    placed = rows([Series(first, Seed(1), Seed(2)), Series(last, LoserOf(first), Seed(3))])
    assert placed == {first: 0.0, last: 1.0}
