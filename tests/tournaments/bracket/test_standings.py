"""Standings: by hand for each rule, and beside a second way of computing them for random tables."""

import re
from itertools import combinations, permutations
from random import Random
from time import process_time
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tournaments.bracket.standings import Basis, Reason, Step, explain, standings
from app.tournaments.bracket.structure import NOBODY, Kind, Outcome, Result, Rules, TieBreak

H2H, DIFFERENCE, WINS = TieBreak.HEAD_TO_HEAD, TieBreak.GAME_DIFFERENCE, TieBreak.WINS
BUCHHOLZ, BERGER, SEED = TieBreak.BUCHHOLZ, TieBreak.SONNEBORN_BERGER, TieBreak.SEED
NAMES = dict(enumerate(["Ants", "Bees", "Cats", "Dogs", "Elks", "Foxes", "Gnus", "Hens"], 1))


def won(winner, loser, games=2, lost=0):
    return Result(winner, loser, games, lost, winner)


def drew(a, b, games=1):
    return Result(a, b, games, games, NOBODY)


def bye(team):
    return Result(team, NOBODY, 0, 0, team, Outcome.BYE)


def walkover(winner, loser):
    return Result(loser, winner, 0, 2, winner, Outcome.WALKOVER)


def double_forfeit(a, b):
    return Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)


def table(teams, results, *tie_breaks, out=(), **said):
    rules = Rules(Kind.ROUND_ROBIN, tie_breaks=tie_breaks, **said)
    return standings(range(1, teams + 1), results, rules, out=out)


def order(rows):
    return [row.seed for row in rows]


def reasons(rows):
    return [explain(row, NAMES) for row in rows]


def by_seed(rows):
    return {row.seed: row for row in rows}


@st.composite
def tournaments(draw):
    """Teams, results, rules, and who is out. Few scores and few teams, so that many are level."""
    teams = list(range(1, draw(st.integers(1, 7)) + 1))
    legs = draw(st.sampled_from([1, 1, 1, 2]))
    pairs = [pair for pair in combinations(teams, 2) for _ in range(legs)]
    ends = draw(st.sampled_from(ENDS))
    results = [
        result
        for pair, end in zip(pairs, draw(exactly(len(pairs), st.sampled_from(ends))), strict=True)
        if (result := ended(*pair, end))
    ]
    results += [bye(team) for team in draw(st.lists(st.sampled_from(teams), max_size=3))]
    rules = Rules(
        Kind.ROUND_ROBIN,
        tie_breaks=tuple(draw(st.lists(st.sampled_from(TieBreak), max_size=6))),
        points_win=draw(st.sampled_from([2, 3, 0])),
        points_loss=draw(st.sampled_from([0, 0, 1])),
    )
    return teams, results, rules, draw(st.sampled_from([(), (), (1,), (1, 2, 9)]))


def exactly(number, values):
    return st.lists(values, min_size=number, max_size=number)


# Which ends the series of a table can have; "-" is one that is not played yet.
ENDS = ["WL", "WL=", "Ww=lL", "WL-", "WLof=-"]


def ended(a, b, end):
    match end:
        case "W":
            return won(a, b)
        case "w":
            return won(a, b, 2, 1)
        case "L":
            return won(b, a)
        case "l":
            return won(b, a, 2, 1)
        case "=":
            return drew(a, b)
        case "o":
            return walkover(a, b)
        case "f":
            return double_forfeit(a, b)
    return None


class Side(NamedTuple):
    """A result as one of its teams sees it; a bye is a win over oneself."""

    team: int
    other: int
    difference: int
    share: float


def sides(results):
    for a, b, score_a, score_b, winner, outcome in results:
        draw = winner == NOBODY and outcome == Outcome.PLAYED
        yield Side(a, b or a, score_a - score_b, 0.5 if draw else float(winner == a))
        if b:
            yield Side(b, a, score_b - score_a, 0.5 if draw else float(winner == b))


