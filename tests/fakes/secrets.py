"""AWS Secrets Manager over HTTP, by moto's server, which does not look at who asks."""

import json
import uuid
from typing import Any

import boto3


class Secret:
    def __init__(self, endpoint: str, value: Any) -> None:
        self._client = boto3.client("secretsmanager", endpoint_url=endpoint)
        name = f"guildhall/{uuid.uuid4().hex}"
        text = value if isinstance(value, str) else json.dumps(value)
        self.arn: str = self._client.create_secret(Name=name, SecretString=text)["ARN"]

    def put(self, value: Any) -> None:
        self._client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(value))
