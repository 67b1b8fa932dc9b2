"""A bucket whose service refuses, fails, hangs or lies: a typed error that says what to do, after a bounded time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.errors import Misconfigured, StorageFailed
from domain.values import BucketAddress
from memory import bucket as bucket_module
from memory.bucket import Bucket, Connection
from memory.bucket_probe import PROBE, probe
from tests.object_store import ObjectService
from tests.serving import serving

ADDRESS = BucketAddress(bucket="pictures", prefix="onbrand")
SECRET = "a-secret-that-is-never-shown"
ATTEMPTS = 2


class Scripted:
    """An S3 endpoint that answers as it is told, and counts."""

    def __init__(self) -> None:
        self.answers: list[Callable[[Any], Any]] = []
        self.requests: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        self.requests.append(f"{scope['method']} {scope['path']}")
        await self.answers[min(len(self.requests), len(self.answers)) - 1](send)

    def say(self, *answers: Callable[[Any], Any]) -> None:
        """From now on these, in turn; the last one again and again."""
        self.answers, self.requests = list(answers), []


def answer(status: int, body: bytes = b"", length: int | None = None) -> Callable[[Any], Any]:
    """A response; `length` is what it claims to be long."""

    async def send_it(send: Any) -> None:
        headers = [(b"content-length", str(len(body) if length is None else length).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return send_it


def refusal(status: int, code: str) -> Callable[[Any], Any]:
    """An error as S3 words it."""
    said = f"<Error><Code>{code}</Code><Message>{SECRET} AKIAOFATESTTHATISNONE</Message></Error>"
    return answer(status, said.encode())


@pytest.fixture(scope="module")
def service() -> Iterator[Scripted]:
    yield Scripted()


@pytest.fixture(scope="module")
def way(service: Scripted) -> Iterator[Connection]:
    """The program's way to that endpoint, with short waits and few attempts."""
    with serving(service) as address, pytest.MonkeyPatch.context() as patch:
        for name, value in ObjectService(address).environment.items():
            patch.setenv(name, value)
        patch.setattr(bucket_module, "ATTEMPTS", ATTEMPTS)
        patch.setattr(bucket_module, "READ_TIMEOUT_S", 1.0)
        made = Connection()
        assert made.client
        patch.undo()                            # other connections of this process are made as ever
        yield made