def points(mine, rules):
    worth = {1: rules.points_win, 0.5: rules.points_draw, 0: rules.points_loss}
    return sum(worth[side.share] for side in mine)


def value(criterion, team, results, rules):
    mine = [side for side in sides(results) if side.team == team]
    match criterion:
        case Basis.POINTS:
            return points(mine, rules)
        case TieBreak.GAME_DIFFERENCE:
            return sum(side.difference for side in mine)
        case TieBreak.WINS:
            return sum(side.share == 1 for side in mine)
        case TieBreak.BUCHHOLZ:
            return sum(value(Basis.POINTS, side.other, results, rules) for side in mine)
        case TieBreak.SONNEBORN_BERGER:
            return sum(
                side.share * value(Basis.POINTS, side.other, results, rules) for side in mine
            )
    return -team


def head_to_head(tied, results, rules):
    among = [side for side in sides(results) if {side.team, side.other} <= {*tied}]
    met = [(side.team, side.other) for side in among if side.team != side.other]
    often = {met.count(pair) for pair in permutations(tied, 2)}
    if len(often) > 1 or 0 in often:
        return None
    return {
        team: points([side for side in among if side.team == team != side.other], rules)
        for team in tied
    }


def values_of(criterion, tied, results, rules):
    """By team, more being better; None where it does not count."""
    if criterion == H2H:
        return head_to_head(tied, results, rules)
    return {team: value(criterion, team, results, rules) for team in tied}


def ranking(tied, criteria, results, rules):
    if len(tied) < 2:
        return list(tied)
    criterion, *later = criteria
    values = values_of(criterion, tied, results, rules)
    if values is None or len({*values.values()}) == 1:
        return ranking(tied, later, results, rules)
    return [
        team
        for best in sorted({*values.values()}, reverse=True)
        for team in ranking(
            [team for team in tied if values[team] == best],
            criteria if criterion == H2H else later,
            results,
            rules,
        )
    ]


def compared(one, other, tied, results, rules):
    """What was applied to the two until it set them apart, with the value of each that was tied."""
    steps = []
    criteria = [Basis.POINTS, *rules.tie_breaks, SEED]
    while not steps or steps[-1][1][one] == steps[-1][1][other]:
        criterion, *later = criteria
        values = values_of(criterion, tied, results, rules)
        if values:
            steps.append((criterion, values))
            tied = [team for team in tied if values[team] == values[one]]
        if not values or criterion != H2H or len({*values.values()}) == 1:
            criteria = later
    return steps


class TestPoints:
    def test_each_outcome_gives_its_points_and_counts(self):
        results = [won(1, 2, 2, 1), drew(3, 1), walkover(2, 3), double_forfeit(2, 1), bye(3)]

        rows = by_seed(table(3, results, points_win=3))

        def counted(seed):
            row = rows[seed]
            games = (row.games_won, row.games_lost)
            return row.played, row.won, row.drawn, row.lost, row.points, *games

        assert counted(1) == (3, 1, 1, 1, 4, 3, 2)
        assert counted(2) == (3, 1, 0, 2, 3, 3, 2)
        assert counted(3) == (3, 1, 1, 1, 4, 1, 3)

    def test_a_loss_can_give_points_and_a_double_forfeit_gives_both_those_of_a_loss(self):
        rows = by_seed(table(2, [won(1, 2), double_forfeit(1, 2)], points_loss=1, points_win=4))

        assert (rows[1].points, rows[2].points) == (5, 2)

    def test_points_come_before_every_tie_break(self):
        results = [won(2, 3, 1, 0), won(2, 4, 1, 0), won(1, 2, 9, 0), drew(1, 3), drew(1, 4)]

        rows = table(4, results, DIFFERENCE, points_win=5)

        assert order(rows) == [2, 1, 3, 4]
        assert reasons(rows)[:2] == ["10 points.", "7 points."]

    def test_one_point_is_one(self):
        assert reasons(table(2, [won(1, 2)], points_win=1)) == ["1 point.", "0 points."]

    def test_nobody_is_ranked_of_no_teams(self):
        assert table(0, []) == []

    def test_a_team_alone_is_first(self):
        (row,) = table(1, [bye(1)], H2H)

        assert (row.rank, row.points, row.buchholz) == (1, 2, 2)
        assert row.reason == Reason(NOBODY, (Step(Basis.POINTS, ((1, 2),)),))
        assert reasons([row]) == ["2 points."]

    def test_a_result_of_another_team_is_an_error(self):
        with pytest.raises(KeyError):
            table(2, [won(1, 3)])


