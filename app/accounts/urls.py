from django.urls import path
from rest_framework.routers import SimpleRouter

from app.accounts import views

router = SimpleRouter(use_regex_path=False)
router.register("users", views.UserViewSet, basename="user")

urlpatterns = [
    path("auth/register/", views.RegisterView.as_view(), name="register"),
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/refresh/", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/csrf/", views.CsrfView.as_view(), name="csrf"),
    path("auth/session/", views.SessionView.as_view(), name="session"),
    *router.urls,
]
