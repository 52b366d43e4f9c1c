"""What becomes of pictures of every kind."""

import pytest
from PIL import Image, ImageCms

from app.media.models import Upload
from app.media.pictures.containers import measure
from app.media.pictures.render import render
from tests.media.files import (
    ALL,
    BLUE,
    GIF,
    JPEG,
    MOST_PIXELS,
    PNG,
    RED,
    WEBP,
    encoded,
    made,
    opened,
    picture,
)

AVATAR = Upload.SIZES[Upload.Purpose.AVATAR]


def near(pixel, colour):
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("content_type", ALL)
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (640, 480)])
def test_the_headers_have_the_size_that_is_decoded(content_type, size):
    data = encoded(picture(*size), content_type)

    assert measure(data, content_type, most_pixels=MOST_PIXELS) == size == opened(data).size
    for made_picture in render(data, content_type, AVATAR, most_pixels=25_000_000):
        assert made_picture.width == made_picture.height <= min(size)


@pytest.mark.parametrize(
    ("content_type", "mode", "options"),
    [
        (PNG, "1", {}),
        (PNG, "L", {}),
        (PNG, "P", {}),
        (PNG, "RGBA", {}),
        (JPEG, "L", {}),
        (JPEG, "CMYK", {}),
        (JPEG, "RGB", {"progressive": True}),
        (WEBP, "RGBA", {"lossless": True}),
        (GIF, "P", {}),
    ],
)
def test_every_mode_becomes_the_same_picture(content_type, mode, options):
    image = made(encoded(picture(mode=mode), content_type, **options), content_type)

    assert (image.format, image.size) == ("WEBP", (512, 384))
    grey = mode in {"1", "L"}
    left, right = image.convert("RGB").getpixel((60, 60)), image.convert("RGB").getpixel((450, 300))
    assert grey or (near(left, BLUE) and near(right, RED)), (left, right)


def test_of_16_bits_the_upper_ones_count():
    grey = Image.new("I;16", (64, 64), 32_768)
    image = made(encoded(grey))

    assert near(image.convert("RGB").getpixel((30, 30)), (128, 128, 128))


def test_transparency_stays_where_a_palette_has_it():
    image = picture(64, 64).quantize(2, dither=Image.Dither.NONE)

    for content_type in (PNG, GIF):
        data = encoded(image, content_type, transparency=image.getpixel((1, 1)))
        found = made(data, content_type)
        assert found.mode == "RGBA"
        assert (found.getpixel((5, 5))[3], found.getpixel((60, 60))[3]) == (0, 255)


def test_transparency_of_one_colour_stays():
    data = encoded(picture(64, 64), transparency=BLUE)

    found = made(data)

    assert (found.getpixel((5, 5))[3], found.getpixel((60, 60))[3]) == (0, 255)


@pytest.mark.parametrize("content_type", [GIF, WEBP, PNG])
def test_of_what_moves_the_first_frame_stays(content_type):
    frames = [
        picture(64, 64),
        picture(64, 64, colour=(0, 200, 0)),
        picture(64, 64, colour=(9, 9, 9)),
    ]
    data = encoded(frames[0], content_type, save_all=True, append_images=frames[1:], duration=50)
    assert opened(data).n_frames == 3

    found = made(data, content_type)

    assert getattr(found, "n_frames", 1) == 1
    assert near(found.convert("RGB").getpixel((60, 60)), RED)


@pytest.mark.parametrize("content_type", [JPEG, WEBP, PNG])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_the_way_that_it_was_taken(content_type, orientation):
    image, exif = picture(640, 320), Image.Exif()
    exif[0x0112] = orientation

    found = made(encoded(image, content_type, exif=exif), content_type).convert("RGB")

    corner = {1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}[orientation]
    assert found.size == ((512, 256) if orientation < 5 else (256, 512))
    width, height = found.size
    corners = {
        "tl": (5, 5),
        "tr": (width - 5, 5),
        "bl": (5, height - 5),
        "br": (width - 5, height - 5),
    }
    assert {name for name, at in corners.items() if near(found.getpixel(at), BLUE)} == {corner}


@pytest.mark.parametrize("content_type", [JPEG, WEBP, PNG])
def test_where_it_was_taken_and_by_whom_is_told_to_nobody(content_type):
    exif = Image.Exif()
    exif[0x013B] = "A. Photographer"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    options = {"xmp": b"<x:xmpmeta>A. Photographer</x:xmpmeta>"} if content_type != PNG else {}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(content_type=content_type, exif=exif, icc_profile=profile, **options)
    assert b"A. Photographer" in data

    for each in render(data, content_type, AVATAR, most_pixels=25_000_000):
        assert b"Photographer" not in each.data
        assert {b"EXIF", b"XMP ", b"ICCP"} & {each.data[at : at + 4] for at in range(200)} == set()
        assert not opened(each.data).getexif()


def test_colours_of_another_profile_become_those_of_the_web():
    # One that has red and blue the other way round.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = {srgb[n : n + 4]: n for n in range(132, 132 + 12 * 20, 12)}
    swapped = bytearray(srgb)
    red, blue = at[b"rXYZ"], at[b"bXYZ"]
    swapped[red + 4 : red + 12], swapped[blue + 4 : blue + 12] = (
        srgb[blue + 4 : blue + 12],
        srgb[red + 4 : red + 12],
    )
    for content_type in (PNG, JPEG, WEBP):
        found = made(encoded(content_type=content_type, icc_profile=bytes(swapped)), content_type)
        pixel = found.convert("RGB").getpixel((450, 300))
        assert pixel[2] > pixel[0] + 100, pixel


def test_a_profile_that_makes_no_sense_is_left_out():
    for profile in (b"nonsense", bytes(200)):
        found = made(encoded(icc_profile=profile))
        assert near(found.convert("RGB").getpixel((450, 300)), RED)