class TestHeadToHead:
    """Byes bring teams level: they are two points, and no meeting."""

    def test_of_two_the_winner_of_their_series_is_ahead(self):
        rows = table(3, [won(2, 1, 2, 1), bye(1), won(3, 2), won(1, 3, 9, 0), bye(2)], H2H)

        assert order(rows) == [2, 1, 3]
        assert reasons(rows) == [
            "Level with Ants on 4 points; ahead on head-to-head (2 points to 0).",
            "Level with Bees on 4 points; behind on head-to-head (0 points to 2).",
            "2 points.",
        ]

    def test_of_three_their_series_count_and_no_others(self):
        among = [won(4, 3), won(4, 2), won(3, 2)]

        rows = table(4, [*among, bye(3), won(2, 1), won(2, 1)], H2H)

        assert order(rows) == [4, 3, 2, 1]
        assert reasons(rows)[:3] == [
            (
                "Level with Cats and Bees on 4 points;"
                " ahead of both on head-to-head among the three (4 points to 2 and 0)."
            ),
            (
                "Level with Dogs and Bees on 4 points; behind Dogs on head-to-head among the three"
                " (2 points to 4)."
            ),
            (
                "Level with Dogs and Cats on 4 points; behind Cats on head-to-head among the three"
                " (0 points to 2)."
            ),
        ]

    def test_a_circle_is_left_to_the_next_criterion(self):
        rows = table(3, [won(1, 2, 2, 1), won(2, 3, 2, 1), won(3, 1)], H2H, DIFFERENCE)

        assert order(rows) == [3, 2, 1]
        assert reasons(rows) == [
            (
                "Level with Bees on 2 points and head-to-head (among Ants, Bees and Cats);"
                " ahead on game difference (+1 against 0)."
            ),
            (
                "Level with Cats on 2 points and head-to-head (among Ants, Bees and Cats);"
                " behind on game difference (0 against +1)."
            ),
            (
                "Level with Bees on 2 points and head-to-head (among Ants, Bees and Cats);"
                " behind on game difference (-1 against 0)."
            ),
        ]

    def test_two_who_have_not_met_are_left_to_the_next_criterion(self):
        rows = table(4, [won(1, 3, 2, 1), won(2, 4)], H2H, DIFFERENCE)

        assert order(rows)[:2] == [2, 1]
        assert reasons(rows)[0] == (
            "Level with Ants on 2 points; ahead on game difference (+2 against +1)."
        )

    def test_it_does_not_count_unless_all_the_tied_have_met(self):
        # 2 and 3 have both lost to 1, and have not met.
        results = [won(1, 2), won(1, 3), won(4, 1, 9, 0), bye(2), bye(2), bye(3), bye(3)]

        rows = table(4, results, H2H, DIFFERENCE)

        assert order(rows) == [2, 3, 1, 4]
        assert reasons(rows)[2] == (
            "Level with Cats on 4 points; behind on game difference (-5 against -2)."
        )

    def test_it_does_not_count_if_some_have_met_more_often(self):
        # Halfway through a second leg, 3 has met 1 again.
        results = [won(3, 1), won(3, 2), won(2, 1), won(1, 3), bye(1), bye(2)]

        rows = table(3, results, H2H)

        assert order(rows) == [1, 2, 3]
        assert reasons(rows)[0] == "Level with Bees in everything that counts; placed by seed."

    def test_of_two_legs_both_count(self):
        legs = [won(1, 2), won(2, 1), won(3, 1), drew(1, 3), won(3, 2), drew(2, 3)]

        rows = table(4, [*legs, bye(1), bye(2), drew(1, 4), drew(2, 4)], H2H)

        assert order(rows) == [3, 1, 2, 4]
        assert reasons(rows)[:3] == [
            (
                "Level with Ants and Bees on 6 points;"
                " ahead of both on head-to-head among the three (6 points to 3 and 3)."
            ),
            (
                "Level with Cats and Bees on 6 points; behind Cats on head-to-head among the three"
                " (3 points to 6)."
            ),
            "Level with Ants in everything that counts; placed by seed.",
        ]

    def test_those_still_level_are_compared_by_their_own_series_alone(self):
        # Among the four, 1 and 2 have four points, 3 and 4 two; 2 has beaten 1, and 4 has beaten 3.
        among = [won(2, 1), won(1, 3), won(1, 4), won(2, 4), won(3, 2), won(4, 3)]

        rows = table(4, [*among, bye(3), bye(4)], H2H)

        assert order(rows) == [2, 1, 4, 3]
        assert reasons(rows) == [
            (
                "Level with Ants on 4 points and head-to-head (among Ants, Bees, Cats and Dogs);"
                " ahead on head-to-head (2 points to 0)."
            ),
            (
                "Level with Bees on 4 points and head-to-head (among Ants, Bees, Cats and Dogs);"
                " behind on head-to-head (0 points to 2)."
            ),
            (
                "Level with Ants, Bees and Cats on 4 points;"
                " behind Ants on head-to-head among the four (2 points to 4)."
            ),
            (
                "Level with Dogs on 4 points and head-to-head (among Ants, Bees, Cats and Dogs);"
                " behind on head-to-head (0 points to 2)."
            ),
        ]

    def test_no_later_criterion_leads_back_to_it_unless_it_is_listed_again(self):
        # Of the circle, game difference takes 1 out; of the others, 3 has beaten 2.
        circle = [won(1, 3, 3, 0), won(3, 2), won(2, 1, 2, 1)]

        once = table(3, circle, H2H, DIFFERENCE)
        again = table(3, circle, H2H, DIFFERENCE, H2H)

        assert order(once) == [1, 2, 3]
        assert reasons(once)[2] == "Level with Bees in everything that counts; placed by seed."
        assert order(again) == [1, 3, 2]
        assert reasons(again)[2] == (
            "Level with Cats on 2 points, head-to-head (among Ants, Bees and Cats) and game"
            " difference; behind on head-to-head (0 points to 2)."
        )

    def test_it_counts_where_the_list_has_it(self):
        # 1 has lost to 2, and has the better games.
        results = [won(2, 1), bye(1), won(1, 3, 9, 0), bye(2)]

        assert order(table(3, results, DIFFERENCE, H2H)) == [1, 2, 3]
        assert order(table(3, results, H2H, DIFFERENCE)) == [2, 1, 3]

    def test_of_two_who_have_drawn_the_next_criterion_decides(self):
        rows = table(3, [drew(1, 2), won(2, 3), won(1, 3, 2, 1)], H2H, DIFFERENCE)

        assert order(rows) == [2, 1, 3]
        assert reasons(rows)[0] == (
            "Level with Ants on 3 points and head-to-head;"
            " ahead on game difference (+2 against +1)."
        )

    def test_who_has_drawn_the_only_series_is_placed_by_seed(self):
        (row, _) = table(2, [drew(1, 2)], H2H, DIFFERENCE)

        criteria = [step.criterion for step in row.reason.steps]
        assert criteria == ["points", "head_to_head", "game_difference", "seed"]

    def test_walkovers_and_double_forfeits_are_meetings(self):
        results = [walkover(3, 1), won(3, 2), double_forfeit(2, 1), bye(1), bye(1), bye(2), bye(2)]

        rows = table(3, results, H2H)

        assert order(rows) == [3, 1, 2]
        assert rows[0].reason.steps[-1] == Step(H2H, ((3, 4), (1, 0), (2, 0)))

    def test_of_five_and_more_the_others_are_counted(self):
        # Whoever is of the later seed has won.
        among = [won(b, a) for a, b in combinations(range(1, 6), 2)]
        byes = [bye(seed) for seed in range(1, 6) for _ in range(5 - seed)]

        rows = table(5, among + byes, H2H)

        assert order(rows) == [5, 4, 3, 2, 1]
        assert reasons(rows)[:2] == [
            (
                "Level with 4 other teams on 8 points;"
                " ahead of all on head-to-head among the 5 (8 points to 6 at most)."
            ),
            (
                "Level with 4 other teams on 8 points;"
                " behind Elks on head-to-head among the 5 (6 points to 8)."
            ),
        ]

    def test_four_and_all_three_others_are_named(self):
        among = [won(b, a) for a, b in combinations(range(1, 5), 2)]
        byes = [bye(seed) for seed in range(1, 5) for _ in range(4 - seed)]

        assert reasons(table(4, among + byes, H2H))[0] == (
            "Level with Cats, Bees and Ants on 6 points;"
            " ahead of all on head-to-head among the four (6 points to 4, 2 and 0)."
        )

    def test_a_circle_of_many_is_counted(self):
        circle = [won(a, (a + step) % 5 + 1) for a in range(1, 6) for step in (0, 1)]
        circle[0] = won(1, 2, 9, 0)

        rows = table(5, circle, H2H, DIFFERENCE)

        assert order(rows) == [1, 3, 4, 5, 2]
        assert reasons(rows)[4] == (
            "Level with Elks on 4 points and head-to-head (among 5 teams);"
            " behind on game difference (-7 against 0)."
        )


