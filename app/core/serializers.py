from rest_framework import serializers

from app.core.models import SystemSettings


class SystemSettingsSerializer(serializers.ModelSerializer[SystemSettings]):
    class Meta:
        model = SystemSettings
        fields = ["site_name", "timezone"]


class HealthSerializer(serializers.Serializer[dict[str, str]]):
    status = serializers.ChoiceField(choices=["ok", "unavailable"])
    version = serializers.CharField()
    database = serializers.ChoiceField(choices=["ok", "unavailable"])
    cache = serializers.ChoiceField(choices=["ok", "unavailable"])


class ErrorSerializer(serializers.Serializer[dict[str, str]]):
    detail = serializers.CharField(help_text="What is wrong, for people.")
    code = serializers.CharField(help_text="What is wrong, for programs.")


class ValidationErrorSerializer(serializers.Serializer[dict[str, object]]):
    error = serializers.CharField()
    code = serializers.CharField(help_text="What is wrong, for programs.")
    details = serializers.DictField(help_text="What is wrong, as sentences by field.")
