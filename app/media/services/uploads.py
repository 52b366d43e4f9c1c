"""A member sends a file: the form for it, and the word that it was sent."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.media import tasks
from app.media.errors import TooManyUploads, UploadMissing
from app.media.models import Upload
from app.media.pictures import NotAPicture
from app.media.pictures.containers import measure
from app.media.storages import Form, storage

MOST_OPEN = 10

Status = Upload.Status


def begin_upload(
    *, owner: User, purpose: str, content_type: str, size: int, filename: str = ""
) -> tuple[Upload, Form]:
    """Let the member send a file; answer with what. Raises TooManyUploads; StorageUnavailable."""
    upload = Upload(
        owner=owner, purpose=purpose, content_type=content_type, size=size, filename=filename
    )
    form = storage().form(upload.incoming_key, content_type=content_type, size=size)
    with transaction.atomic():
        # Who asks many times at once is counted once at a time.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Upload.objects.open(timezone.now()).filter(owner=owner).count() >= MOST_OPEN:
            raise TooManyUploads
        upload.save()
    return upload, form


def complete_upload(*, upload: Upload) -> Upload:
    """Look at what was sent, and have pictures made of it; to say so again changes nothing.

    What is no picture is refused, with the reason. One that was left half made is made again.
    Raises UploadMissing; StorageUnavailable.
    """
    if not _is_to_be_made(upload):
        return upload
    # Before the lock, as the storage may take seconds.
    reason = why_refused(upload, read(upload)) if upload.status == Status.PENDING else ""
    with transaction.atomic():
        # Of two who say so at once, one has it made.
        upload = Upload.objects.select_for_update().get(pk=upload.pk)
        if not _is_to_be_made(upload):
            return upload
        upload.status = Status.REFUSED if reason else Status.PROCESSING
        upload.reason = reason
        upload.save(update_fields=["status", "reason", "updated_at"])
    if reason:
        storage().discard([upload.incoming_key])
        return upload
    tasks.make_pictures.enqueue(upload_id=upload.pk)
    upload.refresh_from_db()  # without a queue, it is made by now
    return upload


def _is_to_be_made(upload: Upload) -> bool:
    if upload.status == Status.PROCESSING:
        return Upload.objects.stuck(timezone.now()).filter(pk=upload.pk).exists()
    return upload.status == Status.PENDING


def read(upload: Upload) -> bytes:
    """Answer the file as it was sent, or its beginning when it is longer than was said."""
    try:
        return storage().content(upload.incoming_key, most=upload.size + 1)
    except FileNotFoundError:
        raise UploadMissing from None


def why_refused(upload: Upload, data: bytes) -> str:
    """Say what is wrong with the file; nothing if it can be decoded without fear."""
    if len(data) != upload.size:
        return f"The file has not the {upload.size:,} bytes that were announced."
    try:
        measure(data, upload.content_type, most_pixels=settings.MEDIA_MAX_PIXELS)
    except NotAPicture as error:
        return str(error)
    return ""
