"""What is no picture, or more than one, or too much of one: refused before it is decoded."""

import random
import struct
import subprocess
import sys
import zlib

import pytest
from django.conf import settings as configured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.media.pictures import NotAPicture, sizes
from app.media.pictures.render import render
from tests.media.files import (
    ALL,
    EXE,
    GIF,
    HTML,
    JPEG,
    PNG,
    RED,
    SVG,
    WEBP,
    ZIP,
    chunk,
    encoded,
    made,
    picture,
    png_of_zeros,
)


def refusal(data, content_type=PNG):
    with pytest.raises(NotAPicture) as refused:
        made(data, content_type)
    return str(refused.value)


@pytest.mark.parametrize("content_type", ALL)
def test_a_bomb_is_refused_by_its_header(content_type):
    """Of 16,000 by 16,000 pixels, as it says; of 16 by 16 as it is."""
    side, options = 16_000, {"lossless": True} if content_type == WEBP else {}
    data = bytearray(encoded(picture(16, 16), content_type, **options))
    match content_type:
        case "image/png":
            struct.pack_into(">II", data, 16, side, side)
        case "image/gif":
            struct.pack_into("<HH", data, 6, side, side)
        case "image/jpeg":
            struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, side, side)
        case "image/webp":
            struct.pack_into("<I", data, 21, (side - 1) << 14 | side - 1)

    assert "16000 by 16000 pixels" in refusal(bytes(data), content_type)


