from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from app.accounts.models import User
from app.core import response_cache
from app.core.documentation import documented
from app.core.json import JSONRenderer
from app.core.permissions import IsOrganiser, IsOrganiserOrReadOnly
from app.core.serializers import validated
from app.core.statements import Bind
from app.core.throttles import WritesThrottled
from app.core.viewsets import M, ModelViewSet, ReadOnlyModelViewSet
from app.tournaments import services
from app.tournaments.errors import (
    ImpossibleFormat,
    SeriesOpen,
    TournamentHasTeams,
    TournamentNotOpen,
    TournamentNotRunning,
    TournamentNotStarted,
    TournamentStarted,
)
from app.tournaments.filters import BracketChangeFilter, TournamentFilter
from app.tournaments.models import BracketChange, Series, Team, Tournament
from app.tournaments.renderers import BracketsManagerRenderer, PictureRenderer
from app.tournaments.serializers import (
    BracketChangeSerializer,
    BracketSerializer,
    SeedingSerializer,
    StandingsSerializer,
    StartedSerializer,
    ThemeSerializer,
    TournamentSerializer,
)

if TYPE_CHECKING:
    from app.tournaments.board import Board


def tournament_of(view: APIView) -> Tournament:
    """Answer the tournament of the view's path. Raises Http404 unless the caller may see it."""
    visible = Tournament.objects.visible_to(view.request.user).select_related("organiser")
    tournament: Tournament = get_object_or_404(visible, pk=view.kwargs["tournament_id"])
    view.check_object_permissions(view.request, tournament)
    return tournament


class TournamentViewSet(WritesThrottled, ModelViewSet[Tournament]):
    """A tournament is its organiser's to change, and staff's. A draft is seen by nobody else."""

    serializer_class = TournamentSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = TournamentFilter
    lookup_value_converter = "int"
    cached_on = [Tournament, User]
    throttle_scope = "tournaments"

    def get_queryset(self) -> QuerySet[Tournament]:
        tournaments = Tournament.objects.select_related("organiser")
        if self.request.method in SAFE_METHODS:
            return tournaments.visible_to_viewer()
        return tournaments.visible_to(self.request.user)

    def binds(self) -> dict[str, Any]:
        return {"viewer": self.request.user.pk, "is_staff": self.request.user.is_staff}

    # As ReadOnlyModelViewSet's own.

    def list(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response_cache.answer_to_viewer(request, self.cached_on, self._list)

    def retrieve(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response_cache.answer_to_viewer(request, self.cached_on, self._retrieve)

    def perform_create(self, serializer: BaseSerializer[Tournament]) -> None:
        """Whoever does is its organiser."""
        serializer.instance = services.create_tournament(
            organiser=cast(User, self.request.user), **serializer.validated_data
        )

    @documented(errors=[TournamentStarted, TournamentHasTeams])
    def perform_update(self, serializer: BaseSerializer[Tournament]) -> None:
        """Once it has started, how it is played stays."""
        assert serializer.instance is not None
        serializer.instance = services.update_tournament(
            tournament=serializer.instance, **serializer.validated_data
        )

    def perform_destroy(self, instance: Tournament) -> None:
        """Its teams, its bracket and its games go with it."""
        services.delete_tournament(tournament=instance)


class SeedingView(APIView):
    permission_classes = [IsOrganiser]

    @documented(
        request=SeedingSerializer,
        responses={200: SeedingSerializer},
        errors=[TournamentStarted],
    )
    def post(self, request: Request, tournament_id: int) -> Response:
        """Put the teams in order: by hand, by their ratings, or at random.

        A random order can be made again by anyone: the teams are sorted by the SHA-256 digest of
        "<seeding_number>:<team id>", in hexadecimal.
        """
        tournament = tournament_of(self)
        wanted = validated(SeedingSerializer, request.data)
        teams = services.seed_teams(
            tournament=tournament,
            seeding=wanted["seeding"],
            team_ids=wanted.get("team_ids"),
            number=wanted.get("seeding_number"),
        )
        tournament.refresh_from_db(fields=["seeding", "seeding_number"])
        seeded = {
            "seeding": tournament.seeding,
            "seeding_number": tournament.seeding_number,
            "teams": teams,
        }
        return Response(SeedingSerializer(seeded).data)


class StartView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        request=None,
        responses={200: StartedSerializer},
        errors=[TournamentNotOpen, TournamentStarted, ImpossibleFormat],
    )
    def post(self, request: Request, tournament_id: int) -> Response:
        """Lock the seeding and draw the bracket.

        Teams without a seed come after those with one, in the order in which they signed up; who
        has not checked in is left out where that is asked for. The warnings name both.
        """
        started = services.start_tournament(
            tournament=tournament_of(self), by=cast(User, request.user)
        )
        return Response(StartedSerializer(started).data)


class FinishView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        request=None,
        responses={200: TournamentSerializer},
        errors=[SeriesOpen, TournamentNotStarted, TournamentNotRunning],
    )
    def post(self, request: Request, tournament_id: int) -> Response:
        """End a tournament of which every series is over."""
        finished = services.finish_tournament(
            tournament=tournament_of(self), by=cast(User, request.user)
        )
        return Response(TournamentSerializer(finished).data)


