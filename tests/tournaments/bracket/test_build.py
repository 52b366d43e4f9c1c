from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from app.tournaments.bracket.build import build
from app.tournaments.bracket.seeding import snake
from app.tournaments.bracket.structure import (
    BestOf,
    ImpossibleBracket,
    Key,
    Kind,
    LoserOf,
    Paired,
    Place,
    Rules,
    Section,
    Seed,
    WinnerOf,
    parse_source,
)
from tests.tournaments.bracket.playing import EVERY_SIZE, formats

SINGLE, DOUBLE = Kind.SINGLE_ELIMINATION, Kind.DOUBLE_ELIMINATION
ROUND_ROBIN, SWISS = Kind.ROUND_ROBIN, Kind.SWISS


def in_section(bracket, section):
    return [each for each in bracket.series if each.key.section == section]


def games(bracket):
    """How many games the series of each round have, by the section."""
    found = {}
    for each in bracket.series:
        rounds = found.setdefault(each.key.section, {})
        assert rounds.setdefault(each.key.round, each.best_of) == each.best_of
    return {section: list(rounds.values()) for section, rounds in found.items()}


def best_of(rules, teams, *rounds, **others):
    return games(build(Rules(rules, best_of_rounds=rounds, **others), teams))


def mates(source, behind):
    """How many of each group can come from there."""
    return Counter([source.group]) if isinstance(source, Place) else behind[source.key]


@pytest.mark.parametrize("teams", [-1, 0, 1, 257, 1000])
@pytest.mark.parametrize("kind", Kind)
def test_a_bracket_has_2_to_256_teams(kind, teams):
    with pytest.raises(ImpossibleBracket, match=rf"^A bracket has 2 to 256 teams, not {teams}\.$"):
        build(Rules(kind), teams)


@pytest.mark.parametrize(
    ("rules", "teams", "sentence"),
    [
        (Rules(ROUND_ROBIN, groups=3), 5, "3 groups need 6 teams or more, not 5."),
        (Rules(ROUND_ROBIN, groups=128), 255, "128 groups need 256 teams or more, not 255."),
        (Rules(SWISS, swiss_rounds=4), 3, "3 teams play 3 Swiss rounds at most, not 4."),
        (Rules(SWISS, swiss_rounds=4), 4, "4 teams play 3 Swiss rounds at most, not 4."),
        (Rules(SWISS, swiss_rounds=2), 2, "2 teams play 1 Swiss rounds at most, not 2."),
        (
            Rules(ROUND_ROBIN, playoff=SINGLE),
            8,
            "Two teams or more must qualify for the playoff.",
        ),
        (
            Rules(ROUND_ROBIN, playoff=DOUBLE, qualifiers=1),
            8,
            "Two teams or more must qualify for the playoff.",
        ),
        (
            Rules(SWISS, playoff=DOUBLE, qualifiers=1),
            8,
            "Two teams or more must qualify for the playoff.",
        ),
        (
            # So many are in the smaller group.
            Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=4),
            7,
            "4 cannot qualify where there are 3.",
        ),
        (Rules(SWISS, playoff=SINGLE, qualifiers=9), 8, "9 cannot qualify where there are 8."),
    ],
)
def test_what_cannot_be_says_what_can(rules, teams, sentence):
    with pytest.raises(ImpossibleBracket) as refused:
        build(rules, teams)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("rules", "teams"),
    [
        (Rules(ROUND_ROBIN, groups=3), 6),
        (Rules(ROUND_ROBIN, groups=128), 256),
        (Rules(SWISS, swiss_rounds=3), 3),
        (Rules(SWISS, swiss_rounds=3), 4),
        (Rules(SWISS, swiss_rounds=1), 2),
        (Rules(ROUND_ROBIN, playoff=SINGLE, qualifiers=2), 8),
        (Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=1), 8),
        (Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=3), 7),
        (Rules(SWISS, playoff=SINGLE, qualifiers=2), 8),
        (Rules(SWISS, playoff=SINGLE, qualifiers=8), 8),
    ],
)
def test_the_most_and_the_least_that_can_be(rules, teams):
    assert build(rules, teams).series


