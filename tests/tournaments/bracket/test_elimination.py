from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import permutations, product

import pytest

from app.tournaments.bracket.elimination import DROPS, double_elimination, single_elimination
from app.tournaments.bracket.structure import Key, LoserOf, Place, Section, Seed, WinnerOf
from tests.tournaments.bracket.playing import EVERY_SIZE

UNIT = 2**64
# By the number of upper rounds, the first lower one in which two must be able to meet again.
LATEST = {2: 2, 3: 3, 4: 4, 5: 5, 6: 7, 7: 8, 8: 9}


def seeds(teams):
    return [Seed(seed) for seed in range(1, teams + 1)]


@cache
def single(teams):
    return tuple(single_elimination(seeds(teams), third_place=True))


@cache
def double(teams):
    return tuple(double_elimination(seeds(teams)))


def number_of_rounds(teams):
    """How many rounds the upper bracket has: 2 to the power of it is the size of the grid."""
    return (teams - 1).bit_length()


def drawn(series):
    return [f"{each.key}: {each.a} {each.b}" for each in series]


def sections(series):
    return Counter(each.key.section for each in series)


def in_section(series, section):
    return [each for each in series if each.key.section == section]


def ways(series):
    """Where the winner and where the loser of each series go. The reset takes both once more."""
    winners, losers = {}, {}
    for each in series:
        for source in (each.a, each.b):
            if isinstance(source, WinnerOf) and not each.is_reset:
                assert source.key not in winners
                winners[source.key] = each.key
            if isinstance(source, LoserOf) and not each.is_reset:
                assert source.key not in losers
                losers[source.key] = each.key
    return winners, losers


def wins_from(key, winners):
    """The series that a team plays one after the other, from this one on, while it wins."""
    path = [key]
    while winners.get(path[-1], key).section == key.section and path[-1] in winners:
        path.append(winners[path[-1]])
    return path


def rematches(series):
    """The lower series in which two can meet again, each with how likely that is by coin flips.

    Both have lost once then, so the first time was in the upper bracket: there one of them lost to
    the other, who went on and lost later. Both have to win until their ways meet.
    """
    winners, losers = ways(series)
    for first in in_section(series, Section.UPPER):
        if losers[first.key].section != Section.LOWER:
            continue
        loses = wins_from(losers[first.key], winners)
        for later, upper in enumerate(wins_from(first.key, winners)[1:], start=1):
            wins = wins_from(losers[upper], winners)
            again = next(key for key in wins if key in loses)
            yield again, Fraction(1, 2 ** (later + wins.index(again) + loses.index(again)))


def expected_rematches(series):
    return sum(chance for _, chance in rematches(series))


def first_rematch(series):
    """In which round of the lower bracket two can meet again at the earliest."""
    return min((key.round for key, _ in rematches(series)), default=None)


def redrawn(series, orders):
    """The same bracket, with the losers of the upper rounds 2, 3 and so on in these orders."""
    for each in series:
        number = each.key.round // 2 + 1
        if each.key.section == Section.LOWER and each.key.round % 2 == 0:
            place = orders[number - 2][each.key.position - 1]
            yield each._replace(a=LoserOf(Key(Section.UPPER, 0, number, place + 1)))
        else:
            yield each


def by_masks(masks, rounds):
    return [
        [place ^ mask for place in range(2 ** (rounds - number))]
        for number, mask in enumerate(masks, start=2)
    ]


def meeting(rounds_apart, mask, later_mask):
    """How many rounds of the lower bracket two have to win in it before they can meet again.

    The first lost to the other in an upper round and dropped by `mask`; the other lost some rounds
    later, and dropped by the later one. Each time the places left are halved, a bit of the places
    in which they differ goes; only in every second round they are.
    """
    differ = (mask >> rounds_apart) ^ later_mask
    return max(0, 2 * differ.bit_length() - 1)


def chance_of_meeting(first, later, mask, later_mask):
    """The rematches to be expected of those who lost in these two upper rounds, and met before.

    They are relative to the number of teams, in units of UNIT.
    """
    apart = later - first
    wins = meeting(apart, mask, later_mask)
    # The first round of the lower bracket takes no one but the first losers.
    return UNIT >> (first + apart + 2 * apart - (first == 1) + 2 * wins)


def comes_as_late_as(wanted, number, mask, masks):
    """Whether nobody who drops by the mask, from this upper round, can meet again before then."""
    return 2 * number - 2 + meeting(number - 1, 0, mask) >= wanted and all(
        2 * later - 2 + meeting(later - number, mask, later_mask) >= wanted
        for later, later_mask in enumerate(masks, start=number + 1)
    )


