"""A file of plain data, of which nothing is ever executed: how runs are kept.

A line that says what the file is, a checksum of all that follows, a JSON header and the arrays as
raw numbers. Whatever doesn't check out on the way back is refused with a `RunFileError` that says
what is wrong. Only who wants the arrays needs NumPy.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.numerics import NetworkArray as Array

Header = dict[str, Any]

_CHECKSUM_BYTES, _LENGTH_BYTES = 32, 4


class RunFileError(ValueError):
    """A file that isn't a run, or no longer is, or of another config; says which."""


@dataclass(frozen=True)
class Container:
    """The layout of one kind of file.

    magic: what it begins with. what: its name in messages. version: the values of "format" and
    "numbers" that can be read. entries: what else the header must hold, with types. arrays: names
    and numpy types of the arrays in their order. max_bytes: more than any such file has.
    """

    magic: bytes
    what: str
    version: tuple[int, int]
    entries: Mapping[str, type | tuple[type, ...]]
    arrays: Sequence[tuple[str, str]]
    max_bytes: int

    def write(self, header: Header, arrays: "Mapping[str, Array]") -> bytes:
        """The content of a file."""
        import numpy as np

        rows = [np.ascontiguousarray(arrays[name], kind) for name, kind in self.arrays]
        numbers = dict(zip(("format", "numbers"), self.version, strict=True))
        whole = {**numbers, **header, "lengths": [len(row) for row in rows]}
        text = json.dumps(whole, sort_keys=True).encode()
        content = len(text).to_bytes(_LENGTH_BYTES, "little") + text
        content += b"".join(row.tobytes() for row in rows)
        return self.magic + hashlib.sha256(content).digest() + content

    def read(self, data: bytes) -> "tuple[Header, dict[str, Array]]":
        """Header and arrays of a file that is whole and of this kind, or RunFileError."""
        import numpy as np

        header = self.header(data)
        offset, arrays = len(data) - self._bytes_of_arrays(header["lengths"]), {}
        for (name, kind), count in zip(self.arrays, header["lengths"], strict=True):
            array = np.frombuffer(data, kind, count, offset)
            # A copy, which owns its memory.
            arrays[name] = array.astype(array.dtype.newbyteorder("="))
            offset += array.nbytes
        return header, arrays

    def header(self, data: bytes) -> Header:
        """The header of a file that is whole and of this kind, or RunFileError."""
        if not data.startswith(self.magic):
            raise RunFileError(f"this is not a {self.what}: the file begins with something else")
        if len(data) > self.max_bytes:
            raise RunFileError(f"the file is larger than {self.max_bytes} bytes, as no run is")
        start = len(self.magic) + _CHECKSUM_BYTES
        checksum, content = data[len(self.magic) : start], data[start:]
        if hashlib.sha256(content).digest() != checksum:
            raise RunFileError("the file is damaged: its checksum doesn't match its content")
        length = int.from_bytes(content[:_LENGTH_BYTES], "little")
        try:
            header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])
            written = header["format"], header["numbers"]
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise RunFileError("the file's header can't be read") from error
        if written != self.version:
            raise RunFileError(
                f"the file was written by another version of this program: format and numbers are "
                f"{written}, and {self.version} can be read"
            )
        self._check_header(header, len(content) - _LENGTH_BYTES - length)
        return header

    def _check_header(self, header: Header, payload_bytes: int) -> None:
        """Every entry is there and of its type, and the lengths add up."""
        for name, kind in {**self.entries, "lengths": list}.items():
            if name not in header or not isinstance(header[name], kind):
                raise RunFileError(f"the file's header has no proper {name!r}")
        lengths = header["lengths"]
        if len(lengths) != len(self.arrays) or not all(type(n) is int and n >= 0 for n in lengths):
            raise RunFileError(f"the file's header has the lengths {lengths!r}")
        expected = self._bytes_of_arrays(lengths)
        if expected != payload_bytes:
            raise RunFileError(f"the file holds {payload_bytes} bytes of numbers, not {expected}")

    def _bytes_of_arrays(self, lengths: Sequence[int]) -> int:
        """What arrays of these lengths take; a type's last letter is its bytes."""
        sizes = (int(kind[-1]) for _, kind in self.arrays)
        return sum(n * size for n, size in zip(lengths, sizes, strict=True))
