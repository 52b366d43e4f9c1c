"""Brackets in the data format of brackets-manager.js, beside those that it makes itself."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from app.tournaments.board import Board
from app.tournaments.bracket.build import build
from app.tournaments.bracket.elimination import DROPS
from app.tournaments.bracket.resolution import walkover
from app.tournaments.bracket.structure import NOBODY, Key, Outcome, Result, Section
from app.tournaments.exports import brackets_manager
from app.tournaments.models import Series, Team, Tournament
from tests.comparison.play import decide, missing, run

NOW = datetime(2026, 10, 1, tzinfo=UTC)
GRAND_FINAL, RESET = (Key(Section.GRAND_FINAL, 0, number, 1) for number in (1, 2))
LOCKED, WAITING, READY, RUNNING, COMPLETED, ARCHIVED = range(6)
SIDES = ("opponent1", "opponent2")
WAVES = [0, 1, 2, 3, 4, 20]
LACKS = missing()
beside = pytest.mark.skipif(LACKS is not None, reason=f"{LACKS}")


def drawn(kind, teams, **rules):
    """A tournament that has just begun. The id of a team is its seed and 100."""
    tournament = Tournament(id=7, name="Winter Cup", tournament_type=kind, **rules)
    entered = [Team(id=100 + n, name=f"Team {100 + n}", seed=n) for n in range(1, teams + 1)]
    board = Board.drawn(tournament, entered, build(tournament.bracket_rules(), teams))
    settle(board)
    return board


def settle(board):
    board.update_rows(board.resolve(), NOW)
    for number, row in enumerate(board.rows.values(), start=31):
        row.id = number


def give(board, key, outcome=Outcome.PLAYED, *, winner=None, score=(2, 0)):
    """Let the first of the two win, unless it says otherwise."""
    a, b, _ = board.resolve().states[key]
    winner = a if winner is None else winner
    result = Result(a, b, *(score if winner == a else score[::-1]), winner, outcome)
    if outcome == Outcome.WALKOVER:
        result = walkover(board.bracket.by_key[key], a, b, winner)
    board.results[key], board.decided_by[key] = result, Series.DecidedBy.REPORT
    settle(board)


def play(board, waves=100):
    """So often, let all be played that are ready, as compare.mjs does."""
    met = Counter()
    for _ in range(waves):
        ready = {key: state for key, state in board.resolve().states.items() if state.is_ready}
        for key, (a, b, _) in ready.items():
            winner = decide("coin", len(board.teams), 100 + a, 100 + b, met[a, b]) - 100
            met[a, b] += 1
            met[b, a] += 1
            board.results[key] = Result(a, b, int(winner == a), int(winner == b), winner)
            board.decided_by[key] = Series.DecidedBy.REPORT
        if not ready:
            break
    settle(board)
    return brackets_manager(board)


def theirs(kind, teams, **settings):
    """The same of brackets-manager after each number of WAVES; it has null for BYE."""
    size = 1 << (teams - 1).bit_length()
    stage = {
        "tournamentId": 7,
        "name": "Winter Cup",
        "type": kind,
        "seedingIds": [100 + n if n <= teams else None for n in range(1, size + 1)],
        "settings": settings,
    }
    request = {"stage": stage, "rule": "coin", "number": teams, "tables": True}
    return [answer["tables"] for answer in run([request | {"waves": waves} for waves in WAVES])]


def by_place(tables):
    """Each match by the numbers of its group, round and own, as far as both say the same of it.

    Theirs lets who is not known yet win against BYE, and archives what is over.
    """
    numbers = {
        table: {row["id"]: row["number"] for row in tables[table]} for table in ("group", "round")
    }
    found = {}
    for match in tables["match"]:
        place = numbers["group"][match["group_id"]], numbers["round"][match["round_id"]]
        opponents = [match["opponent1"], match["opponent2"]]
        for opponent in opponents:
            if opponent and opponent["id"] is None:
                opponent.pop("result", None)
        status = None if None in opponents else min(match["status"], COMPLETED)
        found[*place, match["number"]] = opponents, status
    return found


@beside
@pytest.mark.parametrize("teams", [2, 3, 4, 5, 6, 7, 8, 11, 16, 17, 32, 64])
def test_single_elimination_is_as_they_would_have_it(teams):
    third_place = teams > 3

    for waves, made in zip(
        WAVES, theirs("single_elimination", teams, consolationFinal=third_place), strict=True
    ):
        ours = play(drawn("single_elimination", teams, third_place=third_place), waves)

        assert by_place(ours) == by_place(made)
        assert ours["stage"][0]["settings"].items() <= made["stage"][0]["settings"].items()


@beside
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("teams", [3, 4, 5, 6, 7, 8, 9, 12, 13, 16])
def test_double_elimination_is_as_they_would_have_it(teams, reset):
    settings = {
        "grandFinal": "double" if reset else "simple",
        "seedOrdering": orderings(teams),
    }
    for waves, made in zip(WAVES, theirs("double_elimination", teams, **settings), strict=True):
        board = drawn("double_elimination", teams, grand_final_reset=reset)
        ours = play(board, waves)

        expected = by_place(made)
        if RESET not in board.rows:
            # They have it even if nobody needs it.
            expected.pop((3, 2, 1), None)
        assert by_place(ours) == expected


def orderings(teams):
    """Our order of drops in their words, which they have for so few teams."""
    rounds = (teams - 1).bit_length()
    words = {(2, 0): "natural", (2, 1): "reverse", (4, 2): "half_shift", (1, 0): "natural"}
    losers = [2 ** (rounds - number) for number in range(2, rounds)]
    drops = [words[drop] for drop in zip(losers, DROPS[rounds], strict=False)]
    return ["inner_outer", "natural", *drops]


@beside
@pytest.mark.parametrize("teams", [4, 8, 16, 32, 64])
def test_there_are_as_many_groups_rounds_and_matches_as_they_would_have(teams):
    made, *_ = theirs("double_elimination", teams, grandFinal="simple")
    ours = brackets_manager(drawn("double_elimination", teams, grand_final_reset=False))

    assert [*by_place(ours)] == [*by_place(made)]
    assert {table: len(rows) for table, rows in ours.items()} == {
        table: len(rows) for table, rows in made.items()
    }
    assert dropped(ours) == dropped(made)


def dropped(tables):
    """From which places losers drop to each round of the lower bracket, in whatever order."""
    found = {}
    for (group, number, _), (opponents, _) in by_place(tables).items():
        for opponent in opponents:
            found.setdefault((group, number), set()).add(opponent.get("position"))
    return found


@beside
@pytest.mark.parametrize(("teams", "groups", "legs"), [(4, 1, 1), (5, 1, 2), (8, 2, 1), (11, 3, 2)])
def test_groups_have_the_same_meetings(teams, groups, legs):
    board = drawn("round_robin", teams, groups=groups, legs=legs)
    seeds = [
        sorted({series.a.seed for series in board.bracket.series if series.key.group == group})
        for group in range(1, groups + 1)
    ]
    stage = {
        "tournamentId": 7,
        "name": "Winter Cup",
        "type": "round_robin",
        "seedingIds": [100 + n for n in range(1, teams + 1)],
        "settings": {
            "groupCount": groups,
            "roundRobinMode": "double" if legs == 2 else "simple",
            "manualOrdering": seeds,
        },
    }
    [answer] = run([{"stage": stage, "rule": "coin", "number": 1, "waves": 0, "tables": True}])

    ours, made = brackets_manager(board), answer["tables"]

    assert [*by_place(ours)] == [*by_place(made)]
    assert meetings(ours) == meetings(made)
    assert ours["stage"][0]["settings"].items() <= made["stage"][0]["settings"].items()


def meetings(tables):
    return Counter(
        (place[0], *sorted((opponent["id"], opponent["position"]) for opponent in opponents))
        for place, (opponents, _) in by_place(tables).items()
    )


TOURNAMENTS = {
    "single": {"kind": "single_elimination", "third_place": True},
    "double": {"kind": "double_elimination"},
    "groups": {"kind": "round_robin", "groups": 2},
    "groups, playoff": {"kind": "round_robin", "playoff": "double_elimination", "qualifiers": 3},
    "swiss": {"kind": "swiss"},
    "swiss, playoff": {"kind": "swiss", "playoff": "single_elimination", "qualifiers": 3},
}


@pytest.mark.parametrize("teams", [4, 5, 6, 11, 16, 33])
@pytest.mark.parametrize("waves", [0, 2, 20])
@pytest.mark.parametrize("rules", TOURNAMENTS.values(), ids=TOURNAMENTS)
def test_every_row_is_told_from_others_and_refers_to_what_there_is(rules, teams, waves):
    board = drawn(teams=teams, **rules)

    tables = play(board, waves)

    ids = {table: [row["id"] for row in rows] for table, rows in tables.items()}
    for table, rows in tables.items():
        assert len({*ids[table]}) == len(rows)
        for row in rows:
            for parent in ("stage", "group", "round"):
                assert row.get(f"{parent}_id", ids[parent][0]) in ids[parent]
    known = {None, *ids["participant"]}
    assert all(
        opponent is None or opponent["id"] in known
        for match in tables["match"]
        for opponent in (match["opponent1"], match["opponent2"])
    )
    assert {match_id for match_id in ids["match"] if match_id > 0} == {
        row.pk for row in board.rows.values() if row.outcome != "bye" or row.team_a_id
    }


@pytest.mark.parametrize("teams", [2, 3, 5, 64, 100, 256])
def test_a_stage_is_a_whole_grid(teams):
    tables = brackets_manager(drawn("double_elimination", teams))

    lines = 1 << (teams - 1).bit_length()
    [stage] = tables["stage"]
    assert stage["settings"]["size"] == lines
    assert [group["number"] for group in tables["group"]] == [1, 2, 3]
    matches = Counter(match["group_id"] for match in tables["match"])
    assert (matches[1], matches[2]) == (lines - 1, max(1, lines - 2))
    first = [match for match in tables["match"] if match["round_id"] == 1]
    seeds = [match[side]["id"] for match in first for side in SIDES if match[side]]
    assert sorted(seeds) == [100 + n for n in range(1, teams + 1)]


def test_two_teams_have_a_lower_bracket_too_as_the_viewer_wants_one():
    board = drawn("double_elimination", 2)

    upper, lower, final = brackets_manager(board)["match"]
    assert (upper["id"], lower["id"], final["id"]) == (31, -2, 32)
    assert (lower["opponent1"], lower["opponent2"]) == ({"id": None, "position": 1}, None)
    assert (lower["status"], final["status"]) == (LOCKED, LOCKED)

    give(board, Key(Section.UPPER, 0, 1, 1))

    upper, lower, final = brackets_manager(board)["match"]
    assert lower["opponent1"] == {"id": 102, "position": 1, "result": "win"}
    assert (final["opponent1"], final["opponent2"]) == ({"id": 101}, {"id": 102, "position": 1})
    assert (lower["status"], final["status"]) == (COMPLETED, READY)


def test_the_reset_comes_once_it_is_to_be_played():
    board = drawn("double_elimination", 2)
    give(board, Key(Section.UPPER, 0, 1, 1))
    give(board, GRAND_FINAL)

    assert len(brackets_manager(board)["match"]) == 3

    give(board, GRAND_FINAL, winner=2)

    *_, first, reset = brackets_manager(board)["match"]
    assert first["opponent2"] == {"id": 102, "position": 1, "score": 2, "result": "win"}
    assert (reset["opponent1"], reset["opponent2"]) == ({"id": 101}, {"id": 102})
    assert (reset["group_id"], reset["number"]) == (first["group_id"], 1)
    assert reset["round_id"] == first["round_id"] + 1


def test_an_ending_is_a_win_a_loss_a_draw_or_a_forfeit():
    board = drawn("round_robin", 4, best_of=2)
    played, walked, neither, *_ = board.rows
    give(board, played, score=(1, 1), winner=NOBODY)
    give(board, walked, Outcome.WALKOVER)
    give(board, neither, Outcome.DOUBLE_FORFEIT, winner=NOBODY, score=(0, 0))

    tables = brackets_manager(board)

    endings = [
        [{k: match[side].get(k) for k in ("score", "result", "forfeit")} for side in SIDES]
        for match in tables["match"][:3]
    ]
    assert endings == [
        [{"score": 1, "result": "draw", "forfeit": None}] * 2,
        [
            {"score": 2, "result": "win", "forfeit": None},
            {"score": 0, "result": None, "forfeit": True},
        ],
        [{"score": 0, "result": None, "forfeit": True}] * 2,
    ]


def test_who_would_have_met_those_that_both_forfeit_meets_bye():
    board = drawn("single_elimination", 4)
    give(board, Key(Section.UPPER, 0, 1, 1), Outcome.DOUBLE_FORFEIT, winner=NOBODY, score=(0, 0))

    final = brackets_manager(board)["match"][-1]
    assert (final["opponent1"], final["opponent2"], final["status"]) == (None, {"id": None}, LOCKED)

    give(board, Key(Section.UPPER, 0, 1, 2))

    final = brackets_manager(board)["match"][-1]
    assert (final["opponent1"], final["opponent2"]) == (None, {"id": 102, "result": "win"})
    assert final["status"] == COMPLETED


def test_what_is_reported_or_being_played_runs():
    board = drawn("single_elimination", 4, best_of=3)
    first, second, _ = board.rows
    board.rows[first].status = Series.Status.REPORTED
    board.rows[first].reported_score_a, board.rows[first].reported_score_b = 2, 0
    board.scores[second] = (1, 0)

    reported, begun, final = brackets_manager(board)["match"]

    assert [reported["status"], begun["status"], final["status"]] == [RUNNING, RUNNING, LOCKED]
    assert "score" not in reported["opponent1"]
    assert (begun["opponent1"]["score"], begun["opponent2"]["score"]) == (1, 0)


def test_a_match_waits_for_one_and_is_locked_without_two():
    board = drawn("single_elimination", 8)
    give(board, Key(Section.UPPER, 0, 1, 1))

    statuses = [match["status"] for match in brackets_manager(board)["match"]]

    assert statuses == [COMPLETED, READY, READY, READY, WAITING, LOCKED, LOCKED]


def test_a_series_of_more_games_than_one_has_them_all():
    board = drawn("single_elimination", 3, best_of=3)

    tables = brackets_manager(board)

    assert [match["child_count"] for match in tables["match"]] == [0, 3, 3]
    assert [game["parent_id"] for game in tables["match_game"]] == [31, 31, 31, 32, 32, 32]
    assert tables["match_game"][1] | {"id": None} == {
        "id": None,
        "stage_id": 1,
        "parent_id": 31,
        "number": 2,
        "status": READY,
        "opponent1": {"id": 102},
        "opponent2": {"id": 103},
    }


def test_a_playoff_is_a_second_stage_whose_teams_are_yet_to_be_known():
    board = drawn("round_robin", 6, groups=2, playoff="single_elimination", qualifiers=2)

    groups, playoff = brackets_manager(board)["stage"]
    assert (groups["name"], groups["type"]) == ("Winter Cup", "round_robin")
    assert groups["settings"] == {"size": 6, "groupCount": 2, "roundRobinMode": "simple"}
    assert (playoff["name"], playoff["type"]) == ("Winter Cup: playoff", "single_elimination")
    assert (playoff["number"], playoff["settings"]["size"]) == (2, 4)

    first, *_ = (m for m in brackets_manager(board)["match"] if m["stage_id"] == 2)
    assert first["opponent1"] == {"id": None, "position": 1}
    assert first["opponent2"] == {"id": None, "position": 4}

    play(board, 1)

    first, *_ = (m for m in brackets_manager(board)["match"] if m["stage_id"] == 2)
    assert {first["opponent1"]["id"], first["opponent2"]["id"]} <= {100 + n for n in range(1, 7)}
    assert first["status"] == READY


def test_swiss_rounds_are_a_round_robin_of_one_group():
    board = drawn("swiss", 5, best_of=2)

    tables = play(board, 1)

    [stage] = tables["stage"]
    assert (stage["type"], stage["settings"]["groupCount"]) == ("round_robin", 1)
    assert len(tables["group"]) == 1
    assert [match["status"] for match in tables["match"]] == [COMPLETED] * 3 + [
        READY,
        READY,
        COMPLETED,
        *[LOCKED] * 3,
    ]
    bye, *_, unpaired = tables["match"][2:]
    assert (bye["opponent1"], bye["opponent2"]) == ({"id": 105, "result": "win"}, None)
    assert (bye["child_count"], unpaired["child_count"]) == (0, 2)
    assert unpaired["opponent1"] == unpaired["opponent2"] == {"id": None}


def test_swiss_rounds_leave_out_the_pairs_of_those_who_are_out():
    board = drawn("swiss", 4)
    for seed in (3, 4):
        board.teams[seed].disqualified_at = NOW
    play(board, 1)

    tables = brackets_manager(board)

    assert len(tables["match"]) < len(board.rows)
    assert all(match["opponent1"] or match["opponent2"] for match in tables["match"])


@pytest.mark.parametrize("kind", Tournament.Type)
def test_before_it_starts_a_tournament_has_no_stage(kind):
    tournament = Tournament(id=7, name="Winter Cup", tournament_type=kind)
    board = Board.of(tournament, {1: Team(id=101, name="Team 101", seed=1)}, {})

    tables = brackets_manager(board)

    assert tables.pop("participant") == [{"id": 101, "tournament_id": 7, "name": "Team 101"}]
    assert {*map(len, tables.values())} == {0}
