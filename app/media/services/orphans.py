"""What nobody has a use for any more: first from the storage, then from the database.

Whatever is interrupted between the two is found again.
"""

import logging
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.core import deadline
from app.media import tasks
from app.media.models import Upload
from app.media.querysets import PENDING_FOR
from app.media.storages import INCOMING, storage

logger = logging.getLogger(__name__)

BATCH, MOST_BATCHES = 200, 10
# Another batch is not begun with fewer seconds left.
MARGIN = 15


def remove_orphans() -> None:
    """Remove a bounded number of them, and have made what was left half made.

    Raises StorageUnavailable.
    """
    now = timezone.now()
    stuck = Upload.objects.stuck(now).exclude(pk__in=Upload.objects.orphaned(now).values("pk"))
    for upload_id in stuck.values_list("pk", flat=True)[:BATCH]:
        tasks.make_pictures.enqueue(upload_id=upload_id)
    removed = 0
    for _ in range(MOST_BATCHES):
        if deadline.left() < MARGIN or not (batch := _remove_batch(now)):
            break
        removed += batch
    # Those of members who were given the form and have never said that they sent something, and
    # those that came once more after their upload was complete.
    old = list(islice(storage().old(INCOMING, before=now - PENDING_FOR), BATCH * MOST_BATCHES))
    keys = {key.rpartition("/")[2]: key for key in old}
    needed = Upload.objects.filter(status=Upload.Status.PROCESSING, key__in=keys)
    for key in needed.values_list("key", flat=True):
        del keys[key]
    storage().discard(keys.values())
    logger.info("Removed %s uploads, and %s files without one", removed, len(keys))


@transaction.atomic
def _remove_batch(now: datetime) -> int:
    # Locked while they go, so that nobody takes one for a picture.
    rows = Upload.objects.orphaned(now).order_by("id")
    batch = list(rows.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    storage().discard(key for upload in batch for key in upload.keys)
    Upload.objects.filter(pk__in=[upload.pk for upload in batch]).delete()
    return len(batch)


@transaction.atomic
def remove_upload(*, upload: Upload) -> None:
    """Take a picture away, wherever it is shown. Raises StorageUnavailable."""
    # What shows it before the upload itself, as who takes one locks them in this order.
    shown_by = User.objects.filter(avatar_upload=upload, avatar__contains=upload.key)
    shown_by.update(avatar="")
    for relation in Upload._meta.related_objects:
        # What refers to it as <name>_upload has its address as <name>: as with_picture() wrote it.
        field = relation.field.name
        rows = relation.related_model._default_manager.filter(**{field: upload.pk})
        rows.update(**{field.removesuffix("_upload"): "", field: None})
    found = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if found is not None:
        storage().discard(found.keys)
        found.delete()
