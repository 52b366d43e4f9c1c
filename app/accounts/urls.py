from django.urls import include, path
from rest_framework.routers import SimpleRouter

from app.accounts import views

router = SimpleRouter(use_regex_path=False)
router.register("users", views.UserViewSet, basename="user")

auth = [
    path("register/", views.RegisterView.as_view(), name="register"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("refresh/", views.RefreshView.as_view(), name="refresh"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("csrf/", views.CsrfView.as_view(), name="csrf"),
    path("session/", views.SessionView.as_view(), name="session"),
]

urlpatterns = [path("auth/", include(auth)), *router.urls]
