"""One visitor: a websocket session that speaks Streamlit's own messages, as the browser does."""

import asyncio
import random
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from tests.load.controls import Control, PageControls
from tests.load.mixes import Mix, anything

#: A run that takes longer counts as an error.
PATIENCE_SECONDS = 60.0
#: The browser keeps a large message for this many runs, so that it need not be sent again.
KEPT_FOR_RUNS = 2
Found = TypeVar("Found")
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def to_the_end(visit: Coroutine[Any, Any, Found]) -> Found:
    """`asyncio.run` in a thread of its own: a browser under test leaves a running loop in ours."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visit).result()


class PageError(Exception):
    """The page shows an exception, or isn't found."""


@dataclass
class Run:
    """What came back for one request.

    seconds: until the server said that it has finished. messages: all of them, not only elements.
    charts: how many of them are pictures. by: what kind of control was moved.
    """

    seconds: float = 0.0
    messages: int = 0
    charts: int = 0
    by: str = ""


@dataclass
class Visitor:
    """Opens `page` at `host` ("127.0.0.1:8501") and moves its controls.

    query: what the address asks for. chance: decides what is moved. patience: seconds for a run.
    """

    host: str
    page: str
    chance: random.Random
    query: str = ""
    cookie: str = ""
    patience: float = PATIENCE_SECONDS
    controls: PageControls = field(default_factory=PageControls)
    script_hash: str = ""
    texts: list[str] = field(default_factory=list)
    tabs: list[str] = field(default_factory=list)
    #: What the navigation leads to.
    pages: list[str] = field(default_factory=list)
    #: The buttons on the page, by label and by key: which one it is, and the part that it stands in.
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Every message as it came, for whoever wants to read them.
    heard: list[bytes] | None = None

    def __post_init__(self) -> None:
        #: Large messages by their hash, each with the run that used it last.
        self._kept: dict[str, tuple[ForwardMsg, int]] = {}
        self._runs = 0
        self._moved_in: set[str] = set()
        self._connection: ClientConnection | None = None

    async def arrive(self) -> Run:
        """Connect and open the page. Raises PageError, OSError, TimeoutError, WebSocketException."""
        start = time.perf_counter()
        async with asyncio.timeout(self.patience):
            self._connection = await connect(
                f"ws://{self.host}/_stcore/stream",
                subprotocols=["streamlit"],  # type: ignore[list-item]
                additional_headers={"Cookie": self.cookie} if self.cookie else None,
                max_size=None,
                compression=None,
                ping_interval=None,
                open_timeout=None,
                close_timeout=1.0,
            )
            run = await self.rerun()
        run.seconds = time.perf_counter() - start
        return run

    async def move(self, mix: Mix = anything) -> Run:
        """Move one control, as the mix and chance have it, and wait for the page."""
        moved = mix(self.controls, self.chance)
        if moved is not None:
            self._moved(moved)
        run = await self.rerun()
        run.by = "" if moved is None else moved.kind
        return run

    def set(self, key: str, value: Any) -> None:
        """Put the control that is `key` in the address, or a picture's hand, to a value."""
        control = self._control(key)
        control.value, control.moved = value, True
        self._moved(control)

    def value(self, key: str) -> Any:
        """Where the control that is `key` in the address stands."""
        return self._control(key).value

    async def __aenter__(self) -> "Visitor":
        """Arrive, and leave with the block."""
        await self.arrive()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()

    async def send(self, message: BackMsg) -> None:
        """Send what no control asks for, as somebody's own program may."""
        assert self._connection is not None
        await self._connection.send(message.SerializeToString())

    async def press(self, button: str) -> Run:
        """Press a button, and wait for the page or for the part of it."""
        identity, fragment = self.buttons[button]
        return await self._run(fragment, identity)

    async def rerun(self) -> Run:
        """Send where the controls stand, and wait: for the part in which they moved, or the page."""
        fragment = self._moved_in.pop() if len(self._moved_in) == 1 else ""
        self._moved_in.clear()
        return await self._run(fragment)

    async def _run(self, fragment: str, pressed: str = "") -> Run:
        assert self._connection is not None
        request = self._request(fragment)
        if pressed:
            request.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        start = time.perf_counter()
        await self._connection.send(request.SerializeToString())
        async with asyncio.timeout(self.patience):
            run = await self._read_answer(self._connection, fragment)
        run.seconds = time.perf_counter() - start
        return run

    def _control(self, key: str) -> Control:
        return next(c for c in self.controls.shown.values() if key in (c.url_key, c.name))

    def _request(self, fragment: str) -> BackMsg:
        state = ClientState(
            fragment_id=fragment,
            query_string=self.query,
            page_script_hash=self.script_hash,
            # Until the server has named the page, the address does.
            page_name="" if self.script_hash else self.page,
            cached_message_hashes=list(self._kept),
        )
        state.context_info.timezone = "UTC"
        state.context_info.url = f"http://{self.host}/{self.page}"
        self.controls.write(state.widget_states)
        return BackMsg(rerun_script=state)

    async def _read_answer(self, connection: ClientConnection, fragment: str) -> Run:
        run = Run()
        seen, tabs, self.texts = PageControls(bound=self.controls.bound), list[str](), []
        root: tuple[int, ...] | None = None
        self._runs += 1
        while True:
            data = await connection.recv()
            assert isinstance(data, bytes)
            run.messages += 1
            if self.heard is not None:
                self.heard.append(data)
            message = self._resolve(ForwardMsg.FromString(data))
            kind = message.WhichOneof("type")
            if kind == "delta":
                root = root or tuple(message.metadata.delta_path)
                self._read_delta(message, seen, tabs, run)
            elif kind == "navigation":
                self.script_hash = message.navigation.page_script_hash
                self.pages = [page.page_name for page in message.navigation.app_pages]
            elif kind == "new_session":
                self.script_hash = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    fragment = ""  # the part has asked for the whole page
                # A run that is interrupted starts anew.
                seen, tabs, self.texts = PageControls(bound=self.controls.bound), [], []
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "page_not_found" or (
                message.session_event.WhichOneof("type") == "script_compilation_exception"
            ):
                raise PageError(f"{self.page}: {kind}")
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise PageError(f"{self.page} doesn't compile")
                if message.script_finished in FINISHED:
                    break
        seen.see_tabs(tabs)
        self.tabs = tabs or self.tabs
        if fragment and root:  # a part's first message is its container
            seen.keep_others_of(self.controls, root)
        seen.keep_values_of(self.controls)
        self.controls = seen
        in_use = self._runs - KEPT_FOR_RUNS
        self._kept = {name: of for name, of in self._kept.items() if of[1] > in_use}
        return run

    def _read_delta(
        self, message: ForwardMsg, seen: PageControls, tabs: list[str], run: Run
    ) -> None:
        delta, place = message.delta, tuple(message.metadata.delta_path)
        if delta.WhichOneof("type") == "add_block":
            if delta.add_block.WhichOneof("type") == "tab":
                tabs.append(delta.add_block.tab.label)
            seen.see_block(delta.add_block, place, delta.fragment_id)
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise PageError(f"{self.page}: {element.exception.type} {element.exception.message}")
        run.charts += kind == "vega_lite_chart"
        if kind == "button":
            button = (element.button.id, delta.fragment_id)
            key = element.button.id.split("-", 2)[-1]
            self.buttons |= {element.button.label: button, key: button}
        if kind in ("alert", "markdown"):
            self.texts.append(getattr(element, kind).body)
        seen.see_element(element, place, delta.fragment_id)

    def _resolve(self, message: ForwardMsg) -> ForwardMsg:
        """The message that a reference stands for; large ones are kept for the next runs."""
        if message.WhichOneof("type") == "ref_hash":
            message, _ = self._kept[message.ref_hash]
        if message.metadata.cacheable:
            self._kept[message.hash] = message, self._runs
        return message

    def _moved(self, control: Control) -> None:
        """The browser writes a bound control's value into the address before it asks.

        A hand's value gets there by the server.
        """
        self._moved_in.add(control.fragment)
        if not control.url_key:
            return
        values = dict(parse_qsl(self.query, keep_blank_values=True))
        values.pop(control.url_key, None)
        text = control.in_address()
        if text is not None:
            values[control.url_key] = text
        self.query = urlencode(values)
