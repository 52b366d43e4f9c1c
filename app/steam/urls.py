from django.urls import path
from rest_framework.routers import SimpleRouter

from app.steam.views import linking, live, matches, players, sync

router = SimpleRouter(use_regex_path=False)
router.register("matches", matches.MatchViewSet, basename="match")
router.register("sync-runs", sync.SyncRunViewSet, basename="sync-run")

urlpatterns = [
    path("players/<int:account_id>/", players.PlayerView.as_view(), name="player"),
    path("search/", players.SteamSearchView.as_view(), name="steam-search"),
    path("heroes/", live.HeroesView.as_view(), name="heroes"),
    path("live/", live.LiveGamesView.as_view(), name="live-games"),
    path("sync/", sync.SyncView.as_view(), name="sync"),
    path("budget/", sync.BudgetView.as_view(), name="budget"),
    *router.urls,
]

# Beside the other ways by another site.
social_urlpatterns = [
    path("login/steam/", linking.SteamLoginView.as_view(), name="social-login-steam"),
    path("complete/steam/", linking.SteamCompleteView.as_view(), name="social-complete-steam"),
]
