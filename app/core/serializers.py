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
