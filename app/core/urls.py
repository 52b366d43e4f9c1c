from django.urls import path

from app.core import views

urlpatterns = [
    path("health/", views.HealthView.as_view(), name="health"),
    path("settings/", views.SystemSettingsView.as_view(), name="settings"),
]