def can_come_as_late_as(wanted, rounds, masks=()):
    """Whether by any masks nobody can meet again before this round of the lower bracket."""
    number = rounds - len(masks)
    return number == 1 or any(
        comes_as_late_as(wanted, number, mask, masks)
        and can_come_as_late_as(wanted, rounds, (mask, *masks))
        for mask in range(2 ** (rounds - number))
    )


def best_masks(rounds):
    """Search all masks by which nobody can meet again before the latest round for that.

    Answers the fewest expected rematches, and the first masks that have them.
    """
    best = UNIT, ()
    wanted = LATEST[rounds]

    def go_on(masks, expected):
        nonlocal best
        number = rounds - len(masks)
        if expected > best[0]:
            return
        if number == 1:
            best = min(best, (expected, tuple(masks)))
            return
        for mask in range(2 ** (rounds - number)):
            if not comes_as_late_as(wanted, number, mask, masks):
                continue
            go_on(
                [mask, *masks],
                expected
                + chance_of_meeting(1, number, 0, mask)
                + sum(
                    chance_of_meeting(number, later, mask, later_mask)
                    for later, later_mask in enumerate(masks, start=number + 1)
                ),
            )

    go_on([], 0)
    return Fraction(best[0] * 2**rounds, UNIT), best[1]


def test_six_teams():
    assert drawn(single_elimination(seeds(6), third_place=True)) == [
        "upper.0.1.2: seed:4 seed:5",
        "upper.0.1.4: seed:3 seed:6",
        "upper.0.2.1: seed:1 winner:upper.0.1.2",
        "upper.0.2.2: seed:2 winner:upper.0.1.4",
        "upper.0.3.1: winner:upper.0.2.1 winner:upper.0.2.2",
        "third_place.0.1.1: loser:upper.0.2.1 loser:upper.0.2.2",
    ]


def test_two_teams_that_can_lose_twice():
    assert drawn(double_elimination(seeds(2))) == [
        "upper.0.1.1: seed:1 seed:2",
        "grand_final.0.1.1: winner:upper.0.1.1 loser:upper.0.1.1",
        "grand_final.0.2.1: loser:grand_final.0.1.1 winner:grand_final.0.1.1",
    ]


def test_three_teams_that_can_lose_twice():
    assert drawn(double_elimination(seeds(3), reset=False)) == [
        "upper.0.1.2: seed:2 seed:3",
        "upper.0.2.1: seed:1 winner:upper.0.1.2",
        "lower.0.2.1: loser:upper.0.2.1 loser:upper.0.1.2",
        "grand_final.0.1.1: winner:upper.0.2.1 winner:lower.0.2.1",
    ]


def test_eight_teams_that_can_lose_twice():
    assert drawn(double_elimination(seeds(8))) == [
        "upper.0.1.1: seed:1 seed:8",
        "upper.0.1.2: seed:4 seed:5",
        "upper.0.1.3: seed:2 seed:7",
        "upper.0.1.4: seed:3 seed:6",
        "upper.0.2.1: winner:upper.0.1.1 winner:upper.0.1.2",
        "upper.0.2.2: winner:upper.0.1.3 winner:upper.0.1.4",
        "upper.0.3.1: winner:upper.0.2.1 winner:upper.0.2.2",
        "lower.0.1.1: loser:upper.0.1.1 loser:upper.0.1.2",
        "lower.0.1.2: loser:upper.0.1.3 loser:upper.0.1.4",
        "lower.0.2.1: loser:upper.0.2.2 winner:lower.0.1.1",
        "lower.0.2.2: loser:upper.0.2.1 winner:lower.0.1.2",
        "lower.0.3.1: winner:lower.0.2.1 winner:lower.0.2.2",
        "lower.0.4.1: loser:upper.0.3.1 winner:lower.0.3.1",
        "grand_final.0.1.1: winner:upper.0.3.1 winner:lower.0.4.1",
        "grand_final.0.2.1: loser:grand_final.0.1.1 winner:grand_final.0.1.1",
    ]


def test_there_are_no_more_series_than_it_takes():
    for teams in EVERY_SIZE:
        upper = {Section.UPPER: teams - 1}
        # Up to three teams there are no two who lost a semi-final.
        third = {Section.THIRD_PLACE: 1} if teams > 3 else {}
        assert sections(single(teams)) == upper | third
        # All but the two of the grand final go out in the lower bracket, one in each series.
        lower = {Section.LOWER: teams - 2} if teams > 2 else {}
        assert sections(double(teams)) == upper | lower | {Section.GRAND_FINAL: 2}