@pytest.fixture
def scripted(way: Connection, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of that endpoint."""
    monkeypatch.setattr(bucket_module, "ATTEMPTS", ATTEMPTS)
    return Bucket(ADDRESS, way)


def uses(bucket: Bucket) -> dict[str, Callable[[], object]]:
    """Everything a bucket is used for."""
    return {
        "put": lambda: bucket.put_new("a/b", b"bytes", "image/png"),
        "replace": lambda: bucket.replace("a/b", b"bytes", "image/png"),
        "get": lambda: bucket.get("a/b"),
        "sha256": lambda: bucket.sha256("a/b"),
        "list": lambda: bucket.keys("a/b"),
        "delete": lambda: bucket.delete("a/b"),
    }


@pytest.mark.parametrize(
    ("status", "code", "said", "next_step"),
    [
        (403, "InvalidAccessKeyId", "credentials", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "credentials", "AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "credentials", "expired"),
        (403, "AccessDenied", "may not", "s3:PutObject"),
        (404, "NoSuchBucket", "no such bucket", "correct its name"),
        (400, "AuthorizationHeaderMalformed", "region", "AWS_DEFAULT_REGION"),
        (507, "XMinioStorageFull", "no room", "Make some room"),
        (501, "NotImplemented", "only if it is absent", "Amazon S3"),
        (418, "Teapot", "refused", "documentation"),
    ],
)
def test_a_refusal_says_what_to_do_and_shows_nothing_of_what_was_sent(
    service: Scripted, scripted: Bucket, status: int, code: str, said: str, next_step: str
) -> None:
    service.say(refusal(status, code))
    for name, use in uses(scripted).items():
        if name == "sha256":
            continue                            # an answer to HEAD has no body and so no code: see below
        with pytest.raises(StorageFailed) as caught:
            use()
        error = caught.value
        assert said in error.message, name
        assert next_step in error.hint
        assert error.where == f"{ADDRESS}/a/b"
        assert SECRET not in str(error.document())
        assert "AKIA" not in str(error.document())


def test_an_answer_without_a_body_is_understood_by_its_status(service: Scripted, scripted: Bucket) -> None:
    service.say(answer(403))
    with pytest.raises(StorageFailed, match="may not"):
        scripted.sha256("a/b")
    service.say(answer(404))
    assert scripted.sha256("a/b") is None


@pytest.mark.parametrize("use", ["put", "get", "list"])
def test_a_service_that_is_overloaded_is_asked_a_bounded_number_of_times(
    service: Scripted, scripted: Bucket, use: str
) -> None:
    service.say(refusal(503, "SlowDown"))
    with pytest.raises(StorageFailed, match="overloaded") as caught:
        uses(scripted)[use]()
    assert "can be resumed" in caught.value.hint
    assert len(service.requests) == ATTEMPTS


def test_a_service_that_stumbles_once_is_no_failure(service: Scripted, scripted: Bucket) -> None:
    service.say(refusal(500, "InternalError"), answer(200, b"bytes"))
    assert scripted.get("a/b") == b"bytes"
    service.say(refusal(409, "ConditionalRequestConflict"), answer(200))
    assert scripted.put_new("a/b", b"bytes", "image/png")


def test_bytes_that_break_off_are_asked_for_again(service: Scripted, scripted: Bucket) -> None:
    service.say(answer(200, b"byt", length=5), answer(200, b"bytes"))
    assert scripted.get("a/b") == b"bytes"
    service.say(answer(200, b"byt", length=5))
    with pytest.raises(StorageFailed, match="cannot be reached"):
        scripted.get("a/b")
    assert len(service.requests) == ATTEMPTS


def test_a_service_that_hangs_frees_its_caller(service: Scripted, scripted: Bucket) -> None:
    async def hang(send: Any) -> None:
        await asyncio.sleep(3)

    service.say(hang)
    with pytest.raises(StorageFailed, match=r"cannot be reached \(ReadTimeoutError\)"):
        scripted.get("a/b")


def test_nobody_there_and_no_credentials_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, object_service: ObjectService
) -> None:
    monkeypatch.setattr(bucket_module, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for name, value in object_service.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageFailed, match="cannot be reached") as caught:
        Bucket(ADDRESS, Connection(nobody)).get("a")
    assert "AWS_ENDPOINT_URL" in caught.value.hint
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageFailed, match="credentials") as caught:
        Bucket(ADDRESS, Connection()).put_new("a", b"", "image/png")
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this")
    with pytest.raises(StorageFailed, match="credentials"):
        Bucket(ADDRESS, Connection()).get("a")


def test_a_bucket_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(StorageFailed, match="no such bucket"):
        Bucket(BucketAddress(bucket="nobody-made-this"), connection).get("a")


def test_an_object_is_kept_once_listed_and_removed(bucket: Bucket) -> None:
    assert bucket.put_new("a/one", b"1", "text/plain")
    assert not bucket.put_new("a/one", b"2", "text/plain")
    assert bucket.put_new("a/two", b"2", "text/plain")
    assert bucket.put_new("b", b"3", "text/plain")
    assert (bucket.get("a/one"), bucket.get("a"), list(bucket.keys("a/"))) == (b"1", None, ["a/one", "a/two"])
    bucket.replace("a/one", b"new", "text/plain")
    assert bucket.get("a/one") == b"new"
    bucket.delete("a/one")
    bucket.delete("a/one")
    assert list(bucket.keys("")) == ["a/two", "b"]


def test_prefixes_of_one_bucket_do_not_see_each_other(bucket: Bucket, connection: Connection) -> None:
    bucket.put_new("a", b"ours", "text/plain")
    other = Bucket(BucketAddress(bucket=bucket.address.bucket, prefix="onbrand-too"), connection)
    whole = Bucket(BucketAddress(bucket=bucket.address.bucket), connection)
    assert (other.get("a"), list(other.keys(""))) == (None, [])
    assert list(whole.keys("")) == ["onbrand/a"]
    assert (whole.url("a"), other.url("a")) == (f"s3://{whole.address.bucket}/a", f"{other.address}/a")


def test_a_probe_passes_where_objects_are_never_written_over(bucket: Bucket) -> None:
    probe(bucket)
    probe(bucket)
    assert list(bucket.keys("")) == [PROBE]


def test_a_service_that_writes_over_what_is_there_is_found_out(service: Scripted, scripted: Bucket) -> None:
    service.say(answer(200))
    with pytest.raises(Misconfigured, match="writes over"):
        probe(scripted)


@pytest.mark.parametrize(
    "text",
    ["", "s3://", "s3:///prefix", "s3://Pictures/x", "s3://ab", "s3://a_b/x", "http://pictures/x", "pictures/x",
     "s3://pictures/../x", "s3://pictures/a//b", "s3://pictures/./x", "s3://pictures/a b", "s3://pictures/x?y",
     "s3://pictures/" + "a" * 600],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"s3://|prefix"):
        BucketAddress.parse(text)


@pytest.mark.parametrize("text", ["s3://pictures", "s3://pictures/onbrand", "s3://pic.tures-1/a/b_c"])
def test_an_address_reads_back_as_it_is_written(text: str) -> None:
    assert str(BucketAddress.parse(text)) == str(BucketAddress.parse(f"{text}/")) == text
