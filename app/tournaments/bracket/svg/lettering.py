"""Names as a picture can show them, whatever their owners have put into them."""

import re
import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
RIGHT_TO_LEFT_MARK = "\u200f"
JOINER = "\u200d"
EMOJI_STYLE = "\ufe0f"
# What XML 1.0 has no way to write, the other control characters, and those that turn the direction
# of whatever follows.
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# Skin tones, and the letters of the flags of regions.
MODIFIERS = re.compile(r"[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
FLAG_LETTER = re.compile(r"[\U0001f1e6-\U0001f1ff]")

# In em, of Arial Bold and a little more: the reader's font is not known here.
NARROW, MIDDLE, SMALL, WIDE, OTHER, FULL, EMOJI = 0.3, 0.6, 0.65, 0.74, 0.78, 1.05, 1.35
WIDTHS = {
    **dict.fromkeys(" !',-./:;I[\\]`fijlt|()", NARROW),
    **dict.fromkeys('r*{}"', 0.42),
    **dict.fromkeys("MW@%mw", 0.92),
    **dict.fromkeys("0123456789abcdeghknopqsuvxyz_$#?+<=>^~JLFTZ", MIDDLE),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXY&", WIDE),
    ELLIPSIS: 1.0,
}


def clean(text: str) -> str:
    """Drop what cannot be drawn, and make each space and line break one blank."""
    return " ".join(FORBIDDEN.sub("", " ".join(text.split())).split())


def fit(text: str, width: float, size: float) -> str:
    """Cut a clean text to this width at this size, both in pixels, and end it with an ellipsis."""
    room = width / size
    letters = list(_letters(text))
    if sum(map(_width, letters)) <= room:
        return text
    room -= WIDTHS[ELLIPSIS]
    kept = ""
    for letter in letters:
        room -= _width(letter)
        if room < 0:
            break
        kept += letter
    # Without the mark the ellipsis would stand where a right-to-left name begins.
    return kept.rstrip() + ELLIPSIS + (RIGHT_TO_LEFT_MARK if is_right_to_left(kept) else "")


def isolated(text: str) -> str:
    """Keep a right-to-left name from taking the numbers beside it along."""
    return f"\u2068{text}\u2069" if any(map(is_right_to_left, text)) else text


def is_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left."""
    directions = map(unicodedata.bidirectional, text)
    return next((each != "L" for each in directions if each in {"L", "R", "AL"}), False)


def _letters(text: str) -> Iterator[str]:
    """Answer what a reader takes for one letter: with its accents, or all of an emoji."""
    letter = ""
    for char in text:
        if letter and not _joins(char, letter):
            yield letter
            letter = ""
        letter += char
    if letter:
        yield letter


def _joins(char: str, letter: str) -> bool:
    return (
        char == JOINER
        or letter.endswith(JOINER)
        or unicodedata.category(char).startswith("M")
        or bool(MODIFIERS.match(char))
        or bool(FLAG_LETTER.fullmatch(letter) and FLAG_LETTER.match(char))
    )


def _width(letter: str) -> float:
    base = unicodedata.normalize("NFD", letter)[0]
    if base in WIDTHS:
        return WIDTHS[base]
    if EMOJI_STYLE in letter or "\U0001f000" <= base < "\U00020000":
        return EMOJI
    if unicodedata.east_asian_width(base) in {"W", "F"}:
        return FULL
    return SMALL if base.islower() or is_right_to_left(base) else OTHER
