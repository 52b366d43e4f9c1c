from typing import cast

from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.accounts.serializers import UserSerializer
from app.core.documentation import documented
from app.core.serializers import validated
from app.media import services
from app.media.errors import UploadNotReady, UploadUsed
from app.media.serializers import AvatarSerializer


class AvatarView(APIView):
    permission_classes = [IsAuthenticated]

    @documented(
        request=AvatarSerializer,
        responses={200: UserSerializer},
        errors=[UploadNotReady, UploadUsed],
    )
    def put(self, request: Request) -> Response:
        """Show an upload of one's own as one's avatar. An upload counts once."""
        member = services.set_avatar(
            member=cast(User, request.user), **validated(AvatarSerializer, request.data)
        )
        return Response(UserSerializer(member, context={"request": request}).data)

    @documented(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Show no avatar. One of Discord's comes back with the next sign-in by Discord."""
        services.remove_avatar(member=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
