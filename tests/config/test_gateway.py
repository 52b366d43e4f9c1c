"""What the Lambda handler does beyond what tests/contract asks of every entrance."""

import asyncio
import base64
import json
import threading

import pytest
from django.db import connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config import functions
from tests.fakes.sqs import Context

# Commits for real: a request drops a connection that it finds inside of a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def event(path="/api/games/", *, method="GET", headers=None, query="", body=None, ip="192.0.2.7"):
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.guildhall.example", "x-forwarded-proto": "https"}
        | (headers or {}),
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": ip, "protocol": "HTTP/1.1"},
            "requestId": "gateway-request-1",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def call(*args, **kwargs):
    return functions.api(event(*args, **kwargs), Context())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to ask")
def test_200_requests_leave_one_database_connection(settings):
    settings.RESPONSE_CACHE = False
    connection.close()
    name = connection.settings_dict["NAME"]

    for _ in range(200):
        assert call()["statusCode"] == 200

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
        assert cursor.fetchone() == (1,)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to ask")
def test_requests_share_one_connection_until_the_server_drops_it(settings):
    settings.RESPONSE_CACHE = False  # a kept answer asks the database nothing
    assert call()["statusCode"] == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (first,) = cursor.fetchone()
    call()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == (first,)

    kill_backend(first)

    assert call()["statusCode"] == 200


def kill_backend(pid):
    """End a connection from the server's side, as a restart of it would."""

    def terminate():
        with connection.cursor() as cursor:
            # … and wait until it is gone.
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = threading.Thread(target=terminate)
    thread.start()
    thread.join()


def where(request):
    try:
        asyncio.get_running_loop()
        loop = True
    except RuntimeError:
        loop = False
    same = threading.current_thread() is threading.main_thread()
    return HttpResponse(json.dumps({"main_thread": same, "loop": loop}))


async def waits(request):
    await asyncio.sleep(0)
    return HttpResponse("waited")


def cookies(request):
    response = HttpResponse("two", headers={"X-Name": "Zoë"})
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def binary(request):
    return FileResponse([bytes(range(256))], content_type="image/png")


def streams(request):
    return StreamingHttpResponse(iter(["a", "b", "c"]), content_type="text/plain")


def breaks_while_streaming(request):
    def chunks():
        yield b"a"
        raise RuntimeError("on purpose")

    return StreamingHttpResponse(chunks())


@csrf_exempt
def echo(request):
    return HttpResponse(
        json.dumps(
            {
                "address": request.META["REMOTE_ADDR"],
                "body": len(request.body),
                "path": request.path,
                "secure": request.is_secure(),
            }
        )
    )


urlpatterns = [
    path("where", where),
    path("waits", waits),
    path("cookies", cookies),
    path("binary", binary),
    path("streams", streams),
    path("breaks", breaks_while_streaming),
    path("echo", echo),
]


@pytest.fixture
def views():
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.mark.usefixtures("views")
class TestViews:
    def test_a_view_runs_on_the_main_thread_without_a_loop(self):
        assert json.loads(call("/where")["body"]) == {"main_thread": True, "loop": False}

    def test_a_view_that_waits_gets_a_loop_of_its_own(self):
        assert call("/waits")["body"] == "waited"

    def test_several_cookies_and_a_name_beyond_ascii_arrive(self):
        answer = call("/cookies")

        assert [cookie.split(";")[0] for cookie in answer["cookies"]] == ["one=1", "two=2"]
        assert answer["headers"]["x-name"] == "Zoë"

    def test_a_binary_answer_comes_whole(self):
        answer = call("/binary")

        assert answer["isBase64Encoded"]
        assert base64.b64decode(answer["body"]) == bytes(range(256))

    def test_a_stream_is_sent_at_once(self):
        assert call("/streams")["body"] == "abc"

    def test_a_stream_that_breaks_is_a_500_without_a_stack(self):
        answer = call("/breaks")

        assert answer["statusCode"] == 500
        assert json.loads(answer["body"])["code"] == "error"

    def test_the_address_comes_from_the_gateway_and_not_from_a_header(self):
        forged = {"x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9"}

        answer = json.loads(call("/echo", headers=forged, ip="192.0.2.44")["body"])

        assert answer["address"] == "192.0.2.44"
        assert answer["secure"] is True

    def test_a_binary_body_comes_in_whole(self):
        sent = event("/echo", method="POST") | {
            "body": base64.b64encode(bytes(range(256))).decode(),
            "isBase64Encoded": True,
        }

        assert json.loads(functions.api(sent, Context())["body"])["body"] == 256


@pytest.mark.parametrize("host", ["a:b:c", "example.com:port", "[::1]:8000", ""])
def test_a_host_that_makes_no_sense_is_a_400(host):
    answer = call(headers={"host": host})

    assert answer["statusCode"] == 400
    assert set(json.loads(answer["body"])) == {"error", "code", "details"}


def test_a_host_that_is_not_ours_is_a_400():
    answer = call(headers={"host": "evil.example"})

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["code"] == "bad_request"


def test_a_path_with_two_slashes_leads_to_no_other_host():
    assert call("//evil.example/api/games")["statusCode"] == 404


def test_the_request_id_is_the_gateways():
    answer = call(headers={"x-request-id": "forged"})

    assert answer["headers"]["x-request-id"] == "gateway-request-1"
