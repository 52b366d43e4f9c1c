from django.urls import path
from rest_framework.routers import SimpleRouter

from app.steam import views

router = SimpleRouter(use_regex_path=False)
router.register("matches", views.MatchViewSet, basename="match")

urlpatterns = [
    path("sync/", views.SyncView.as_view(), name="sync"),
    *router.urls,
]

# Beside the other ways by another site.
social_urlpatterns = [
    path("login/steam/", views.SteamLoginView.as_view(), name="social-login-steam"),
    path("complete/steam/", views.SteamCompleteView.as_view(), name="social-complete-steam"),
]
