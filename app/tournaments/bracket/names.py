"""What sections, rounds and series are called: short, in English, the same wherever they appear.

`double` says whether the elimination has a lower bracket; without one there is no upper one either.
"""

from string import ascii_uppercase

from app.tournaments.bracket.structure import (
    Key,
    LoserOf,
    Paired,
    Place,
    Section,
    Seed,
    Source,
    WinnerOf,
)

SECTIONS = {
    Section.SWISS: "Swiss rounds",
    Section.UPPER: "Upper bracket",
    Section.LOWER: "Lower bracket",
    Section.THIRD_PLACE: "Third place",
    Section.GRAND_FINAL: "Grand final",
}
GRAND_FINALS = ["Grand final", "Grand final reset"]
# Counted from the last one.
UPPER_ROUNDS = ["final", "semi-finals", "quarter-finals"]
LOWER_ROUNDS = ["final", "semi-final"]


def group_name(group: int) -> str:
    """Count as spreadsheets do: Group A to Group Z, Group AA, Group AB and so on."""
    letters = ""
    while group > 0:
        group, letter = divmod(group - 1, len(ascii_uppercase))
        letters = ascii_uppercase[letter] + letters
    return f"Group {letters}"


def section_name(section: Section, group: int = 0, *, double: bool = True) -> str:
    if section == Section.GROUP:
        return group_name(group)
    if section == Section.UPPER and not double:
        return "Bracket"
    return SECTIONS[section]


def round_names(section: Section, rounds: int, *, double: bool) -> list[str]:
    """Answer the names of a section's rounds, of which there are so many, from the first one."""
    numbers = range(1, rounds + 1)
    match section:
        case Section.UPPER if double:
            return [f"Upper {_name(n, rounds, UPPER_ROUNDS) or f'round {n}'}" for n in numbers]
        case Section.UPPER:
            return [
                (_name(n, rounds, UPPER_ROUNDS) or f"round of {2 ** (rounds - n + 1)}").capitalize()
                for n in numbers
            ]
        case Section.LOWER:
            return [f"Lower {_name(n, rounds, LOWER_ROUNDS) or f'round {n}'}" for n in numbers]
        case Section.GRAND_FINAL:
            return GRAND_FINALS[:rounds]
        case Section.THIRD_PLACE:
            return [SECTIONS[section]] * rounds
        case _:
            return [f"Round {n}" for n in numbers]


def series_name(key: Key, *, double: bool = True) -> str:
    """A code to tell others by which series is meant, such as Upper 1.3 or Group A 2.1."""
    place = f"{key.round}.{key.position}"
    match key.section:
        case Section.GROUP:
            return f"{group_name(key.group)} {place}"
        case Section.SWISS:
            return f"Swiss {place}"
        case Section.UPPER:
            return f"Upper {place}" if double else f"Series {place}"
        case Section.LOWER:
            return f"Lower {place}"
        case Section.GRAND_FINAL:
            return GRAND_FINALS[key.round - 1]
        case section:
            return SECTIONS[section]


def source_name(source: Source, *, double: bool = True) -> str:
    """Say who will come, as long as nobody has."""
    match source:
        case Seed(seed):
            return f"Seed {seed}"
        case WinnerOf(key):
            return f"Winner of {series_name(key, double=double)}"
        case LoserOf(key):
            return f"Loser of {series_name(key, double=double)}"
        case Place(0, rank):
            return f"{ordinal(rank)} of the {SECTIONS[Section.SWISS]}"
        case Place(group, rank):
            return f"{ordinal(rank)} of {group_name(group)}"
        case Paired():
            return "To be paired"


def ordinal(number: int) -> str:
    teens = number % 100 in {11, 12, 13}
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _name(number: int, rounds: int, last: list[str]) -> str | None:
    return last[rounds - number] if rounds - number < len(last) else None
