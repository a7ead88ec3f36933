"""Where text of somebody else's arrives on a page: as plain text and as code, never as markup.

Streamlit takes most of its strings for Markdown: labels, captions, alerts, helps. Texts under test
carry a mark; every string of every element is searched for it.
"""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from pages.common import keys, presenter, style

#: Stands in everything that a test smuggles in.
MARK = "zq7"
#: What would do something if any of it were taken for markup.
SPELLS = (
    f"<script>{MARK}</script>", f"<img src=x onerror={MARK}>", f"</div><b>{MARK}</b>",
    f"![{MARK}](https://example.org/{MARK}.png)", f"[{MARK}](javascript:alert(1))",
    f"**{MARK}**", f"`{MARK}`", f"``` {MARK} ```", f"`` ` {MARK} ``", f":red[{MARK}]",
    f":material/{MARK}:", f"$\\href{{javascript:{MARK}}}{{x}}$", f"# {MARK}", f"\n\n# {MARK}\n",
    f"| {MARK} |\n| --- |", f"&lt;{MARK}&gt;", f"{MARK}\u202e\u200b\x00\x1b[31m", f"\ud83d {MARK}",
)  # fmt: skip
#: Kinds of elements whose named fields are shown as they are, by the browser's own means.
PLAIN_FIELDS = {
    "text": {"body"},
    "code": {"code_text"},
    "text_area": {"value", "default"},
    "text_input": {"value", "default"},
    "page_link": {"query_string"},
    "selectbox": {"options", "default", "raw_value"},
    "heading": set(),
}
#: The only HTML there may be: constants of the app's own.
OWN_HTML = tuple(f"{style.STYLE}{of}{keys.SCRIPT}" for of in ("", presenter._STYLE))


def strings(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text field of a message with the names that lead to it; bytes hold tables and pictures."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}" if path else field.name
        values = value if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]
        for each in values:
            if isinstance(each, Message):
                yield from strings(each, here)
            elif isinstance(each, str):
                yield here, each


def without_code(text: str) -> str:
    """Markdown without its code spans."""
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", text, flags=re.DOTALL)


def assert_no_markup_of_others(app: AppTest) -> None:
    """No string that Streamlit takes for Markdown or HTML holds the mark outside code."""
    for node in _nodes(app):
        proto = getattr(node, "proto", None)
        if not isinstance(proto, Message):
            continue
        if getattr(node, "type", "") == "html":
            assert proto.body.strip() in OWN_HTML
        assert not getattr(proto, "allow_html", False)
        plain = PLAIN_FIELDS.get(getattr(node, "type", ""), set())
        for path, text in strings(proto):
            if path.split(".")[-1] not in plain and not path.startswith(("spec", "data")):
                assert MARK not in without_code(text), f"{node.type}.{path} shows {text!r}"


def _nodes(app: AppTest) -> Iterator[Any]:
    for block in app._tree.children.values():
        yield from block