class TestOtherTieBreaks:
    def test_game_difference_has_the_score_of_a_walkover_and_none_of_a_bye(self):
        rows = table(4, [bye(1), walkover(2, 4), won(3, 4, 2, 1)], DIFFERENCE)

        assert order(rows) == [2, 3, 1, 4]
        assert reasons(rows)[1:3] == [
            "Level with Bees on 2 points; behind on game difference (+1 against +2).",
            "Level with Cats on 2 points; behind on game difference (0 against +1).",
        ]

    def test_wins_are_of_series_with_walkovers_and_byes(self):
        results = [drew(1, 5), drew(1, 5), walkover(2, 5), bye(3), won(4, 5, 5, 4), drew(5, 6)]

        rows = table(6, results, WINS)

        assert order(rows) == [5, 2, 3, 4, 1, 6]
        assert reasons(rows)[4] == (
            "Level with Dogs on 2 points; behind on series won (0 against 1)."
        )

    def test_buchholz_is_what_the_opponents_have(self):
        results = [won(1, 2), drew(3, 4), bye(5), won(1, 5), drew(2, 3), bye(4)]

        rows = table(5, results, BUCHHOLZ)

        assert order(rows) == [1, 4, 5, 3, 2]
        # Points are 4, 1, 2, 3 and 2. A bye counts with one's own: 5 has 2 and the 4 of 1.
        assert {row.seed: row.buchholz for row in rows} == {1: 3, 2: 6, 3: 4, 4: 5, 5: 6}
        assert reasons(rows)[2:4] == [
            "Level with Cats on 2 points; ahead on Buchholz (6 against 4).",
            "Level with Elks on 2 points; behind on Buchholz (4 against 6).",
        ]

    def test_sonneborn_berger_is_what_the_beaten_have_and_half_of_those_drawn_with(self):
        results = [won(1, 2), drew(3, 4), bye(5), won(1, 5), drew(2, 3), bye(4)]

        rows = table(5, results, BERGER)

        assert {row.seed: row.sonneborn_berger for row in rows} == {1: 3, 2: 1, 3: 2, 4: 4, 5: 2}

    def test_sonneborn_berger_decides_by_halves(self):
        rows = table(4, [drew(1, 4), drew(2, 3), bye(3)], BERGER)

        assert order(rows) == [3, 2, 1, 4]
        assert reasons(rows)[1] == (
            "Level with Ants on 1 point; ahead on Sonneborn-Berger (1.5 against 0.5)."
        )

    def test_an_opponent_met_twice_counts_twice(self):
        rows = by_seed(table(2, [drew(1, 2), won(1, 2)]))

        assert (rows[1].buchholz, rows[2].buchholz) == (2, 6)
        assert (rows[1].sonneborn_berger, rows[2].sonneborn_berger) == (1.5, 1.5)

    def test_of_a_double_forfeit_both_are_opponents_that_nobody_beat(self):
        rows = by_seed(table(2, [double_forfeit(1, 2), bye(1)]))

        assert (rows[1].buchholz, rows[2].buchholz) == (2, 2)
        assert (rows[1].sonneborn_berger, rows[2].sonneborn_berger) == (2, 0)

    def test_who_is_disqualified_counts_as_an_opponent(self):
        rows = by_seed(table(3, [won(1, 3), won(3, 2), bye(2)], out={3}))

        assert (rows[1].buchholz, rows[1].sonneborn_berger) == (2, 2)
        assert rows[2].buchholz == 4

    def test_the_seed_decides_last_though_it_is_not_listed(self):
        rows = table(3, [])

        assert order(rows) == [1, 2, 3]
        assert reasons(rows) == [
            "Level with Bees in everything that counts; placed by seed.",
            "Level with Ants in everything that counts; placed by seed.",
            "Level with Bees in everything that counts; placed by seed.",
        ]

    def test_what_is_listed_after_the_seed_never_counts(self):
        rows = table(3, [won(1, 3, 2, 1), won(2, 3)], SEED, DIFFERENCE)

        assert order(rows) == [1, 2, 3]
        assert rows[0].reason.steps[-1] == Step(SEED, ((1, 1), (2, 2)))


