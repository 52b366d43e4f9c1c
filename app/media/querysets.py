from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from app.media.models import Upload  # noqa: F401 - named in a string below

# From when on what was begun is taken for given up.
OPEN_FOR = timedelta(hours=1)
PENDING_FOR = timedelta(days=1)
UNUSED_FOR = timedelta(days=7)


class UploadQuerySet(models.QuerySet["Upload"]):
    def open(self, now: datetime) -> Self:
        """Match what was begun lately and is no picture yet."""
        unfinished = [self.model.Status.PENDING, self.model.Status.PROCESSING]
        return self.filter(status__in=unfinished, created_at__gt=now - OPEN_FOR)

    def unused(self) -> Self:
        """Match what is in nobody's and nothing's place.

        An avatar is, too, whose member has written the address of another picture since.
        """
        found = self.filter(Q(avatar_of=None) | ~Q(avatar_of__avatar__contains=F("key")))
        # Whatever else may show one refers to it.
        for relation in self.model._meta.related_objects:
            found = found.filter(**{f"{relation.name}__isnull": True})
        return found

    def stuck(self, now: datetime) -> Self:
        """Match what no task seems to be at any more."""
        return self.filter(
            status=self.model.Status.PROCESSING, updated_at__lt=now - self.model.PATIENCE
        )

    def orphaned(self, now: datetime) -> Self:
        """Match what is to go: given up, refused, or unused for long, or of who has left."""
        status = self.model.Status
        return self.unused().filter(
            Q(owner=None)
            | Q(status=status.PENDING, created_at__lt=now - PENDING_FOR)
            | Q(updated_at__lt=now - UNUSED_FOR)
        )