def test_keys_and_sources_can_be_read_back():
    for teams in [*range(2, 20), 64, 100, 255, 256]:
        for rules in formats(teams):
            if rules.kind == ROUND_ROBIN and rules.groups < 3 and teams > 64:
                continue
            for each in build(rules, teams).series:
                assert Key.parse(str(each.key)) == each.key
                for source in (each.a, each.b):
                    assert parse_source(str(source)) == source


def test_texts_of_keys_and_sources():
    key = Key(Section.THIRD_PLACE, 0, 1, 12)
    assert str(key) == "third_place.0.1.12"
    assert Key.parse("third_place.0.1.12") == key
    assert isinstance(Key.parse("upper.0.1.1").section, Section)
    texts = ["seed:7", f"winner:{key}", f"loser:{key}", "place:2.13", "paired"]
    assert list(map(str, [Seed(7), WinnerOf(key), LoserOf(key), Place(2, 13), Paired()])) == texts


def test_the_winner_of_a_series_is_not_its_loser():
    key = Key(Section.UPPER, 0, 1, 1)
    assert len({WinnerOf(key), LoserOf(key), Seed(1), Place(1, 1), Paired()}) == 5
    assert WinnerOf(key) != LoserOf(key)


@pytest.mark.parametrize(
    "text", ["", "bye", "seed", "seed:", "winner:", "winner:upper.0.1", "place:1", "winner:x.0.1.1"]
)
def test_no_source(text):
    with pytest.raises((ValueError, TypeError)):
        parse_source(text)


def test_series_are_found_by_their_keys():
    for rules in formats(16):
        bracket = build(rules, 16)
        assert bracket.rules is rules
        assert bracket.teams == 16
        assert list(bracket.by_key) == [each.key for each in bracket.series]
        assert tuple(bracket.by_key.values()) == bracket.series


@pytest.mark.parametrize(
    ("best_of", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4), (9, 5)]
)
def test_how_many_games_win_a_series(best_of, needed):
    series = build(Rules(SINGLE, best_of=best_of), 2).series[0]
    assert (series.best_of, series.needed) == (best_of, needed)


def test_elimination_is_drawn_as_the_rules_want_it():
    assert not in_section(build(Rules(SINGLE), 8), Section.THIRD_PLACE)
    assert in_section(build(Rules(SINGLE, third_place=True), 8), Section.THIRD_PLACE)
    # There the third is who loses the lower final.
    assert not in_section(build(Rules(DOUBLE, third_place=True), 8), Section.THIRD_PLACE)
    assert len(in_section(build(Rules(DOUBLE), 8), Section.GRAND_FINAL)) == 2
    without = build(Rules(DOUBLE, grand_final_reset=False), 8)
    assert len(in_section(without, Section.GRAND_FINAL)) == 1


