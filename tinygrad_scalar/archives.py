"""Arrays in a file: an `.npz` without pickle, there as a whole or not at all, refused with the reason if foreign."""

import io
import math
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A new file for `path`, which gets there when all is written: at once, or not at all."""
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file, nothing was written to it")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # a temporary file is for its owner alone
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_archive(path: str | Path, form: str, what: str) -> dict[str, Any]:
    """The arrays by name of a file that says `form` of itself; a ValueError says why a file is no `what`."""
    data = Path(path).read_bytes()
    try:
        arrays = _arrays(data)
    except Exception as error:  # zip and NumPy fail in a dozen ways on bytes that were not written by savez
        raise ValueError(f"{path} is no {what}: {error}") from error
    said = str(arrays.get("format", "nothing"))
    if said != form:
        again = "; it is of an earlier version, train it again" if said == "tinygrad_scalar model 1" else ""
        raise ValueError(f"{path} is no {what}: it does not say {form!r}{again}")
    return arrays


def _arrays(data: bytes) -> dict[str, Any]:
    """The arrays of an archive that savez wrote, all of them together no larger than its bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        claimed = sum(member.file_size for member in members)
        if claimed > len(data):
            raise ValueError(f"it claims to hold {claimed} bytes and has {len(data)}")
        names = [m.filename.removesuffix(".npy") for m in members]
        if len(set(names)) < len(names):
            raise ValueError("it holds two arrays of one name")
        return {name: _array(archive.read(member)) for name, member in zip(names, members, strict=True)}


def _array(data: bytes) -> Any:
    """An array of numbers or text from the bytes of an `.npy` file."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("its arrays are in another version of NumPy's format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    numbers = stream.read()
    if dtype.kind not in "fiU":
        raise ValueError(f"it holds an array of {dtype}, not of numbers or text")
    if dtype.itemsize * math.prod(shape) != len(numbers):
        raise ValueError(f"an array claims the shape {shape} and has {len(numbers)} bytes")
    return np.frombuffer(numbers, dtype).reshape(shape, order="F" if by_columns else "C")
