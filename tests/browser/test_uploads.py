"""A page sends a picture straight to S3, and shows what has become of it.

The bucket lets the frontend's origin in, as a deployment's does; before what is public of it there
is a page server in the CDN's place, as moto reads for nobody who has not signed.
"""

import boto3
import pytest

from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.fakes.sqs import sqs_server

pytestmark = pytest.mark.django_db

# What a frontend does, whichever storage there is.
UPLOAD = """
    const { tokenClient } = await import("/tokens.js");
    const tokens = tokenClient(api);
    await tokens.signIn(username, password);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [300, 200];
    const pen = canvas.getContext("2d");
    pen.fillStyle = "rgb(20, 40, 220)";
    pen.fillRect(0, 0, 300, 200);
    const file = await new Promise((done) => canvas.toBlob(done, "image/png"));

    const begun = await tokens.call("POST", "media/uploads/", {
        purpose: "avatar", content_type: file.type, size: file.size,
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(begun.fields)) form.append(name, value);
    form.append("file", file);
    const sent = await fetch(begun.url, { method: begun.method, body: form });
    if (!sent.ok) throw new Error(`${sent.status} ${await sent.text()}`);
    const path = `media/uploads/${begun.upload.id}/`;
    let upload = await tokens.call("POST", `${path}complete/`);
    while (upload.status === "processing") upload = await tokens.call("GET", path);
    if (upload.status !== "ready") throw new Error(upload.reason);
    const { avatar } = await tokens.call("PUT", "users/me/avatar/", { upload_id: upload.id });

    const image = new Image();
    image.src = avatar;
    await image.decode();
    document.body.append(image);
    return [avatar, image.naturalWidth, image.naturalHeight, begun.url];
"""


@pytest.fixture(scope="module")
def s3():
    with sqs_server() as url:  # moto's, which has S3 as well
        yield url


@pytest.fixture(scope="module")
def bucket(s3, token_frontend):
    client = boto3.client("s3", endpoint_url=s3)
    client.create_bucket(
        Bucket="media", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": [token_frontend.other_site]}
    client.put_bucket_cors(Bucket="media", CORSConfiguration={"CORSRules": [rule]})
    return client


@pytest.fixture(scope="module")
def cdn(bucket):
    """What is public of the bucket, for everyone, as the bucket says that it is to be kept."""

    def respond(request):
        key = request.path.removeprefix("/")
        if not key.startswith("public/"):
            return Reply.page(403, "Forbidden")
        found = bucket.get_object(Bucket="media", Key=key)
        headers = {"Cache-Control": found["CacheControl"]}
        return Reply(200, found["Body"].read(), found["ContentType"], headers=headers)

    listener = Listener(("127.0.0.1", 0), respond)
    listener.start()
    yield f"http://127.0.0.1:{listener.server_address[1]}"
    listener.stop()


@pytest.fixture
def storage(request, serve, cdn, s3, tmp_path):
    environment = {
        "bucket": {
            "MEDIA_BUCKET": "media",
            "MEDIA_URL": cdn,
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": s3,
        },
        "folder": {"MEDIA_ROOT": str(tmp_path / "media")},
    }[request.param]
    with serve(COOKIE_SAMESITE="Lax", **environment) as site:
        yield site


@pytest.mark.parametrize("storage", ["bucket"], indirect=True)
def test_a_page_uploads_to_s3_and_shows_the_picture(person, token_frontend, storage, s3, cdn):
    page = person.open(token_frontend.other_site)

    avatar, width, height, sent_to = page.run(UPLOAD, api=storage.api, **storage.register())

    assert (width, height) == (200, 200)
    assert sent_to.startswith(s3)
    assert avatar.startswith(f"{cdn}/public/")
    assert ("GET", avatar) in page.requests
    # The browser looks for an icon besides.
    assert [each for each in page.complaints if "404" not in each] == []


@pytest.mark.parametrize("storage", ["folder"], indirect=True)
def test_the_same_page_uploads_to_a_folder(person, token_frontend, storage):
    page = person.open(token_frontend.other_site)
    # The picture's address is that of a laptop, and this server is on another port.
    code = UPLOAD.replace(
        "image.src = avatar", "image.src = new URL(new URL(avatar).pathname, api)"
    )

    _, width, height, sent_to = page.run(code, api=storage.api, **storage.register())

    assert (width, height) == (200, 200)
    assert sent_to == f"{storage.url}/media/incoming/"
    # The browser looks for an icon besides.
    assert [each for each in page.complaints if "404" not in each] == []