def test_third_place_and_reset_are_left_out_if_not_wanted():
    for teams in EVERY_SIZE:
        without = drawn(single_elimination(seeds(teams)))
        assert without == drawn(single(teams))[: teams - 1]
        without = drawn(double_elimination(seeds(teams), reset=False))
        assert without == drawn(double(teams))[:-1]


def test_the_final_is_last_and_every_other_end_leads_on():
    for teams in EVERY_SIZE:
        winners, losers = ways(double(teams))
        upper = {each.key for each in in_section(double(teams), Section.UPPER)}
        lower = {each.key for each in in_section(double(teams), Section.LOWER)}
        assert winners.keys() == upper | lower
        assert losers.keys() == upper
        *_, last, reset = double(teams)
        assert last.key == Key(Section.GRAND_FINAL, 0, 1, 1)
        assert last.a.key == Key(Section.UPPER, 0, number_of_rounds(teams), 1)
        # The one side is from the upper bracket, the other from the lower.
        assert isinstance(last.a, WinnerOf)
        assert isinstance(last.b, WinnerOf if teams > 2 else LoserOf)
        assert last.b.key in (lower if teams > 2 else upper)
        assert reset.key == last.key._replace(round=2)
        assert [each for each in double(teams) if each.is_reset] == [reset]

        winners, losers = ways(single(teams))
        final = last.a.key
        assert winners.keys() == upper - {final}
        semi_finals = {key for key in upper if winners.get(key) == final}
        assert losers.keys() == (semi_finals if teams > 3 else set())


def test_each_series_comes_after_those_that_its_teams_come_from():
    for teams in EVERY_SIZE:
        for series in (single(teams), double(teams)):
            before, begin = set(), []
            for each in series:
                for source in (each.a, each.b):
                    if isinstance(source, Seed):
                        begin.append(source.seed)
                    else:
                        assert source.key in before
                before.add(each.key)
            assert len(before) == len(series)
            assert sorted(begin) == list(range(1, teams + 1))


def test_entrants_can_be_any_sources():
    places = [Place(group, rank) for rank in (1, 2) for group in (1, 2, 3)]
    for draw in (single_elimination, double_elimination):
        lines = "\n".join(drawn(draw(seeds(6))))
        for seed, place in enumerate(places, start=1):
            lines = lines.replace(f"seed:{seed}", str(place))
        assert drawn(draw(places)) == lines.split("\n")


def test_only_the_top_seeds_have_a_bye_and_no_more_than_one():
    for teams in EVERY_SIZE:
        size = 2 ** number_of_rounds(teams)
        upper = in_section(double(teams), Section.UPPER)
        assert drawn(upper) == drawn(in_section(single(teams), Section.UPPER))
        begins = {
            source.seed: each.key.round
            for each in upper
            for source in (each.a, each.b)
            if isinstance(source, Seed)
        }
        assert sum(each.key.round == 1 for each in upper) == teams - size // 2
        assert begins == {seed: 2 if seed <= size - teams else 1 for seed in begins}
        assert begins.keys() == set(range(1, teams + 1))


def test_of_the_top_seeds_each_has_a_part_of_the_bracket_for_itself():
    """1 and 2 can meet in the final alone, 1 to 4 not before the semi-finals, and so on."""
    for teams in EVERY_SIZE:
        rounds = number_of_rounds(teams)
        behind = {}
        for each in in_section(single(teams), Section.UPPER):
            left = 2 ** (rounds - each.key.round + 1)
            sides = [
                {source.seed} if isinstance(source, Seed) else behind[source.key]
                for source in (each.a, each.b)
            ]
            for side in sides:
                assert sum(seed <= left for seed in side) == 1
            # The two of them who should meet here.
            assert min(sides[0]) + min(sides[1]) == left + 1
            behind[each.key] = sides[0] | sides[1]


