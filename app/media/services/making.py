from django.conf import settings
from django.db import transaction

from app.media.errors import UploadMissing
from app.media.models import Upload
from app.media.pictures import NotAPicture, Picture
from app.media.services.uploads import read, why_refused
from app.media.storages import storage

Status = Upload.Status


def make_pictures(*, upload_id: int) -> None:
    """Make the pictures of an upload, and forget the file.

    May be killed anywhere and run again, also beside itself: pictures have the same names each
    time, and the file goes once the upload is ready. Raises StorageUnavailable.
    """
    unfinished = Upload.objects.filter(pk=upload_id, status=Status.PROCESSING)
    upload = unfinished.first()
    if upload is None:
        return
    pictures, reason = _made(upload)
    with transaction.atomic():
        # Locked, so that nobody removes it, and what is stored by then, before all of it is.
        upload = unfinished.select_for_update().first()
        if upload is None:
            return
        for picture in pictures:
            storage().put(upload.public_key(picture.name), picture.data)
        upload.pictures = [
            {"name": picture.name, "width": picture.width, "height": picture.height}
            for picture in pictures
        ]
        upload.status = Status.REFUSED if reason else Status.READY
        upload.reason = reason
        upload.save(update_fields=["pictures", "status", "reason", "updated_at"])
    storage().discard([upload.incoming_key])


def _made(upload: Upload) -> tuple[list[Picture], str]:
    """Answer the pictures, or why there are none."""
    try:
        data = read(upload)
    except UploadMissing:
        # Unless another run of this has just been faster, somebody has taken it out of the storage.
        return [], "The file was lost. Upload it again."
    # Once more: the form was good for longer than the first look.
    if reason := why_refused(upload, data):
        return [], reason
    # Pillow and its codecs, which nothing else needs.
    from app.media.pictures.render import render

    try:
        most = settings.MEDIA_MAX_PIXELS
        return render(data, upload.content_type, upload.sizes, most_pixels=most), ""
    except NotAPicture as error:
        return [], str(error)
