from drf_spectacular.views import SpectacularSwaggerView


class DocsView(SpectacularSwaggerView):
    """The OpenAPI page, whose script also keeps one signed in: see the template."""

    http_method_names = ["get", "head"]
    template_name_js = "core/swagger_ui.js"
