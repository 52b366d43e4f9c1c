from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from app.core import views
from app.core.docs import DocsView

api: list[URLPattern | URLResolver] = [
    path("", include("app.core.urls")),
    path("", include("app.accounts.urls")),
    path("", include("app.steam.urls")),
    path("", include("app.tournaments.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
    # With DEBUG on, Django would answer an unknown route with a page of its own.
    re_path("", views.not_found),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    path("api/", include(api)),
    path("health/", views.HealthView.as_view(schema=None)),
    path("admin/", admin.site.urls),
]

handler400 = "app.core.views.bad_request"
handler403 = "app.core.views.permission_denied"
handler404 = "app.core.views.not_found"
handler500 = "app.core.views.server_error"
