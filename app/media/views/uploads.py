from datetime import timedelta
from typing import cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.documentation import documented
from app.core.serializers import validated
from app.core.throttles import WritesThrottled
from app.media import services
from app.media.errors import StorageUnavailable, TooManyUploads, UploadMissing
from app.media.models import Upload
from app.media.serializers import BegunUploadSerializer, UploadSerializer
from app.media.storages import FORM_SECONDS


class UploadsView(WritesThrottled, APIView):
    permission_classes = [IsAuthenticated]
    throttle_scope = "uploads"

    @documented(
        request=UploadSerializer,
        responses={201: BegunUploadSerializer},
        errors=[TooManyUploads, StorageUnavailable],
    )
    def post(self, request: Request) -> Response:
        """Begin an upload: the answer is the form to send the file with, straight to the storage.

        Then `complete/` says that it was sent.
        """
        expires_at = timezone.now() + timedelta(seconds=FORM_SECONDS)
        upload, form = services.begin_upload(
            owner=cast(User, request.user), **validated(UploadSerializer, request.data)
        )
        body = {
            "upload": upload,
            "method": "POST",
            "url": request.build_absolute_uri(form.url),
            "fields": form.fields,
            "expires_at": expires_at,
        }
        return Response(BegunUploadSerializer(body).data, status=status.HTTP_201_CREATED)


class UploadView(APIView):
    permission_classes = [IsAuthenticated]

    @documented(responses={200: UploadSerializer})
    def get(self, request: Request, upload_id: int) -> Response:
        """Read one's own upload, to see whether it is ready."""
        return Response(UploadSerializer(_own(request, upload_id)).data)


class CompleteView(WritesThrottled, APIView):
    permission_classes = [IsAuthenticated]
    throttle_scope = "uploads"

    @documented(
        request=None,
        responses={200: UploadSerializer},
        errors=[UploadMissing, StorageUnavailable],
    )
    def post(self, request: Request, upload_id: int) -> Response:
        """Say that the file was sent; to say so again changes nothing.

        The upload is then `processing`, and in a moment `ready` with its pictures, or `refused`
        with the reason: read it until it is either.
        """
        upload = services.complete_upload(upload=_own(request, upload_id))
        return Response(UploadSerializer(upload).data)


def _own(request: Request, upload_id: int) -> Upload:
    """Answer the caller's upload. Raises Http404, also for who may do anything else."""
    return get_object_or_404(Upload, pk=upload_id, owner=request.user.pk)
