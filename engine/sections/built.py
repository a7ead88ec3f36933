"""Pictures' specifications on disk, as bytecode is: one process builds what all of them draw.

Altair takes half a second for a picture, and every worker, and every test's server, would build each
anew. What is kept lies where Python keeps this folder's bytecode, and only as long as no chart's
source has changed. Where nothing can be written, everything is built where it is needed.
"""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

#: What a specification depends on, beside its own arguments.
_SOURCES = Path(__file__).parents[1] / "charts", Path(__file__).parent


def kept(name: str, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `build` returns, from disk if it was built before. name: says all that it depends on."""
    file = _folder() / f"{_digest(name.encode())}.json"
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    built = build()
    with suppress(OSError):
        # All of it or nothing, whoever else writes or reads the same.
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", delete=False) as part:
            json.dump(built, part)
        os.replace(part.name, file)
    return built


@cache
def _folder() -> Path:
    """Where those of the charts as they are now lie; those of other days are thrown away."""
    root = Path(cache_from_source(__file__)).parent / "specifications"
    texts = [file.read_bytes() for folder in _SOURCES for file in sorted(folder.glob("*.py"))]
    folder = root / _digest(version("altair").encode(), *texts)
    with suppress(OSError):
        for other in root.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
    return folder


def _digest(*texts: bytes) -> str:
    digest = blake2b(digest_size=16)
    for text in texts:
        digest.update(f"{len(text)} ".encode() + text)
    return digest.hexdigest()
