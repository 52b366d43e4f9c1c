"""What an upload is shown as: an avatar here, and for other apps a picture of a row of theirs."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from app.accounts.models import User
from app.media.errors import UploadNotReady, UploadUsed
from app.media.models import Upload

Purpose = Upload.Purpose


@transaction.atomic
def set_avatar(*, member: User, upload_id: int) -> User:
    """Show the upload as the member's avatar; to say so again changes nothing.

    Raises ValidationError, by field, unless it is an avatar of theirs; UploadNotReady; UploadUsed.
    """
    # One avatar at a time.
    locked: User = User.objects.select_for_update(no_key=True).get(pk=member.pk)
    # As long as it is locked, nothing removes it as one that nobody shows.
    old = Upload.objects.select_for_update(of=("self",)).filter(avatar_of=locked).first()
    if old is not None and old.pk == upload_id:
        old.save(update_fields=["updated_at"])
    else:
        upload = _taken(upload_id, by=member, purpose=Purpose.AVATAR, name="upload_id")
        _released(old.pk if old else None)
        upload.avatar_of = locked
        upload.save(update_fields=["avatar_of"])
        old = upload
    _show(locked, old.url)
    return locked


@transaction.atomic
def remove_avatar(*, member: User) -> None:
    locked = User.objects.select_for_update(no_key=True).get(pk=member.pk)
    _released(Upload.objects.filter(avatar_of=locked).values_list("pk", flat=True).first())
    _show(locked, "")


def _show(member: User, url: str) -> None:
    member.avatar = url
    member.save(update_fields=["avatar"])


def with_picture(
    changes: dict[str, Any], *, of: Model, name: str, purpose: str, by: User | None
) -> dict[str, Any]:
    """Answer the changes to a row, where `<name>_upload_id` among them stands for a picture.

    The row has two columns for it, the address as `<name>` and the upload as `<name>_upload`. None
    takes the picture away, and another address lets go of the upload. To be called in the
    transaction that writes the row, under its lock. Raises ValidationError, by field, unless it is
    an upload of theirs for that; UploadNotReady; UploadUsed.
    """
    field = f"{name}_upload_id"
    changes = dict(changes)
    old = getattr(of, field)
    wanted = changes.pop(field, old)
    if wanted is not None and wanted != old:
        upload = _taken(wanted, by=by, purpose=purpose, name=field)
        _released(old)
        return {**changes, field: upload.pk, name: upload.url}
    has_other_address = name in changes and changes[name] != getattr(of, name)
    if old is not None and (wanted is None or has_other_address):
        _released(old)
        address = changes[name] if has_other_address else ""
        return {**changes, field: None, name: address}
    return changes


def _taken(upload_id: int, *, by: User | None, purpose: str, name: str) -> Upload:
    # Locked, or two would take it, and what removes orphans would not see it in time.
    theirs = Upload.objects.select_for_update(of=("self",)).filter(pk=upload_id, purpose=purpose)
    upload = theirs.filter(owner=by).first() if by else None
    if upload is None:
        purpose = Purpose(purpose).label.lower()
        raise ValidationError({name: f"There is no upload of yours with this id, for: {purpose}."})
    if upload.status != Upload.Status.READY:
        raise UploadNotReady
    if upload.used_at is not None:
        raise UploadUsed
    upload.used_at = timezone.now()
    upload.save(update_fields=["used_at", "updated_at"])
    return upload


def _released(upload_id: int | None) -> None:
    """Note from when on nothing shows it: it stays a while, as pages that show it are about."""
    if upload_id is not None:
        Upload.objects.filter(pk=upload_id).update(avatar_of=None, updated_at=timezone.now())
