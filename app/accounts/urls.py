from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from app.accounts.views import credentials, discord, e2e, sign_in, users

router = SimpleRouter(use_regex_path=False)
router.register("users", users.UserViewSet, basename="user")

social = [
    path("login/discord/", discord.DiscordLoginView.as_view(), name="social-login-discord"),
    path(
        "complete/discord/", discord.DiscordCompleteView.as_view(), name="social-complete-discord"
    ),
]

auth: list[URLPattern | URLResolver] = [
    path("register/", sign_in.RegisterView.as_view(), name="register"),
    path("login/", sign_in.LoginView.as_view(), name="login"),
    path("refresh/", sign_in.RefreshView.as_view(), name="refresh"),
    path("logout/", sign_in.LogoutView.as_view(), name="logout"),
    path("logout/everywhere/", sign_in.LogoutEverywhereView.as_view(), name="logout-everywhere"),
    path("csrf/", sign_in.CsrfView.as_view(), name="csrf"),
    path("session/", sign_in.SessionView.as_view(), name="session"),
    path("token/", sign_in.TokenView.as_view(), name="token"),
    path("password/change/", credentials.PasswordChangeView.as_view(), name="password-change"),
    path("password/reset/", credentials.PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        credentials.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("email/verify/", credentials.EmailVerifyView.as_view(), name="email-verify"),
    path("email/resend/", credentials.EmailResendView.as_view(), name="email-resend"),
    path("email/change/", credentials.EmailChangeView.as_view(), name="email-change"),
    path("social/", include(social)),
]

urlpatterns = [path("auth/", include(auth)), *router.urls]
if settings.E2E_TEST_AUTH:
    urlpatterns.append(path("test/login/", e2e.TestSignInView.as_view(), name="test-login"))