def test_a_frame_of_a_gif_that_is_larger_than_its_screen_counts():
    data = bytearray(encoded(picture(16, 16), GIF))
    at = data.index(b"\x2c", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    data[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)

    assert "pixels" in refusal(bytes(data), GIF)


def hidden_in(marker, body):
    """A segment that a decoder sees no length of, and so reads what is in it."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


@pytest.mark.parametrize("marker", [0x01, 0x02, 0xC8, 0xD0, 0xD7, 0xD8, 0xDC, 0xF0])
def test_a_jpeg_with_what_a_decoder_reads_otherwise_is_refused(marker):
    data = encoded(picture(16, 16), JPEG)
    large = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 65_500, 65_500, 1) + b"\1\x11\0"

    assert refusal(data[:2] + hidden_in(marker, large) + data[2:], JPEG)


@pytest.mark.parametrize(
    "extension", [b"\x21\x01\x00", b"\x21\xf9\x00", b"\x21\xff\x0bNETSCAPE2.0\x00"]
)
def test_a_gif_with_what_a_decoder_reads_otherwise_is_refused(extension):
    data = encoded(picture(16, 16), GIF)
    at = 13 + 3 * 2 ** ((data[10] & 7) + 1)

    assert refusal(data[:at] + extension + data[at:], GIF)


def test_what_was_measured_otherwise_than_it_is_read_is_not_decoded():
    data = encoded(picture(300, 300), PNG)

    with pytest.raises(NotAPicture):
        render(data, PNG, sizes((64, 64), crop=False), most_pixels=300 * 299)


def test_fifty_megapixels_that_weigh_little_are_refused_before_they_are_decoded():
    data = png_of_zeros(10_000, 5_000)
    assert len(data) < 200_000

    assert "10000 by 5000 pixels" in refusal(data)


# Of this program alone: what getrusage() tells begins with what its parent had.
MEMORY = """
import re, sys
from app.media.pictures import sizes
from app.media.pictures.render import render

data, content_type = open(sys.argv[1], "rb").read(), sys.argv[2]
def most(): return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before = most()
for crop in (True, False):
    shapes = sizes((1600, 900), (640, 360), crop=crop)
    render(data, content_type, shapes, most_pixels=25_000_000)
print(most() - before)
"""


@pytest.mark.parametrize("content_type", ["png", "palette", "alpha", "jpeg", "webp", "gif"])
def test_the_largest_picture_fits_into_a_functions_memory(tmp_path, content_type):
    image = Image.new("RGB", (5000, 5000), RED)
    kinds = {
        "png": (PNG, "RGB"),
        "palette": (PNG, "P"),
        "alpha": (PNG, "RGBA"),
        "jpeg": (JPEG, "RGB"),
        "webp": (WEBP, "RGBA"),
        "gif": (GIF, "P"),
    }
    content_type, mode = kinds[content_type]
    path = tmp_path / "file"
    path.write_bytes(encoded(image.convert(mode), content_type))
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path), content_type],
        cwd=configured.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    # The function has 1,024 MB, of which it needs 150 to run at all.
    assert float(run.stdout) < 500


@pytest.mark.parametrize("content_type", ALL)
def test_what_is_broken_off_is_refused(content_type):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    data = encoded(noise, content_type)

    for length in (20, len(data) // 2, len(data) - 30, len(data) - 1):
        assert "damaged" in refusal(data[:length], content_type)


@pytest.mark.parametrize("content_type", ALL)
@pytest.mark.parametrize("other", [ZIP, HTML, EXE, SVG, b"%PDF-1.7 ", b"<?php system('x');"])
def test_what_hangs_on_a_picture_is_refused(content_type, other):
    assert "lse" in refusal(encoded(content_type=content_type) + other, content_type)


@pytest.mark.parametrize("other", [ZIP, HTML, SVG, b"<?PHP system('x');"])
def test_what_hides_in_a_comment_is_refused(other):
    png = encoded()
    inside = png[:33] + chunk(b"tEXt", b"Comment\0" + other) + png[33:]
    assert "something else" in refusal(inside)
    assert "something else" in refusal(encoded(content_type=JPEG, comment=other), JPEG)
    assert "something else" in refusal(encoded(content_type=GIF, comment=other), GIF)
    assert "something else" in refusal(encoded(content_type=WEBP, xmp=other), WEBP)


def test_a_gif_that_is_a_script_as_well_is_refused():
    assert refusal(b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", GIF)


@pytest.mark.parametrize("content_type", ALL)
def test_a_picture_of_noise_is_a_picture(content_type):
    """A picture's own bytes may look like anything."""
    noise = Image.frombytes("RGB", (300, 300), random.Random(1).randbytes(270_000))

    assert made(encoded(noise, content_type), content_type).size == (300, 300)


@pytest.mark.parametrize("behind", [b"\0" * 100, b"\r\n", b""])
def test_a_little_nothing_behind_a_picture_is_let_be(behind):
    for content_type in ALL:
        assert made(encoded(content_type=content_type) + behind, content_type)


def test_what_phones_put_behind_a_jpeg_is_let_be():
    data = encoded(content_type=JPEG)

    assert made(data + data, JPEG).size == (512, 384)
    assert made(data + b"\0\0\0\x18ftypmp42" + bytes(500), JPEG).size == (512, 384)


def test_frames_within_frames_are_refused():
    body = b""
    for _ in range(20_000):
        body = b"ANMF" + struct.pack("<I", 16 + len(body)) + bytes(16) + body
    data = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body

    assert "damaged" in refusal(data, WEBP)


def test_a_picture_of_very_many_scans_is_refused():
    """Each takes as long to decode as a whole picture, and a few bytes."""
    data = encoded(content_type=JPEG, progressive=True)
    end = len(data) - 2
    scan = data[data.rindex(b"\xff\xda") : end]
    assert made(data[:end] + 5 * scan + data[end:], JPEG)

    assert "damaged" in refusal(data[:end] + 100 * scan + data[end:], JPEG)


def test_text_that_grows_when_it_is_unpacked_breaks_nothing():
    png = encoded()
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))

    try:
        found = made(png[:33] + text + png[33:])
    except NotAPicture:
        return
    assert found.size == (512, 384)


SAMPLES = {
    content_type: encoded(Image.effect_noise((40, 30), 90).convert("RGB"), content_type)
    for content_type in ALL
}


@pytest.mark.parametrize("content_type", ALL)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_sent_is_a_picture_or_refused(content_type, data):
    file = bytearray(SAMPLES[content_type])
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(4, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = made(bytes(file), content_type)
    except NotAPicture:
        return
    assert max(image.size) <= 512
