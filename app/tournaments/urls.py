from rest_framework.routers import SimpleRouter

from app.tournaments import views

router = SimpleRouter(use_regex_path=False)
router.register("tournaments", views.TournamentViewSet, basename="tournament")
router.register("teams", views.TeamViewSet, basename="team")
router.register("games", views.GameViewSet, basename="game")

urlpatterns = router.urls
