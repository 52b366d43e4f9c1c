from django.urls import path

from app.media.views import avatars, files, uploads

urlpatterns = [
    path("media/uploads/", uploads.UploadsView.as_view()),
    path("media/uploads/<int:upload_id>/", uploads.UploadView.as_view()),
    path("media/uploads/<int:upload_id>/complete/", uploads.CompleteView.as_view()),
    path("users/me/avatar/", avatars.AvatarView.as_view()),
]

# What S3 and the CDN before it are elsewhere.
file_urlpatterns = [
    path("incoming/", files.receive, name="media-incoming"),
    path("public/<str:key>/<str:name>.webp", files.show, name="media-public"),
]
