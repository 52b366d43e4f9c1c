"""Pictures of ours out of somebody's file: small, upright, in sRGB, and without a word besides.

What is large is made smaller before anything is done to it, so that the picture as it was decoded
and one copy are the most that there is in memory.
"""

import logging
import struct
import zlib
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageCms

from app.media.pictures import NotAPicture, Picture, Size
from app.media.pictures.containers import BROKEN

logger = logging.getLogger(__name__)

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
# What Pillow's readers come to on files that make no sense.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUALITY = 85


def render(
    data: bytes, content_type: str, sizes: Sequence[Size], *, most_pixels: int
) -> list[Picture]:
    """Make a picture of each size; none is larger than the file's own. Raises NotAPicture."""
    edge = 2 * max(max(size.width, size.height) for size in sizes)
    try:
        image = _read(data, content_type, edge, most_pixels)
    except _DAMAGED as error:
        logger.info("A picture could not be read: %r", error)
        raise NotAPicture(BROKEN) from None
    return [_made(image, size) for size in sizes]


def _read(data: bytes, content_type: str, edge: int, most_pixels: int) -> Image.Image:
    """Decode the first frame; neither side needs to be longer than the edge."""
    with Image.open(BytesIO(data), formats=[_FORMATS[content_type]]) as opened:
        if opened.width * opened.height > most_pixels:
            # It was measured, and is read otherwise here.
            raise NotAPicture(BROKEN)
        # A JPEG can be decoded at a half, a quarter or an eighth of its size.
        opened.draft(opened.mode, (edge, edge))
        opened.load()
        profile, orientation = opened.info.get("icc_profile"), _orientation(opened)
        image = _shrunk(_plain(opened), edge)
    image = _in_srgb(image, profile)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    # Else an encoder could take along what it finds there.
    image.info.clear()
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Answer it in a mode that can be resized."""
    if image.mode.startswith(("I", "F")):
        # To 16 bits belongs 65,535; a plain conversion cuts off what is above 255.
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if "transparency" in image.info or image.mode in {"LA", "La", "PA", "RGBa"}:
        return image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "RGBA", "CMYK"} else image.convert("RGB")


def _shrunk(image: Image.Image, edge: int) -> Image.Image:
    # Quickly, by whole numbers; what follows makes it the size that is wanted, and well.
    factor = min(image.size) // edge
    return image.reduce(factor) if factor > 1 else image


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGED:
        return 1
    return found if isinstance(found, int) else 1


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    colours = _converted(colours, profile) if profile else colours
    colours = colours.convert("RGB")
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        return (
            ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            or image
        )
    except (ImageCms.PyCMSError, *_DAMAGED):
        # One that makes no sense, or is of other colours: the picture is shown as it is.
        return image


def _made(image: Image.Image, size: Size) -> Picture:
    width, height = image.size
    ratios = width / size.width, height / size.height
    # A crop fills the shape with the shorter side; what fits within is bound by the longer one.
    scale = min(ratios) if size.crop else max(ratios)
    if size.crop:
        width, height = round(size.width * scale), round(size.height * scale)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    scale = max(1.0, scale)
    wanted = max(1, round(width / scale)), max(1, round(height / scale))
    box = (left, top, left + width, top + height)
    made = image.resize(wanted, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)
    target = BytesIO()
    made.save(target, "WEBP", quality=_QUALITY)
    return Picture(size.name, *wanted, target.getvalue())
