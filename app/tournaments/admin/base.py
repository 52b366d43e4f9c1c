"""Pages that write by the services."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from rest_framework.exceptions import APIException

from app.accounts.models import User
from app.core.actions import said_by
from app.tournaments.models import Tournament

Row = TypeVar("Row", bound=Model)


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


class ServiceForm(ModelForm[Any]):
    """Says on the page what the service refuses, so that nothing that was typed is lost."""

    write: Callable[..., Any]
    """Writes what the form says, as the page that it is on does."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # no stubs
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.write()
                # The page writes it, once all of it is valid.
                transaction.set_rollback(True)
        except APIException as error:
            self.add_error(None, str(error.detail))
        except ValidationError as error:
            self._add(error)

    def _add(self, error: ValidationError) -> None:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, said in by_field.items():
            field = name.removesuffix("_id")
            self.add_error(field if field in self.fields else NON_FIELD_ERRORS, said)


class ServiceAdmin(admin.ModelAdmin[Row]):
    form: type[ServiceForm] = ServiceForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def write(self, request: HttpRequest, form: ModelForm[Any], row: Row | None) -> Row:
        """Write what the form says: to the row as it is stored, or as a new one."""
        raise NotImplementedError

    def remove(self, request: HttpRequest, row: Row) -> None:
        raise NotImplementedError

    def get_form(
        self, request: HttpRequest, obj: Row | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Row]]:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.write = lambda filled: self._write(request, filled)
        return cast(type[ModelForm[Row]], form)

    def _write(self, request: HttpRequest, form: ModelForm[Any]) -> Row:
        # Not the form's own, which has its values already.
        stored = self.model._default_manager.filter(pk=form.instance.pk).first()
        return self.write(request, form, stored)

    def save_model(
        self, request: HttpRequest, obj: Row, form: ModelForm[Any], change: bool
    ) -> None:
        obj.pk = self._write(request, form).pk

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        self.remove(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        # It would not ask the service, nor say what that refuses.
        found.pop("delete_selected", None)
        return found

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        # What is a row's goes with it, and is nobody's to delete by itself.
        return found, counts, needed & {self.model._meta.verbose_name}, protected

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say(request, super().delete_view, *args, **kwargs)

    def _or_say(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say what was refused after all, as when somebody was faster."""
        try:
            return view(request, *args, **kwargs)
        except (APIException, ValidationError) as error:
            self.message_user(request, said_by(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


def picture(tournament: Tournament) -> str:
    if not tournament.has_started:
        return ""
    url = reverse("bracket-picture", args=[tournament.pk])
    return format_html('<a href="{}" target="_blank">bracket</a>', url)


def listed(model: type[Model], words: str, **filters: Any) -> str:
    """Link to the list of what these filters leave."""
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    url = reverse(page, query=filters)
    return format_html('<a href="{}">{}</a>', url, words)