def test_all_of_a_group_meet_once_in_every_leg():
    alone = [(teams, 1) for teams in range(2, 41)]
    snaked = [(teams, teams // (2 + teams % 7)) for teams in EVERY_SIZE if teams > 8]
    for teams, groups in [*alone, *snaked, (100, 1), (199, 1), (256, 1), (256, 128)]:
        for legs in (1, 2) if teams < 41 else (1,):
            met, playing = Counter(), Counter()
            for key, a, b, _ in build(Rules(ROUND_ROBIN, groups=groups, legs=legs), teams).series:
                assert key.section == Section.GROUP
                met[key.group, min(a.seed, b.seed), max(a.seed, b.seed)] += 1
                playing.update([(key.round, a.seed), (key.round, b.seed)])
            assert met == {
                (group, a, b): legs
                for group, seeds in enumerate(snake(teams, groups), start=1)
                for a, b in combinations(sorted(seeds), 2)
            }
            assert set(playing.values()) == {1}


def test_groups_are_played_one_round_after_the_other():
    series = build(Rules(ROUND_ROBIN, groups=2, legs=2), 7).series
    assert [f"{each.key}: {each.a} {each.b}" for each in series if each.key.group == 1] == [
        "group.1.1.1: seed:4 seed:5",
        "group.1.2.1: seed:5 seed:1",
        "group.1.3.1: seed:1 seed:4",
        "group.1.4.1: seed:5 seed:4",
        "group.1.5.1: seed:1 seed:5",
        "group.1.6.1: seed:4 seed:1",
    ]
    keys = [each.key for each in series]
    assert keys == sorted(keys)
    assert [key.position for key in keys if key.group == 2] == [1, 2] * 6


def test_a_swiss_round_has_a_series_for_every_two_and_one_for_the_bye():
    for teams in EVERY_SIZE:
        rounds = max(1, (teams - 1).bit_length())
        keys = [each.key for each in build(Rules(SWISS), teams).series]
        assert keys == [
            Key(Section.SWISS, 0, number, position)
            for number in range(1, rounds + 1)
            for position in range(1, teams // 2 + teams % 2 + 1)
        ]
    bracket = build(Rules(SWISS, swiss_rounds=2), 6)
    assert len(bracket.series) == 6
    assert all((str(each.a), str(each.b)) == ("paired", "paired") for each in bracket.series)


def test_the_playoff_takes_who_qualifies_and_comes_after_the_groups():
    for teams in EVERY_SIZE:
        for rules in formats(teams) if teams < 16 else formats(teams)[7:9]:
            if rules.playoff is None:
                continue
            bracket = build(rules, teams)
            stages = [each.key.section in {Section.GROUP, Section.SWISS} for each in bracket.series]
            assert stages == sorted(stages, reverse=True)
            places = [
                source
                for each in bracket.series
                for source in (each.a, each.b)
                if isinstance(source, Place)
            ]
            groups = [0] if rules.kind == SWISS else range(1, rules.groups + 1)
            assert len(places) == len(set(places))
            assert set(places) == {
                Place(group, rank) for group in groups for rank in range(1, rules.qualifiers + 1)
            }
            qualified = len(places)
            upper = in_section(bracket, Section.UPPER)
            assert len(upper) == qualified - 1
            lower = in_section(bracket, Section.LOWER)
            assert len(lower) == (qualified - 2 if rules.playoff == DOUBLE else 0)
            third = in_section(bracket, Section.THIRD_PLACE)
            assert len(third) == (rules.third_place and qualified > 3)
            finals = in_section(bracket, Section.GRAND_FINAL)
            assert len(finals) == (rules.playoff == DOUBLE) * (1 + rules.grand_final_reset)


def test_swiss_standings_seed_the_playoff():
    bracket = build(Rules(SWISS, playoff=SINGLE, qualifiers=6), 16)
    assert [f"{each.key}: {each.a} {each.b}" for each in in_section(bracket, Section.UPPER)] == [
        "upper.0.1.2: place:0.4 place:0.5",
        "upper.0.1.4: place:0.3 place:0.6",
        "upper.0.2.1: place:0.1 winner:upper.0.1.2",
        "upper.0.2.2: place:0.2 winner:upper.0.1.4",
        "upper.0.3.1: winner:upper.0.2.1 winner:upper.0.2.2",
    ]


def test_group_winners_have_the_byes():
    bracket = build(Rules(ROUND_ROBIN, groups=3, playoff=DOUBLE, qualifiers=2), 12)
    assert [f"{each.key}: {each.a} {each.b}" for each in in_section(bracket, Section.UPPER)] == [
        "upper.0.1.2: place:3.2 place:2.2",
        "upper.0.1.4: place:3.1 place:1.2",
        "upper.0.2.1: place:1.1 winner:upper.0.1.2",
        "upper.0.2.2: place:2.1 winner:upper.0.1.4",
        "upper.0.3.1: winner:upper.0.2.1 winner:upper.0.2.2",
    ]


def test_group_mates_are_apart_in_the_playoff():
    """No part of the bracket has more of a group than it must, so that they meet late."""
    for groups in [*range(1, 9), 12, 16, 21, 32, 64, 128]:
        for qualifiers in {2, 3, 4, 64 // groups} & set(range(2, 256 // groups + 1)):
            rules = Rules(ROUND_ROBIN, groups=groups, playoff=SINGLE, qualifiers=qualifiers)
            bracket = build(rules, groups * qualifiers)
            behind = {}
            last = max(each.key.round for each in in_section(bracket, Section.UPPER))
            for each in in_section(bracket, Section.UPPER):
                parts = 2 ** (last - each.key.round)
                both = sum((mates(source, behind) for source in (each.a, each.b)), Counter())
                assert max(both.values()) <= -(-qualifiers // parts)
                behind[each.key] = both


def test_all_rounds_have_as_many_games_if_nothing_else_is_said():
    assert best_of(DOUBLE, 8, best_of=3) == {
        Section.UPPER: [3, 3, 3],
        Section.LOWER: [3, 3, 3, 3],
        Section.GRAND_FINAL: [3, 3],
    }


def test_a_round_counts_from_the_last_if_it_is_negative():
    upper, lower = Section.UPPER, Section.LOWER
    found = best_of(DOUBLE, 16, BestOf(upper, -1, 5), BestOf(upper, -4, 7), BestOf(lower, 2, 9))
    assert found[upper] == [7, 1, 1, 5]
    assert found[lower] == [1, 9, 1, 1, 1, 1]
    assert best_of(SINGLE, 16, BestOf(upper, -2, 3), BestOf(upper, 1, 5))[upper] == [5, 1, 3, 1]


def test_what_names_a_round_goes_before_what_names_none():
    upper = Section.UPPER
    every, last, third = BestOf(upper, None, 3), BestOf(upper, -1, 5), BestOf(upper, 3, 7)
    assert best_of(SINGLE, 8, every, last)[upper] == [3, 3, 5]
    assert best_of(SINGLE, 8, last, every)[upper] == [3, 3, 5]
    # Of two that name the same round it is the first.
    assert best_of(SINGLE, 8, every, last, third)[upper] == [3, 3, 5]
    assert best_of(SINGLE, 8, every, third, last)[upper] == [3, 3, 7]
    assert best_of(SINGLE, 8, every, every._replace(games=9))[upper] == [3, 3, 3]


def test_a_round_that_there_is_not_changes_nothing():
    upper = Section.UPPER
    said = [BestOf(upper, number, 9) for number in (-5, -4, 0, 4, 5)]
    said.append(BestOf(Section.SWISS, None, 9))
    assert best_of(SINGLE, 8, *said) == {upper: [1, 1, 1]}
    # The same for a first round that has byes only.
    assert best_of(SINGLE, 3, BestOf(upper, -1, 3), BestOf(upper, -2, 5)) == {upper: [5, 3]}


def test_sections_have_games_of_their_own():
    found = best_of(
        ROUND_ROBIN,
        9,
        BestOf(Section.GROUP, None, 2),
        # A group of five has five rounds, one of four has three.
        BestOf(Section.GROUP, -1, 3),
        BestOf(Section.THIRD_PLACE, 1, 5),
        BestOf(Section.UPPER, -1, 7),
        groups=2,
        playoff=SINGLE,
        qualifiers=2,
        third_place=True,
    )
    assert found == {
        Section.GROUP: [2, 2, 2, 2, 3],
        Section.UPPER: [1, 7],
        Section.THIRD_PLACE: [5],
    }
    final = Section.GRAND_FINAL
    assert best_of(DOUBLE, 4, BestOf(final, 1, 5), BestOf(final, 2, 3))[final] == [5, 3]
    assert best_of(DOUBLE, 4, BestOf(final, None, 5))[final] == [5, 5]
    assert best_of(SWISS, 8, BestOf(Section.SWISS, -1, 3))[Section.SWISS] == [1, 1, 3]


def test_the_same_rules_draw_the_same_bracket():
    for teams in (2, 3, 5, 16, 33):
        for rules in formats(teams):
            drawn = [tuple(map(str, each)) for each in build(rules, teams).series]
            assert drawn == [tuple(map(str, each)) for each in build(replace(rules), teams).series]