class TestDisqualified:
    def test_they_rank_after_everyone_and_among_themselves_as_others_do(self):
        results = [won(1, 2), won(1, 3), won(3, 2), won(2, 4), won(4, 3), drew(5, 1)]

        rows = table(5, results, H2H, out=(1, 2, 3))

        assert order(rows) == [4, 5, 1, 3, 2]
        assert [row.rank for row in rows] == [1, 2, 3, 4, 5]
        assert reasons(rows) == [
            "2 points.",
            "1 point.",
            "Disqualified.",
            "Disqualified.",
            "Disqualified.",
        ]

    def test_nobody_is_level_with_them(self):
        rows = table(2, [bye(1), bye(2)], H2H, out={1})

        assert order(rows) == [2, 1]
        assert reasons(rows) == ["2 points.", "Disqualified."]
        assert rows[1].reason.criterion == "disqualified"

    def test_they_may_be_of_another_group(self):
        assert order(table(2, [won(1, 2)], out={2, 9})) == [1, 2]

    def test_they_can_be_all(self):
        assert order(table(2, [won(2, 1)], out={1, 2})) == [2, 1]


class TestRandomTables:
    """Beside a second way of computing all: each value by a walk through all the results."""

    @given(tournaments())
    def test_the_order_is_the_same_computed_in_another_way(self, tournament):
        teams, results, rules, out = tournament

        rows = standings(teams, results, rules, out=out)

        criteria = [Basis.POINTS, *rules.tie_breaks, SEED]
        kept = ranking([team for team in teams if team not in out], criteria, results, rules)
        last = ranking([team for team in teams if team in out], criteria, results, rules)
        assert order(rows) == kept + last
        assert [row.rank for row in rows] == list(range(1, len(teams) + 1))

    @given(tournaments())
    def test_what_a_row_counts_is_the_same_computed_in_another_way(self, tournament):
        teams, results, rules, out = tournament

        rows = standings(teams, results, rules, out=out)

        for row in rows:
            shares = [side.share for side in sides(results) if side.team == row.seed]
            assert row.played == row.won + row.drawn + row.lost == len(shares)
            assert (row.won, row.drawn) == (shares.count(1), shares.count(0.5))
            for criterion, counted in {
                Basis.POINTS: row.points,
                DIFFERENCE: row.games_won - row.games_lost,
                BUCHHOLZ: row.buchholz,
                BERGER: row.sonneborn_berger,
            }.items():
                assert counted == value(criterion, row.seed, results, rules)
        assert sum(row.games_won - row.games_lost for row in rows) == 0

    @given(tournaments(), st.randoms(use_true_random=False))
    def test_nothing_depends_on_the_order_of_anything(self, tournament, random):
        teams, results, rules, out = tournament
        turned = [
            Result(one.b, one.a, one.score_b, one.score_a, one.winner, one.outcome)
            if one.b != NOBODY and random.random() < 0.5
            else one
            for one in random.sample(results, len(results))
        ]

        again = standings(random.sample(teams, len(teams)), iter(turned), rules, out=set(out))

        assert again == standings(teams, results, rules, out=out)

    @given(tournaments())
    def test_the_reason_is_what_set_the_two_apart(self, tournament):
        teams, results, rules, out = tournament
        kept = [team for team in teams if team not in out]

        rows = standings(teams, results, rules, out=out)

        for row, rival in zip(rows, rivals(rows, out), strict=True):
            if row.seed in out:
                assert row.reason == Reason(NOBODY, (Step(Basis.DISQUALIFIED, ()),))
            elif len(kept) > 1:
                assert row.reason.rival == rival
                steps = compared(row.seed, rival, kept, results, rules)
                assert [step.criterion for step in row.reason.steps] == [name for name, _ in steps]
                for step, (criterion, values) in zip(row.reason.steps, steps, strict=True):
                    sign = -1 if criterion == SEED else 1
                    assert {team: sign * less for team, less in step.values} == values
                    assert sorted(step.values, key=lambda it: -sign * it[1]) == [*step.values]

    @given(tournaments())
    def test_the_explanation_is_true(self, tournament):
        teams, results, rules, out = tournament
        kept = [team for team in teams if team not in out]

        rows = standings(teams, results, rules, out=out)

        for row, rival in zip(rows, rivals(rows, out), strict=True):
            said = explain(row, NAMES)
            if row.seed in out:
                assert said == "Disqualified."
            elif not any(level(row, other, out) for other in rows):
                assert said in {f"{row.points} points.", f"{row.points} point."}
            else:
                check(said, row.seed, rival, compared(row.seed, rival, kept, results, rules))


