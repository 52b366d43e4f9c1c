from django.conf import settings
from django.utils import timezone

from app.media.errors import UploadMissing
from app.media.models import Upload
from app.media.pictures import NotAPicture
from app.media.services.uploads import read, why_refused
from app.media.storages import storage

Status = Upload.Status


def make_pictures(*, upload_id: int) -> None:
    """Make the pictures of an upload, and forget the file.

    May be killed anywhere and run again, also beside itself: pictures have the same names each
    time, and the file goes once the upload is ready. Raises StorageUnavailable.
    """
    upload = Upload.objects.filter(pk=upload_id, status=Status.PROCESSING).first()
    if upload is None:
        return
    try:
        data = read(upload)
    except UploadMissing:
        # Unless another run of this has just been faster, somebody has taken it out of the storage.
        _finish(upload, status=Status.REFUSED, reason="The file was lost. Upload it again.")
        return
    # Once more: the form was good for longer than the first look.
    reason = why_refused(upload, data)
    pictures = []
    if not reason:
        # Pillow and its codecs, which nothing else needs.
        from app.media.pictures.render import render

        try:
            most = settings.MEDIA_MAX_PIXELS
            made = render(data, upload.content_type, upload.sizes, most_pixels=most)
        except NotAPicture as error:
            reason = str(error)
        else:
            for picture in made:
                storage().put(upload.public_key(picture.name), picture.data)
                size = {"width": picture.width, "height": picture.height}
                pictures.append({"name": picture.name, **size})
    status = Status.REFUSED if reason else Status.READY
    _finish(upload, status=status, reason=reason, pictures=pictures)
    storage().discard([upload.incoming_key])
    if not Upload.objects.filter(pk=upload.pk).exists():
        # Removed meanwhile, and with it what was there by then.
        storage().discard(upload.keys)


def _finish(upload: Upload, **changes: object) -> None:
    unfinished = Upload.objects.filter(pk=upload.pk, status=Status.PROCESSING)
    unfinished.update(updated_at=timezone.now(), **changes)
