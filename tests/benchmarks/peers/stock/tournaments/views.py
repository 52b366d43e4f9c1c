from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from .models import Game, Team, Tournament
from .serializers import GameSerializer, TeamSerializer, TournamentSerializer


class HelloView(APIView):
    def get(self, request: Request) -> Response:
        return Response({"hello": "world"})


class TournamentViewSet(viewsets.ModelViewSet[Tournament]):
    queryset = Tournament.objects.all()
    serializer_class = TournamentSerializer
    filterset_fields = ["tournament_type", "organiser"]

    def perform_create(self, serializer: BaseSerializer[Tournament]) -> None:
        serializer.save(organiser=self.request.user)


class TeamViewSet(viewsets.ModelViewSet[Team]):
    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    filterset_fields = ["tournament", "captain"]


class GameViewSet(viewsets.ModelViewSet[Game]):
    queryset = Game.objects.select_related("radiant", "dire")
    serializer_class = GameSerializer
    filterset_fields = ["tournament", "winner"]
