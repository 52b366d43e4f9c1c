"""Files that somebody sent, read and made into pictures of our own. Nothing here knows Django."""

from typing import NamedTuple


class NotAPicture(ValueError):
    """The file is refused; the message says why, to people."""


class Size(NamedTuple):
    width: int
    height: int
    crop: bool
    """Whether the picture is cut to this shape; else it fits within."""

    @property
    def name(self) -> str:
        return str(self.width)


class Picture(NamedTuple):
    name: str
    width: int
    height: int
    data: bytes
    """WebP."""


def sizes(*boxes: tuple[int, int], crop: bool) -> tuple[Size, ...]:
    return tuple(Size(*box, crop) for box in boxes)