def check(said, team, rival, steps):
    """Take the sentence apart, and look each of its claims up."""
    criterion, values = steps[-1]
    if criterion == SEED:
        assert said == f"Level with {NAMES[rival]} in everything that counts; placed by seed."
        return
    claim = SENTENCE.fullmatch(said)
    assert LABELS[claim["label"]] == criterion
    others = set(values) - {team} if criterion == H2H else {rival}
    assert seeds(claim["others"], others) == others
    numbers = [float(number) for number in re.findall(r"[+-]?[\d.]+", claim["values"])]
    assert numbers[0] == values[team]
    assert numbers[1] == values[rival]
    assert bool(claim["among"]) == (len(others) > 1)
    if claim["among"]:
        assert COUNTS.get(claim["among"], claim["among"]) == str(len(values))
    if claim["side"] == "ahead":
        assert all(values[team] > values[other] for other in others)
        assert claim["whom"] == {1: None, 2: "of both"}.get(len(others), "of all")
        if len(others) > 3:
            assert said.endswith(" at most).")
            assert numbers[1:] == [max(values[other] for other in others)]
        else:
            assert numbers[1:] == sorted((values[other] for other in others), reverse=True)
    else:
        assert values[team] < values[rival]
        assert claim["whom"] == (NAMES[rival] if len(others) > 1 else None)
        assert len(numbers) == 2
    shared = LEVEL.findall(claim["level"])
    assert [LABELS[label] for label, _ in shared] == list(
        dict.fromkeys(criterion for criterion, _ in steps[:-1])
    )
    assert claim["level"].split()[0] == str(steps[0][1][team])
    for label, among in shared:
        applied = [values for criterion, values in steps[:-1] if criterion == LABELS[label]]
        for values in applied:
            assert {values[other] for other in others} == {values[team]}
        if LABELS[label] == H2H:
            named = seeds(among, applied[-1]) if among else others | {team}
            assert named == set(applied[-1])
            assert bool(among) == (named != others | {team})


