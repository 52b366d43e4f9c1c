from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from app.core.actions import write_each
from app.media import services
from app.media.models import Upload


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin[Upload]):
    list_display = ["id", "thumbnail", "purpose", "owner", "status", "reason", "size", "created_at"]
    list_filter = ["status", "purpose"]
    list_select_related = ["owner"]
    search_fields = ["owner__username", "owner__nickname", "filename", "key"]
    show_full_result_count = False
    fields = readonly_fields = (
        "thumbnail",
        "purpose",
        "owner",
        "status",
        "reason",
        "content_type",
        "size",
        "filename",
        "used_at",
        "created_at",
        "updated_at",
    )
    actions = ["remove"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        # It would forget what is stored, and where it is shown: the action does not.
        return False

    @admin.display
    def thumbnail(self, upload: Upload) -> str:
        if not upload.pictures:
            return ""
        smallest, largest = upload.shown[-1]["url"], upload.shown[0]["url"]
        return format_html(
            '<a href="{}" target="_blank"><img src="{}" height="48" alt=""></a>', largest, smallest
        )

    @admin.action(description="Remove, wherever it is shown", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        def remove(upload: Upload) -> None:
            services.remove_upload(upload=upload)

        write_each(self, request, queryset, remove, "Removed.")
