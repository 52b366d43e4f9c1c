"""The admin's routes, and the models that it shows: imported when somebody goes there."""

from django.contrib import admin

from app.accounts.admin import SignInForm

admin.autodiscover()
admin.site.login_form = SignInForm
urlpatterns = admin.site.get_urls()