LABELS = {
    "point": Basis.POINTS,
    "points": Basis.POINTS,
    "head-to-head": H2H,
    "game difference": DIFFERENCE,
    "series won": WINS,
    "Buchholz": BUCHHOLZ,
    "Sonneborn-Berger": BERGER,
}
COUNTS = {"three": "3", "four": "4"}
LABEL = f"({'|'.join(sorted(LABELS, reverse=True))})"
LEVEL = re.compile(rf"{LABEL}(?: \(among ([^)]+)\))?")
SENTENCE = re.compile(
    r"Level with (?P<others>.+?) on (?P<level>-?\d+ points?.*); (?P<side>ahead|behind)"
    rf"(?: (?P<whom>of both|of all|[A-Z]\w+))? on (?P<label>{LABEL})"
    r"(?: among the (?P<among>\w+))? \((?P<values>.+)\)\."
)


def seeds(words, expected):
    """Whose names these are; or, if they are only counted, the expected ones if as many."""
    counted = re.fullmatch(r"(\d+) (other )?teams", words)
    if counted:
        assert len(expected) == int(counted[1]) > 3
        return set(expected)
    return {seed for seed, name in NAMES.items() if name in re.findall(r"\w+", words)}


def level(row, other, out):
    return row != other and row.points == other.points and not {row.seed, other.seed} & {*out}


