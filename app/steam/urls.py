from django.urls import path
from rest_framework.routers import SimpleRouter

from app.steam import views

router = SimpleRouter(use_regex_path=False)
router.register("matches", views.MatchViewSet, basename="match")

urlpatterns = [
    path("sync/", views.SyncView.as_view(), name="sync"),
    *router.urls,
]
