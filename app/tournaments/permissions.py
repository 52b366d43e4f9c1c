from rest_framework.permissions import SAFE_METHODS, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.views import APIView

from app.tournaments.models import Game, Team, Tournament


class IsOrganiserOrReadOnly(IsAuthenticatedOrReadOnly):
    """Anyone reads; a tournament and what belongs to it are its organiser's to write, and staff's.

    For what is created in a tournament, the view asks about the tournament.
    """

    def has_object_permission(
        self, request: Request, view: APIView, obj: Tournament | Team | Game
    ) -> bool:
        if request.method in SAFE_METHODS:
            return True
        tournament = obj if isinstance(obj, Tournament) else obj.tournament
        return bool(request.user.is_staff or tournament.organiser_id == request.user.pk)
