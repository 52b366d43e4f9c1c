from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.core.documentation import documented
from app.core.viewsets import ReadOnlyModelViewSet
from app.steam.filters import SyncRunFilter
from app.steam.models import SyncRun, Usage
from app.steam.serializers import BudgetSerializer, SyncRunSerializer, SyncSerializer

USAGE = timedelta(days=31)


class SyncView(APIView):
    """Look for new matches now, instead of when the schedule next does. For staff."""

    permission_classes = [IsAdminUser]

    @documented(request=None, responses={202: SyncSerializer})
    def post(self, request: Request) -> Response:
        from app.steam import tasks  # with httpx, which no other request needs: 22 ms

        result = tasks.plan_sync.enqueue(staff_id=request.user.pk)
        return Response({"task": result.id}, status=status.HTTP_202_ACCEPTED)


class SyncRunViewSet(ReadOnlyModelViewSet[SyncRun]):
    """What the sync did, plan by plan. The newest come first. For staff."""

    serializer_class = SyncRunSerializer
    permission_classes = [IsAdminUser]
    filterset_class = SyncRunFilter
    lookup_value_converter = "int"
    queryset = SyncRun.objects.all()


class BudgetView(APIView):
    """How many calls to Steam and OpenDota are left, and what was made of them. For staff."""

    permission_classes = [IsAdminUser]

    @documented(responses={200: BudgetSerializer})
    def get(self, request: Request) -> Response:
        from app.steam import sources  # with httpx

        today = timezone.now().date()
        found = {
            "steam": _standing(sources.steam_budget()),
            "opendota": (
                _standing(sources.opendota_budget()) if settings.OPENDOTA_ENABLED else None
            ),
            "usage": Usage.objects.filter(day__gt=today - USAGE),
        }
        return Response(BudgetSerializer(found).data)


def _standing(budget: Any) -> Any:
    from app.steam.transport import OverBudget

    try:
        return budget.standing()
    except OverBudget:
        return None  # Redis has the numbers, and is down
