"""What reaches the browser before a prediction: every message on the wire is read."""

from collections.abc import Iterator
from urllib.parse import urlencode

from playwright.sync_api import Page, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from engine import handout
from engine.questions import Question
from pages.common.typeset import typeset
from tests.browser.conftest import Server
from tests.browser.seeing import settle


def test_no_answer_is_in_any_message_before_its_prediction(server: Server, page: Page) -> None:
    received: list[bytes] = []

    def keep(data: bytes | str) -> None:
        received.append(data if isinstance(data, bytes) else data.encode())

    def listen(connection: WebSocket) -> None:
        connection.on("framereceived", keep)

    page.on("websocket", listen)
    for question in handout.QUESTIONS:
        received.clear()
        page.goto(server.url(f"{question.page}?{urlencode({'view': question.view})}"))
        show = page.locator(f".st-key-show_{question.key} button")
        show.wait_for()
        settle(page, has_chart=False)
        before = b"".join(received)
        assert question.asks.split("$")[0].encode() in before
        for words in _answering(question):
            assert words.encode() not in before, f"{question.key}: {words}"
        if question.reference.startswith("1"):  # beam search keeps its tree, without the totals
            to_draw = list(_pictures(received))
            assert len(to_draw) == (question.draws is not None)
            assert not any(b"measured" in picture for picture in to_draw)
        received.clear()
        show.click()
        show.wait_for(state="detached")
        settle(page)
        assert typeset(question.answer).encode() in b"".join(received)


def _answering(question: Question) -> Iterator[str]:
    for words in (question.answer, *(option.response for option in question.options)):
        yield words
        yield typeset(words)
    yield "Measured at these settings"


def _pictures(received: list[bytes]) -> Iterator[bytes]:
    for data in received:
        element = ForwardMsg.FromString(data).delta.new_element
        if element.WhichOneof("type") == "vega_lite_chart":
            yield element.vega_lite_chart.SerializeToString()
