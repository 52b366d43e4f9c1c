from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_headers
from rest_framework.routers import DefaultRouter

from ..stock import urls
from ..stock.tournaments.views import GameViewSet

# As REST framework's documentation caches what depends on who asks.
cached = [cache_page(15 * 60), vary_on_headers("Authorization")]


@method_decorator(cached, name="list")
@method_decorator(cached, name="retrieve")
class CachedGameViewSet(GameViewSet):
    pass


router = DefaultRouter()
router.register("games", CachedGameViewSet)

urlpatterns = [path("api/", include(router.urls)), *urls.urlpatterns]
