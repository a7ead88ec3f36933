"""What reaches a browser before a prediction: every message on the wire is read."""

import random
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from engine import handout
from engine.questions import Question
from pages.common.typeset import typeset
from tests.browser.conftest import Server
from tests.load.visitor import Visitor, to_the_end


@pytest.mark.parametrize("question", handout.QUESTIONS, ids=lambda question: question.key)
def test_no_answer_is_in_any_message_before_its_prediction(
    server: Server, question: Question
) -> None:
    before, after = to_the_end(_open_and_answer(server, question))
    said = b"".join(before)
    assert question.asks.split("$")[0].encode() in said
    for words in _answering(question):
        assert words.encode() not in said, words
    if question.reference.startswith("1"):  # beam search keeps its tree, without the totals
        to_draw = list(_pictures(before))
        assert len(to_draw) == (question.draws is not None)
        assert not any(b"measured" in picture for picture in to_draw)
    assert typeset(question.answer).encode() in b"".join(after)


async def _open_and_answer(server: Server, question: Question) -> tuple[list[bytes], list[bytes]]:
    """All messages up to the question, and those that its answer brings."""
    before: list[bytes] = []
    after: list[bytes] = []
    view = urlencode({"view": question.view})
    async with Visitor(server.host, question.page, random.Random(0), view, heard=before) as visitor:
        visitor.heard = after
        await visitor.press(f"show_{question.key}")
    return before, after


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
