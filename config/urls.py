from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from app.core import views
from app.media import urls as media_urls
from app.steam import urls as steam_urls


def later(view: str, **options: Any) -> Callable[..., HttpResponse]:
    """Import the class of a view when it is first called: few are, in a Lambda's life."""

    # As all of REST framework's views are.
    @csrf_exempt
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = import_string(view).as_view(**options)(request, **kwargs)
        return response

    return answer


api: list[URLPattern | URLResolver] = [
    path("", include("app.core.urls")),
    path("", include("app.events.urls")),
    path("", include("app.media.urls")),
    path("", include("app.search.urls")),
    path("", include("app.tournaments.urls")),
    path("", include("app.accounts.urls")),
    path("steam/", include("app.steam.urls")),
    path("auth/social/", include(steam_urls.social_urlpatterns)),
    path("schema/", later("drf_spectacular.views.SpectacularAPIView"), name="schema"),
    path("docs/", later("app.core.docs.DocsView", url_name="schema"), name="docs"),
    # With DEBUG on, Django would answer an unknown route with a page of its own.
    re_path("", views.not_found),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    path("api/", include(api)),
    path("media/", include(media_urls.file_urlpatterns)),
    # The schema has the others.
    path("health/", later("app.core.views.ReadinessView")),
    path("health/live/", later("app.core.views.LivenessView")),
    path("health/ready/", later("app.core.views.ReadinessView")),
    # As path() and include() have it, but for the module, which is imported when it is asked for.
    URLResolver(RoutePattern("admin/"), "config.admin", app_name="admin", namespace="admin"),
]

handler400 = "app.core.views.bad_request"
handler403 = "app.core.views.permission_denied"
handler404 = "app.core.views.not_found"
handler500 = "app.core.views.server_error"
