"""What a file is made of, by its own headers: nothing is decoded, so nothing grows.

Each format is walked from end to end, as what lies between and behind the parts of a picture is
where another file hides.
https://www.w3.org/TR/png-3/ https://www.w3.org/Graphics/JPEG/itu-t81.pdf
https://www.w3.org/Graphics/GIF/spec-gif89a.txt https://developers.google.com/speed/webp/docs/riff_container
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from app.media.pictures import NotAPicture

BROKEN = "The picture is damaged, or broken off."

# What is no picture begins with one of these; SVG is not taken either, as it runs scripts.
_OTHERS = re.compile(
    rb"PK\x03\x04|PK\x05\x06|%PDF-|\x7fELF|<script|<\?php|<!doctype|<html|<svg|<iframe", re.I
)
_PADDING = b"\0\t\n\r "
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Container:
    width: int = 0
    height: int = 0
    beside: list[bytes] = field(default_factory=list)
    """What is no part of the picture itself, such as comments."""
    end: int = 0

    def grow(self, width: int, height: int) -> None:
        self.width, self.height = max(self.width, width), max(self.height, height)


def content_type_of(data: bytes) -> str | None:
    """Tell what the first bytes are of; None for what is no picture that we take."""
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def measure(data: bytes, content_type: str, *, most_pixels: int) -> tuple[int, int]:
    """Answer width and height. Raises NotAPicture for what is no picture of that type and nothing
    else, or has more pixels.
    """
    if content_type_of(data) != content_type:
        raise NotAPicture(f"The file is not what it was announced as, {content_type}.")
    found = Container()
    try:
        _WALKS[content_type](data, found)
    except (struct.error, IndexError):
        raise NotAPicture(BROKEN) from None
    if not found.width or not found.height:
        raise NotAPicture(BROKEN)
    if found.width * found.height > most_pixels:
        said = f"{found.width} by {found.height}"
        raise NotAPicture(f"The picture has {said} pixels; {most_pixels:,} are the most.")
    behind = data[found.end :].strip(_PADDING)
    # Phones put more behind a JPEG: depth, a second picture, a film.
    if behind and (content_type != "image/jpeg" or behind.startswith(b"MZ")):
        raise NotAPicture("Something else than a picture hangs on the file.")
    if any(_OTHERS.search(part) for part in (*found.beside, behind)):
        raise NotAPicture("The file holds something else than a picture.")
    return found.width, found.height


def _png(data: bytes, found: Container) -> None:
    at = len(_PNG)
    while True:
        length, kind = unpack_from(">I4s", data, at)
        body, at = data[at + 8 : at + 8 + length], at + 12 + length
        if at > len(data) or (kind == b"IHDR") != (found.width == 0):
            raise NotAPicture(BROKEN)
        if kind == b"IHDR":
            found.grow(*unpack_from(">II", body))
        elif kind == b"IEND":
            found.end = at
            return
        elif kind not in {b"IDAT", b"fdAT", b"PLTE", b"tRNS"}:
            found.beside.append(body)


# A camera's picture has ten at the most. A scan of nothing takes thirty bytes, and as long as any
# other to decode.
MOST_SCANS = 100
# Within the coded data of a JPEG, 0xFF is followed by nothing else than these.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


# What has a length behind it. Others have none to a decoder, or change what was said before: where
# the two of us do not read alike, a picture hides that is larger.
_SEGMENTS = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE} - {0xC8}


def _jpeg(data: bytes, found: Container) -> None:
    at, scans = 2, 0
    while True:
        if data[at] != 0xFF:
            raise NotAPicture(BROKEN)
        while data[at] == 0xFF:  # any number of them may stand before a marker
            at += 1
        marker, at = data[at], at + 1
        if marker == 0xD9:
            found.end = at
            return
        if marker not in _SEGMENTS:
            raise NotAPicture(BROKEN)
        (length,) = unpack_from(">H", data, at)
        body, at = data[at + 2 : at + length], at + length
        if length < 2 or at > len(data):
            raise NotAPicture(BROKEN)
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            if found.width:  # the second would be the one that is decoded
                raise NotAPicture(BROKEN)
            height, width = unpack_from(">HH", body, 1)
            found.grow(width, height)
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            found.beside.append(body)
        elif marker == 0xDA:
            coded, scans = _MARKER.search(data, at), scans + 1
            if coded is None or scans > MOST_SCANS:
                raise NotAPicture(BROKEN)
            at = coded.start()


def _gif(data: bytes, found: Container) -> None:
    width, height, flags = unpack_from("<HHB", data, 6)
    found.grow(width, height)
    at = 13 + _table(flags)
    while True:
        kind, at = data[at], at + 1
        if kind == 0x3B:
            found.end = at
            return
        if kind == 0x21:
            label = data[at]
            blocks, at = _blocks(data, at + 1)
            # Pillow reads on behind these where there is nothing.
            ends_early = not blocks or (blocks[0].startswith(b"NETSCAPE2.0") and len(blocks) < 2)
            if label != 0xFE and ends_early:
                raise NotAPicture(BROKEN)
            if label != 0xF9:
                found.beside.append(b"".join(blocks))
        elif kind == 0x2C:
            left, top, width, height, flags = unpack_from("<HHHHB", data, at)
            # A frame may be larger than the screen, and decoders make room for it.
            found.grow(left + width, top + height)
            _, at = _blocks(data, at + 10 + _table(flags))
        else:
            raise NotAPicture(BROKEN)


def _table(flags: int) -> int:
    """Answer how long a table of colours is."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> tuple[list[bytes], int]:
    found = []
    while length := data[at]:
        found.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return found, at + 1


def _webp(data: bytes, found: Container) -> None:
    (size,) = unpack_from("<I", data, 4)
    found.end = 8 + size + size % 2
    if 8 + size > len(data):
        raise NotAPicture(BROKEN)
    for kind, body in _chunks(data[12 : 8 + size]):
        _of_webp(kind, body, found)


def _of_webp(kind: bytes, body: bytes, found: Container) -> None:
    if kind == b"VP8X":
        found.grow(_number(body, 4) + 1, _number(body, 7) + 1)
    elif kind == b"VP8 ":
        width, height = unpack_from("<HH", body, 6)
        found.grow(width & 0x3FFF, height & 0x3FFF)
    elif kind == b"VP8L":
        (bits,) = unpack_from("<I", body, 1)
        found.grow((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    elif kind == b"ANMF":
        found.grow(_number(body, 6) + 1, _number(body, 9) + 1)
        for inner, part in _chunks(body[16:]):
            if inner == b"ANMF":  # a frame in a frame, and so on for ever
                raise NotAPicture(BROKEN)
            _of_webp(inner, part, found)
    elif kind not in {b"ALPH", b"ANIM"}:
        found.beside.append(body)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        kind, length = unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise NotAPicture(BROKEN)
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _number(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16


_WALKS: dict[str, Callable[[bytes, Container], None]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
