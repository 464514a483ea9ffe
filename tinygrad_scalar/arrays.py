"""Names for the arrays that rooms hand to each other, their size where a square would not fit a float, and their files.

Arrays are kept as `.npz` without pickle, there as a whole or not at all. Nothing in a file is believed before it is
checked: one that was not written here is refused with the reason.
"""

import io
import math
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

import numpy as np
import numpy.typing as npt

_T = TypeVar("_T")
if TYPE_CHECKING:
    Array = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.intp]
    Flags = npt.NDArray[np.bool]
    ArrayLike = npt.ArrayLike
else:  # the same to read: `help` would write out what each of them stands for, in five lines
    Array, Integers, Flags, ArrayLike = (
        type(name, (), {"__module__": "builtins", "__doc__": about})
        for name, about in {
            "Array": "An array of float64.",
            "Integers": "An array of whole numbers.",
            "Flags": "An array of True and False.",
            "ArrayLike": "An array, or what NumPy makes one of: a list of numbers, of lists, …",
        }.items()
    )

NETWORK = "tinygrad_scalar network 1"  # what a file says of itself that holds W, b and activations alone
OTHERS = {
    "tinygrad_scalar model 1": "; it is of an earlier version, train it again",
    NETWORK: "; it is a network that MLP.save wrote, and MLP.load reads it: what it was trained on is not in it",
}


def exponent(x: ArrayLike, axis: int | None = None) -> Any:
    """The k with |x| < 2ᵏ for all entries, along an axis if one is given: x 2⁻ᵏ can be squared, and is x to the bit.

    >>> print(exponent([3.0, -4.0]), exponent([[3.0, 1e160], [0.1, 1.0]], axis=0))
    3 [  2 532]
    """
    return np.frexp(np.abs(x).max(axis=axis, initial=0.0))[1]


@np.errstate(over="ignore")
def norm(x: ArrayLike) -> float:
    """‖x‖, the root of the sum of squares, also where the squares overflow or underflow; inf if too large itself.

    >>> [f"{norm([3 * size, 4 * size]):.6g}" for size in (1e160, 1e-200)]
    ['5e+160', '5e-200']
    """
    flat = np.asarray(x, dtype=float).ravel(order="K")
    size = math.sqrt(flat @ flat)
    if 1e-140 < size < 1e150:  # no square that matters was lost
        return size
    k = exponent(flat)
    return float(np.ldexp(np.linalg.norm(np.ldexp(flat, -k)), k))


def twin(x: _T) -> _T:
    """Another object with the same attributes, as copy.copy makes one of a simple class, in a tenth of its time."""
    other = object.__new__(type(x))
    other.__dict__.update(x.__dict__)
    return other


# Files.


def place(path: str | Path) -> Path:
    """The full path, if a file can be written there."""
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}; make it first")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file, nothing was written to it")
    return path


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A new file for `path`, which gets there when all is written: at once, or not at all."""
    path = place(path)
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


def read_archive(path: str | Path, form: str | tuple[str, ...], what: str) -> dict[str, Any]:
    """The arrays by name of a file that says `form` (or one of them) of itself; a ValueError says why it is no `what`.

    A form that ends in a blank is that of all versions.
    """
    forms = (form,) if isinstance(form, str) else form
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"there is no {what} {path}") from error
    try:
        arrays = _arrays(data)
    except Exception as error:  # zip and NumPy fail in a dozen ways on bytes that were not written by savez
        raise ValueError(f"{path} is no {what}: {error}") from error
    said = str(arrays.get("format", "nothing"))
    if said not in forms and not said.startswith(tuple(known for known in forms if known.endswith(" "))):
        raise ValueError(f"{path} is no {what}: it does not say {forms[0]!r}{OTHERS.get(said, '')}")
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


class Stored:
    """A network of layers that goes to a file and comes back: its activations, W and b."""

    def save(self: Any, path: str | Path) -> None:
        """Write the network to an `.npz` file, at once or not at all, for `load`.

        What is written are numbers: in the network that `load` gives no layer is frozen and no two weights are one.

        Raises
        ------
        ValueError
            If a parameter is not finite.
        OSError
            If the file can't be written.
        """
        arrays: dict[str, Any] = {"format": np.array(NETWORK), "activations": np.array(self.activations)}
        for l, layer in enumerate(self.layers, start=1):
            arrays[f"W{l}"] = np.array([[w.data for w in neuron.w] for neuron in layer.neurons], dtype=float)
            arrays[f"b{l}"] = np.array([neuron.b.data for neuron in layer.neurons], dtype=float)
        _layers(arrays)
        with replacing(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The network in a file that `save` has written, or the command `train` and `training.save` (model.npz).

        Of a model only the network is read: its inputs are standardised numbers. `training.load` reads all of it.

        Raises
        ------
        ValueError
            If the file is truncated, damaged or no such file, with the reason.
        OSError
            If it can't be read.

        >>> import tempfile
        >>> from tinygrad_scalar import MLP
        >>> mlp, path = MLP(2, [3, 1], rng=0), Path(tempfile.mkdtemp()) / "mlp.npz"
        >>> mlp.save(path)
        >>> MLP.load(path), np.array_equal(MLP.load(path).theta, mlp.theta)
        (MLP(2, [3, 1], ['tanh'], output='identity'), True)
        """
        arrays = read_archive(path, (NETWORK, "tinygrad_scalar model "), "network file")
        try:
            return cls.from_arrays(*_layers(arrays))  # type: ignore[attr-defined, no-any-return]
        except ValueError as error:
            raise ValueError(f"{path} is a damaged network file: {error}") from error


def _layers(arrays: dict[str, Any]) -> tuple[list[Array], list[Array], list[str]]:
    """W, b and the activations of all layers, if they are there, as finite 64-bit floats and texts."""
    activations = arrays.get("activations", np.zeros(0))
    if activations.dtype.kind != "U" or activations.ndim != 1 or not activations.size:
        raise ValueError("it has no activations in text")
    for name in (f"{letter}{l}" for l in range(1, activations.size + 1) for letter in "Wb"):
        numbers = arrays.get(name)
        if numbers is None or numbers.dtype != np.float64 or numbers.ndim != (2 if name[0] == "W" else 1):
            raise ValueError(f"it has no {name} of 64-bit floats, for {activations.size} layers")
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    W, b = ([arrays[f"{letter}{l}"] for l in range(1, activations.size + 1)] for letter in "Wb")
    return W, b, activations.tolist()
