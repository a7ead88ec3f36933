"""Who a session belongs to, as far as a server can know: a browser, by its cookie, and an address.

A reload, a second tab and a lost connection make new sessions of one browser. A whole class may have
one address, and whoever wants to can have as many cookies as they like: what is bounded is bounded
for the browser tightly and for the address loosely.
"""

import hashlib
import secrets

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "lecture_browser"
_OF_SESSION = "_browser"
#: Addresses are few enough to be found by trying: without it, what is kept of one would tell it.
_SALT = secrets.token_hex(16)


def browser() -> str:
    """A word for the visitor's browser: the same after a reload, and nobody else's.

    Where the browser keeps no cookie of ours it is the session's.
    """
    word = st.context.cookies.get(COOKIE)
    if isinstance(word, str):  # under Streamlit's own test runner it is anything
        return _digest(word)
    return st.session_state.setdefault(_OF_SESSION, secrets.token_hex(8))


def address() -> str:
    """A word for the address that the visitor comes from, nothing where it isn't known.

    It isn't on this machine. Behind a proxy that the server wasn't told to believe it is the proxy's.
    """
    of = st.context.ip_address
    return _digest(_SALT + of) if isinstance(of, str) else ""


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()[:16]


class GiveCookie:
    """Gives a browser its cookie, with the first document that it asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand a websocket on."""
        is_document = scope["type"] == "http" and (
            "text/html" in Headers(scope=scope).get("accept", "")
        )
        if not is_document or COOKIE in HTTPConnection(scope).cookies:
            await self._app(scope, receive, send)
            return
        # Inside another site's page a browser sends only a cookie that says so, and only over https.
        is_safe = scope["scheme"] == "https"
        reach = "SameSite=None; Secure; Partitioned" if is_safe else "SameSite=Lax"
        cookie = f"{COOKIE}={secrets.token_urlsafe(16)}; Path=/; HttpOnly; {reach}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)