class _BoardView(APIView):
    """What is made of a whole bracket, and the same for everyone: a draft has none."""

    permission_classes = [AllowAny]
    cached_on = [Tournament, Team, Series]

    def answer(
        self, request: Request, make: "Callable[[Board], Any]", **kwargs: Any
    ) -> HttpResponse:
        # With the engine, which other reads have no use for.
        from app.tournaments.board import Board

        def read() -> Any:
            announced = Tournament.objects.announced()
            tournament = get_object_or_404(announced, pk=self.kwargs["tournament_id"])
            return make(Board.load(tournament))

        return response_cache.answer(request, self.cached_on, read, **kwargs)


class BracketView(_BoardView):
    renderer_classes = [JSONRenderer, BracketsManagerRenderer]

    @documented(responses={200: BracketSerializer})
    def get(self, request: Request, tournament_id: int) -> HttpResponse:
        """Read the whole bracket, to be drawn as it is.

        As `?format=brackets-manager`, it is in the data format of that library, for its viewer:
        https://drarig29.github.io/brackets-docs/
        """
        # Half of what a process that draws nothing would load.
        from app.tournaments import exports, representations

        if request.accepted_renderer.format == BracketsManagerRenderer.format:
            media_type = BracketsManagerRenderer.media_type
            return self.answer(request, exports.brackets_manager, media_type=media_type)
        return self.answer(request, representations.bracket)


class BracketPictureView(_BoardView):
    renderer_classes = [PictureRenderer]

    @documented(query=ThemeSerializer, responses={200: str})
    def get(self, request: Request, tournament_id: int) -> HttpResponse:
        """See the bracket as a picture, which scales and can be put in any page."""
        from app.tournaments import representations
        from app.tournaments.bracket.svg import render

        theme = validated(ThemeSerializer, request.query_params)["theme"]

        def draw(board: "Board") -> bytes:
            return render(representations.bracket(board), theme=theme).encode()

        response = self.answer(request, draw, media_type="image/svg+xml; charset=utf-8")
        # Opened as a page of its own, it has nothing to run and nothing to load.
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response


class StandingsView(_BoardView):
    @documented(responses={200: StandingsSerializer})
    def get(self, request: Request, tournament_id: int) -> HttpResponse:
        """Read how the groups stand, and who has which place in the end, each with the reason."""
        from app.tournaments import representations

        return self.answer(request, representations.standings)


class OrganisersViewSet(ReadOnlyModelViewSet[M]):
    """What there is of a tournament for its organiser and staff alone, the newest first."""

    permission_classes = [IsOrganiser]

    def get_queryset(self) -> QuerySet[M]:
        rows = super().get_queryset().order_by("-id")
        return rows.filter(tournament=Bind("tournament", Tournament._meta.pk))

    def binds(self) -> dict[str, Any]:
        return {"tournament": self.kwargs["tournament_id"]}

    def list(  # type: ignore[override]  # as ReadOnlyModelViewSet's own
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        tournament_of(self)
        return super().list(request)


class BracketChangeViewSet(OrganisersViewSet[BracketChange]):
    """Who did what to a bracket, when and why, the newest first: for its organiser and staff."""

    serializer_class = BracketChangeSerializer
    filterset_class = BracketChangeFilter
    queryset = BracketChange.objects.select_related("actor")
