from typing import Any

from django.conf import settings
from rest_framework import serializers

from app.core.serializers import IdField, ModelSerializer
from app.media.models import Upload

_KEY = "3f1c9a52d0b84e6fa7c21d8e5b904c63"


class PictureSerializer(serializers.Serializer[Any]):
    example = {
        "url": f"https://media.example.org/public/{_KEY}/512.webp",
        "width": 512,
        "height": 512,
    }

    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class UploadSerializer(ModelSerializer[Upload]):
    example: dict[str, Any] = {
        "id": 12,
        "purpose": "avatar",
        "content_type": "image/png",
        "size": 48_213,
        "filename": "me.png",
        "status": "ready",
        "reason": "",
        "pictures": [
            {
                "url": f"https://media.example.org/public/{_KEY}/{edge}.webp",
                "width": edge,
                "height": edge,
            }
            for edge in (512, 128, 48)
        ],
        "created_at": "2026-11-01T18:00:00Z",
    }

    pictures = PictureSerializer(
        source="shown",
        many=True,
        read_only=True,
        help_text="WebP, the largest first; none is larger than the file's own picture.",
    )

    class Meta:
        model = Upload
        fields = [
            "id",
            "purpose",
            "content_type",
            "size",
            "filename",
            "status",
            "reason",
            "pictures",
            "created_at",
        ]
        read_only_fields = ["status", "reason"]
        extra_kwargs = {"size": {"min_value": 1}}

    def validate_size(self, size: int) -> int:
        if size > settings.MEDIA_MAX_BYTES:
            raise serializers.ValidationError(f"{settings.MEDIA_MAX_BYTES:,} bytes are the most.")
        return size


class BegunUploadSerializer(serializers.Serializer[Any]):
    """An upload, and the form to send the file with."""

    example = {
        "upload": UploadSerializer.example | {"status": "pending", "pictures": []},
        "method": "POST",
        "url": "https://guildhall-media.s3.eu-west-1.amazonaws.com/",
        "fields": {"key": f"incoming/{_KEY}", "Content-Type": "image/png", "policy": "eyJleHBp…"},
        "expires_at": "2026-11-01T18:10:00Z",
    }

    upload = UploadSerializer()
    method = serializers.CharField(help_text="Always POST, as multipart/form-data.")
    url = serializers.CharField(help_text="Where to send the form; no token goes there.")
    fields = serializers.DictField(  # type: ignore[assignment]  # what S3 calls them, too
        child=serializers.CharField(),
        help_text="To be sent as they are, and after them the file as `file`.",
    )
    expires_at = serializers.DateTimeField(help_text="Until when the form is good.")


class AvatarSerializer(serializers.Serializer[Any]):
    example = {"upload_id": UploadSerializer.example["id"]}

    upload_id = IdField(help_text="One's own upload for an avatar, which is ready.")
