"""A browser gets one cookie, with its first document, and keeps it."""

from typing import Any

import pytest

from pages.common.visitors import COOKIE, GiveCookie
from tests.load.visitor import to_the_end


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})


def cookies(kind: str = "http", scheme: str = "http", **headers: str) -> list[str]:
    """What an answer to a request with these headers sets."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    to_the_end(GiveCookie(_answer)(scope, None, send))  # type: ignore[arg-type]
    return [
        value.decode()
        for message in sent
        for name, value in message["headers"]
        if name == b"set-cookie"
    ]


def test_the_first_document_brings_a_cookie_that_scripts_cannot_read() -> None:
    one, other = cookies(accept="text/html"), cookies(accept="text/html,*/*")
    assert len(one) == len(other) == 1
    assert one[0].startswith(f"{COOKIE}=")
    assert "HttpOnly" in one[0]
    assert one != other


def test_only_over_https_does_it_reach_into_another_sites_frame() -> None:
    assert "SameSite=Lax" in cookies(accept="text/html")[0]
    assert "SameSite=None; Secure; Partitioned" in cookies(scheme="https", accept="text/html")[0]


@pytest.mark.parametrize(
    "request_",
    [
        {"accept": "text/html", "cookie": f"{COOKIE}=mine"},
        {"accept": "*/*"},
        {},
        {"kind": "websocket", "accept": "text/html"},
    ],
)
def test_whoever_has_one_and_whatever_is_no_document_gets_none(request_: dict[str, str]) -> None:
    assert cookies(**request_) == []
