"""A chart as a picture: SVG or PNG, drawn by vl-convert in a process of its own.

vl-convert brings a JavaScript engine of some 100 MB along. In a child process it takes nothing
from a server that many people share, and is gone when the picture is drawn.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Literal, get_args

import pandas as pd

from engine.arguments import require_choice

Picture = Literal["svg", "png"]

#: Of a chart that fills the width of the page, in pixels.
WIDTH = 760
#: Of a picture with panels beside each other.
STAGE_WIDTH = 1120
#: Pixels of a PNG for each pixel of the chart.
PNG_SCALE = 2
TIMEOUT_SECONDS = 60

_CHILD = """
import sys, vl_convert
kind, scale = sys.argv[1:]
text = sys.stdin.buffer.read().decode()
if kind == "svg":
    picture = vl_convert.vegalite_to_svg(text).encode()
else:
    picture = vl_convert.vegalite_to_png(text, scale=float(scale))
sys.stdout.buffer.write(picture)
"""


def picture(
    specification: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], kind: Picture
) -> bytes:
    """Draw a chart.

    specification: of Vega-Lite, as `chart.to_dict()` gives it. frames: its rows, by the names that
    the specification has for them. kind: "svg" or "png". Raises ValueError for another kind and
    RuntimeError, with what vl-convert says, for a specification that it can't draw.
    """
    require_choice("kind", kind, get_args(Picture))
    drawn = {"background": "white", **specification, "datasets": _rows(frames)}
    if drawn.get("width") == "container":
        drawn["width"] = STAGE_WIDTH
    if not any(part in drawn for part in ("vconcat", "hconcat", "facet", "width")):
        drawn["width"] = WIDTH
    for part in drawn.get("vconcat", []):
        part.setdefault("width", WIDTH)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, kind, str(PNG_SCALE)],
        input=json.dumps(drawn).encode(),
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if child.returncode != 0:
        last_line = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RuntimeError(f"the picture can't be drawn: {last_line}")
    return child.stdout


def _rows(frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Frames as JSON has them: what isn't a finite number is null there."""
    return {name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()}
