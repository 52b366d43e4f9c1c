"""Faces for some of the demo's members: a head and shoulders, each before a colour of their own."""

from io import BytesIO

from django.core.files.storage import default_storage

from app.accounts.demo import members
from app.accounts.models import User
from app.media import services
from app.media.models import Upload
from app.media.storages import Folder, storage

COLOURS = ["#7a1f2b", "#1f4d7a", "#2b7a1f", "#7a5c1f"]


def load() -> None:
    # Into a bucket, which may be shared, nothing is put unasked.
    if not isinstance(default_storage, Folder):
        return
    for member, colour in zip(members(), COLOURS, strict=False):
        _show(member, _drawn(colour))


def _show(member: User, png: bytes) -> None:
    upload = Upload.objects.create(
        owner=member,
        purpose=Upload.Purpose.AVATAR,
        content_type=Upload.ContentType.PNG,
        size=len(png),
        filename=f"{member.username}.png",
        status=Upload.Status.PROCESSING,
    )
    storage().put(upload.incoming_key, png)
    services.make_pictures(upload_id=upload.pk)
    services.set_avatar(member=member, upload_id=upload.pk)


def _drawn(colour: str) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (256, 256), colour)
    pen = ImageDraw.Draw(image)
    pen.ellipse((88, 48, 168, 136), fill="#f2e6d0")
    pen.ellipse((40, 152, 216, 340), fill="#f2e6d0")
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
