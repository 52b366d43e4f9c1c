"""Files as members send them, and as those do who mean no good."""

import struct
import zlib
from io import BytesIO

from PIL import Image

from app.media.pictures import sizes
from app.media.pictures.containers import measure
from app.media.pictures.render import render

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
ALL = [PNG, JPEG, GIF, WEBP]
_FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}
RED, BLUE = (220, 30, 40), (20, 40, 220)


def picture(width=640, height=480, mode="RGB", colour=RED):
    """Of one colour, with a blue quarter at the top left."""
    image = Image.new("RGB", (width, height), colour)
    image.paste(BLUE, (0, 0, width // 2, height // 2))
    return image.convert(mode)


def encoded(image=None, content_type=PNG, **options):
    target = BytesIO()
    (image or picture()).save(target, _FORMATS[content_type], **options)
    return target.getvalue()


def opened(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_zeros(width, height):
    """A PNG that is small for its number of pixels: a thousandth of a byte each."""
    compressor, rows = zlib.compressobj(9), bytearray()
    for _ in range(height):
        rows += compressor.compress(bytes(1 + 3 * width))
    rows += compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(500)
ZIP = b"PK\x03\x04\x14\x00\x00\x00evil.jar PK\x05\x06" + bytes(18)

MOST_PIXELS = 25_000_000


def made(data, content_type=PNG):
    """Make a picture of the file, which keeps its shape; answer it as it is read again."""
    measure(data, content_type, most_pixels=MOST_PIXELS)
    return opened(
        render(data, content_type, sizes((512, 512), crop=False), most_pixels=MOST_PIXELS)[0].data
    )