def test_positions_are_those_of_the_whole_grid():
    for teams in EVERY_SIZE:
        rounds = number_of_rounds(teams)
        winners, losers = ways(double(teams))
        for each in double(teams):
            section, _, number, position = each.key
            after = winners.get(each.key)
            if section == Section.UPPER:
                assert 1 <= position <= 2 ** (rounds - number)
                if number < rounds:
                    assert after == Key(section, 0, number + 1, (position + 1) // 2)
                # The losers of the first round meet each other, all later ones who is left.
                assert losers[each.key].round >= max(1, 2 * number - 2) or number == rounds == 1
            if section == Section.LOWER:
                assert 1 <= position <= 2 ** (rounds - 1 - (number + 1) // 2)
                if after.section == Section.LOWER:
                    halved = (after.round + 1) // 2 - (number + 1) // 2
                    assert after.round > number
                    assert after.position == ((position - 1) >> halved) + 1


def test_who_is_left_in_the_lower_bracket_meets_the_losers_of_the_next_upper_round():
    for teams in EVERY_SIZE:
        for each in in_section(double(teams), Section.LOWER):
            sections = [source.key.section for source in (each.a, each.b)]
            if each.key.round % 2 == 0:
                assert sections[0] == Section.UPPER
                assert isinstance(each.a, LoserOf)
                assert each.a.key.round == each.key.round // 2 + 1
            for source, section in zip((each.a, each.b), sections, strict=True):
                assert isinstance(source, LoserOf) == (section == Section.UPPER)


def test_third_place_is_between_those_who_lost_a_semi_final():
    for teams in range(4, 257):
        last = number_of_rounds(teams) - 1
        assert drawn(single(teams))[-1] == (
            f"third_place.0.1.1: loser:upper.0.{last}.1 loser:upper.0.{last}.2"
        )


def test_drops_are_possible():
    assert list(DROPS) == list(range(2, 9))
    for rounds, masks in DROPS.items():
        assert len(masks) == rounds - 1
        assert all(mask < 2**at for at, mask in enumerate(reversed(masks)))


def test_the_losers_drop_as_the_masks_say():
    for rounds, masks in DROPS.items():
        series = double(2**rounds)
        assert drawn(redrawn(series, by_masks(masks, rounds))) == drawn(series)


@pytest.mark.parametrize("rounds", [2, 3, 4, 5])
def test_no_masks_have_rematches_later_or_fewer_of_them(rounds):
    series = double(2**rounds)
    every = {
        masks: list(redrawn(series, by_masks(masks, rounds)))
        for masks in product(*(range(2 ** (rounds - number)) for number in range(2, rounds + 1)))
    }
    late = {
        masks: expected_rematches(drawn)
        for masks, drawn in every.items()
        if first_rematch(drawn) == LATEST[rounds]
    }
    assert max(map(first_rematch, every.values())) == LATEST[rounds]
    fewest = min(late.values())
    assert DROPS[rounds] == min(masks for masks in late if late[masks] == fewest)
    assert best_masks(rounds) == (fewest, DROPS[rounds])


@pytest.mark.parametrize("rounds", [6, 7, 8])
def test_nor_have_any_for_more_teams(rounds):
    expected, masks = best_masks(rounds)
    assert masks == DROPS[rounds]
    assert expected_rematches(double(2**rounds)) == expected


@pytest.mark.parametrize("rounds", [3, 4])
def test_nor_has_any_other_order(rounds):
    series = double(2**rounds)
    places = [range(2 ** (rounds - number)) for number in range(2, rounds + 1)]
    every = [list(redrawn(series, orders)) for orders in product(*map(permutations, places))]
    assert expected_rematches(series) == min(map(expected_rematches, every))
    assert first_rematch(series) == max(map(first_rematch, every))


def test_what_is_to_be_expected_is_what_all_courses_have_on_average():
    """All that can happen with eight teams before the grand final, each as likely as any other."""
    series = [each for each in double(8) if each.key.section != Section.GRAND_FINAL]
    found = 0
    for flips in product((False, True), repeat=len(series)):
        ended, met = {}, set()
        for each, flip in zip(series, flips, strict=True):
            a, b = (
                source.seed if isinstance(source, Seed) else ended[str(source)]
                for source in (each.a, each.b)
            )
            ended[f"winner:{each.key}"], ended[f"loser:{each.key}"] = (a, b) if flip else (b, a)
            pair = min(a, b), max(a, b)
            found += pair in met
            met.add(pair)
    assert Fraction(found, 2 ** len(series)) == expected_rematches(double(8))


@pytest.mark.parametrize("rounds", LATEST)
def test_nobody_meets_again_before_there_is_no_other_way(rounds):
    assert first_rematch(double(2**rounds)) == LATEST[rounds]
    assert can_come_as_late_as(LATEST[rounds], rounds)
    assert not can_come_as_late_as(LATEST[rounds] + 1, rounds)
    # Byes make no way shorter.
    for teams in range(2 ** (rounds - 1) + 1, 2**rounds):
        assert first_rematch(double(teams)) >= LATEST[rounds]