def rivals(rows, out):
    """Whom each is compared with: the one above, or below for the first of those level."""
    for place, row in enumerate(rows):
        above, below = rows[max(place - 1, 0)], rows[min(place + 1, len(rows) - 1)]
        if place == 0 or (level(row, below, out) and not level(row, above, out)):
            yield below.seed
        else:
            yield above.seed


class TestCost:
    """In seconds of our own, as other tests may keep the machine busy."""

    ALL = Rules(Kind.SWISS, tie_breaks=tuple(TieBreak))

    def seconds(self, results):
        times = []
        for _ in range(3):
            start = process_time()
            standings(range(1, 257), results, self.ALL)
            times.append(process_time() - start)
        return min(times)

    def test_nine_swiss_rounds_of_256(self):
        random = Random(1)
        rounds = [random.sample(range(1, 257), 256) for _ in range(9)]
        pairs = [pair for teams in rounds for pair in zip(teams[::2], teams[1::2], strict=True)]

        assert self.seconds([won(*pair) for pair in pairs]) < 0.02

    def test_a_round_robin_of_256(self):
        assert self.seconds([drew(*pair) for pair in combinations(range(1, 257), 2)]) < 1

    def test_a_group_from_which_head_to_head_takes_two_at_a_time(self):
        # Each has beaten the next, and drawn with all others: only the first and last stand out.
        chain = [won(a, b) if b == a + 1 else drew(a, b) for a, b in combinations(range(1, 129), 2)]
        # Draws with others bring all level.
        chain += [drew(a, 129) for a in range(2, 129)] + [drew(128, 130)]

        rows = standings(range(1, 257), chain, self.ALL)

        assert max(len(row.reason.steps) for row in rows) > 60
        assert self.seconds(chain) < 1
