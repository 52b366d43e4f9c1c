from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.documentation import documented
from app.core.listing import Rows
from app.core.permissions import IsOrganiser, IsOrganiserOrReadOnly
from app.core.serializers import validated
from app.core.throttles import WritesThrottled
from app.core.viewsets import ReadOnlyModelViewSet
from app.tournaments import services
from app.tournaments.errors import (
    AlreadyReported,
    BracketChanged,
    NotReported,
    OwnReport,
    ResultsFollowed,
    SeriesFinished,
    SeriesNotDecided,
    SeriesNotFinished,
    SeriesNotReady,
    TournamentNotRunning,
)
from app.tournaments.filters import SeriesFilter
from app.tournaments.models import Series, Team, Tournament
from app.tournaments.permissions import IsCaptainOrOrganiser
from app.tournaments.serializers import (
    ConfirmSerializer,
    ConsequencesSerializer,
    CorrectSerializer,
    DisputeSerializer,
    DryRunSerializer,
    ReportSerializer,
    SeriesSerializer,
)
from app.tournaments.views.orders import order_of


def series_of(view: APIView) -> Series:
    """Answer the series of the view's path, if the caller may do there what the view does."""
    series = Series.objects.select_related("tournament", "team_a", "team_b")
    found: Series = get_object_or_404(series, pk=view.kwargs["series_id"])
    view.check_object_permissions(view.request, found)
    return found


def complete(rows: Rows) -> None:
    """Add what the series are called, and what stands in for teams that are not known."""
    series = Series.objects.select_related("tournament").filter(pk__in=[row["id"] for row in rows])
    found = {each.pk: each for each in series}
    for row in rows:
        each = found[row["id"]]
        row |= {"name": each.name, "label_a": each.label("a"), "label_b": each.label("b")}


def answered(series: Series) -> Response:
    row = dict(SeriesSerializer(series).data)
    complete([row])
    return Response(row)


class SeriesViewSet(mixins.UpdateModelMixin, ReadOnlyModelViewSet[Series]):
    """The places of a bracket, in the order in which they can be played.

    They come with the start of the tournament. When each is played is its organiser's to say.
    """

    http_method_names = ["get", "patch", "head", "options"]
    serializer_class = SeriesSerializer
    permission_classes = [IsOrganiserOrReadOnly]
    filterset_class = SeriesFilter
    lookup_value_converter = "int"
    cached_on = [Series, Team, Tournament]

    def get_queryset(self) -> QuerySet[Series]:
        if self.request.method in SAFE_METHODS:
            return Series.objects.with_teams()
        return Series.objects.select_related("tournament", "team_a", "team_b")

    def complete(self, rows: Rows) -> None:
        complete(rows)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().partial_update(request, *args, **kwargs)
        complete([response.data])
        return response

    @documented(errors=[SeriesFinished, BracketChanged])
    def perform_update(self, serializer: BaseSerializer[Series]) -> None:
        """Set when it is played; or how many games it has, until something of it is known."""
        assert serializer.instance is not None
        serializer.instance = services.update_series(
            series=serializer.instance, **serializer.validated_data
        )


_OF_A_REPORT = [
    NotReported,
    OwnReport,
    SeriesNotReady,
    SeriesFinished,
    BracketChanged,
    TournamentNotRunning,
]


class ReportView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsCaptainOrOrganiser]

    @documented(
        request=ReportSerializer,
        responses={200: SeriesSerializer},
        errors=[
            SeriesNotReady,
            SeriesFinished,
            AlreadyReported,
            ResultsFollowed,
            BracketChanged,
            TournamentNotRunning,
        ],
    )
    def post(self, request: Request, series_id: int) -> Response:
        """Say how a series ended.

        What a captain reports is confirmed by the other one, or disputed; until then, who has
        reported may put it right. What the organiser says is final.
        """
        series, by = series_of(self), cast(User, request.user)
        said = validated(ReportSerializer, request.data)
        order = {name: said.pop(name) for name in ("version", "force") if name in said}
        score = services.Score(**said)
        return answered(services.report(series=series, score=score, by=by, **order))


class ConfirmView(APIView):
    permission_classes = [IsCaptainOrOrganiser]

    @documented(
        request=ConfirmSerializer,
        responses={200: SeriesSerializer},
        errors=[*_OF_A_REPORT, AlreadyReported, ResultsFollowed],
    )
    def post(self, request: Request, series_id: int) -> Response:
        """Agree with the other captain's report: the winner goes on.

        Say with what score: who has reported may have put it right since it was read.
        """
        series, by = series_of(self), cast(User, request.user)
        said = validated(ConfirmSerializer, request.data)
        seen = (said["score_a"], said["score_b"]) if said else None
        return answered(services.confirm(series=series, by=by, seen=seen))


class DisputeView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsCaptainOrOrganiser]

    @documented(
        request=DisputeSerializer,
        responses={200: SeriesSerializer},
        errors=_OF_A_REPORT,
    )
    def post(self, request: Request, series_id: int) -> Response:
        """Disagree with the other captain's report: the organiser settles it by a report."""
        series, by = series_of(self), cast(User, request.user)
        reason = validated(DisputeSerializer, request.data).get("reason", "")
        return answered(services.dispute(series=series, by=by, reason=reason))


class CorrectView(WritesThrottled, APIView):
    throttle_scope = "tournaments"
    permission_classes = [IsOrganiser]

    @documented(
        query=DryRunSerializer,
        request=CorrectSerializer,
        responses={200: ConsequencesSerializer},
        errors=[
            SeriesNotFinished,
            SeriesNotDecided,
            ResultsFollowed,
            BracketChanged,
        ],
    )
    def post(self, request: Request, series_id: int) -> Response:
        """Give a finished series another result, or take it back, with all that follows from it.

        With `dry_run=true`, only say what would change. What has been played on the ground of the
        old result is let go with `force` alone.
        """
        series, (order, wanted) = series_of(self), order_of(request, CorrectSerializer)
        score = None if wanted.get("outcome") == "open" else services.Score(**wanted)
        found = services.correct(series=series, score=score, order=order)
        return Response(ConsequencesSerializer(found).data)
