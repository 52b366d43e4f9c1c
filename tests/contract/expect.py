"""The one error format, asserted whole: nothing else may be in such a body."""

from typing import Any

import httpx


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Expect an error other than 400; answer its detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    detail = response.json()["detail"]
    assert response.json() == {"detail": detail, "code": code}
    assert isinstance(detail, str)
    assert detail
    return detail


def invalid(response: httpx.Response, *fields: str, code: str = "invalid") -> dict[str, Any]:
    """Expect a 400 about exactly these fields; answer the sentences by field."""
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body == {"error": "Validation Error", "code": code, "details": body["details"]}
    details: dict[str, Any] = body["details"]
    assert details.keys() == set(fields)
    for sentences in details.values():
        assert sentences
        assert all(isinstance(sentence, str) for sentence in sentences)
    return details
