from rest_framework.exceptions import APIException

from app.core.errors import Conflict


class UploadMissing(Conflict):
    default_code = "upload_missing"
    default_detail = "Nothing has been uploaded yet: send the file to the form's url first."


class UploadNotReady(Conflict):
    default_code = "upload_not_ready"
    default_detail = "The upload is no picture yet, or was refused."


class UploadUsed(Conflict):
    default_code = "upload_used"
    default_detail = "The upload has been used already. Upload the picture again."


class TooManyUploads(Conflict):
    default_code = "too_many_uploads"
    default_detail = "You have begun enough uploads. Complete one of them, or wait an hour."


class StorageUnavailable(APIException):
    status_code = 503
    default_code = "storage_unavailable"
    default_detail = "Pictures cannot be stored at the moment. Try again in a minute."
    wait = 60
