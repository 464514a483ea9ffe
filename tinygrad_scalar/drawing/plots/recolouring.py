"""What matplotlib writes as SVG, in the form of our own pictures: their colours by day and by night, their letters."""

import re
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from io import BytesIO

import numpy as np

from ..picture import SCOPE
from ..style import COLOURS, NAMES, SANS_FAMILY, SERIF_FAMILY, TURNED, paint
from ..text.escaping import for_xml

DROPPED = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>|<\?.*?\?>|<!DOCTYPE[^>]*>", re.DOTALL)
TAG = re.compile(r"<[^<>]*>")  # in text and in attributes both signs are escaped
PRIMES = re.compile(r"(font-family: 'cmsy10'[^<>]*>)(0+)(?=<)")  # that font has ′ in the place of 0
STYLE = re.compile(r' style="([^"]*)"')
PIXELS = 4 / 3  # a point in pixels
PATH, LONG = re.compile(r'(?<= d=")[^"]+'), re.compile(r"\d+\.\d{3,}")


def recoloured(svg: str) -> tuple[float, float, str]:
    """Width, height and elements of matplotlib's SVG, as a `Picture` takes them.

    Styles become attributes, for programs that know no more, with the classes of `style` where the colour is one of
    ours; what has no colour is black for matplotlib, and ink for us. Ids become the picture's own. Paths are told to a
    hundredth of a point, on one line. By night, images of colours on white are turned to such on black; one that has no
    colour is a photograph, and stays.
    """
    svg = PRIMES.sub(lambda primes: primes[1] + "′" * len(primes[2]), svg)
    root, inner = DROPPED.sub("", svg).strip().removesuffix("</svg>").split(">", 1)
    found = re.search(r'viewBox="0 0 (\S+) (\S+)"', root)
    assert found, "matplotlib's SVG begins at 0"
    width, height = map(float, found.groups())
    links = 'xmlns:xlink="http://www.w3.org/1999/xlink" stroke-linejoin="round"'
    body = TAG.sub(lambda tag: _tag(tag[0]), inner)
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    return PIXELS * width, PIXELS * height, f'<g transform="scale({PIXELS:.6g})" {links} {paint("ink")}>\n{body}\n</g>'


def _tag(tag: str) -> str:
    if tag.startswith("<image") and _is_coloured(tag):
        tag = f'<image class="{TURNED}"{tag.removeprefix("<image")}'
    if tag.startswith("<path id="):  # a mark takes its colours from each <use> of it: no rule of ours reaches in there
        tag = STYLE.sub("", tag)
    if tag.startswith("<path"):
        tag = PATH.sub(lambda path: LONG.sub(lambda x: f"{float(x[0]):.2f}", " ".join(path[0].split())), tag)
    tag = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\1{SCOPE}", tag)
    return STYLE.sub(lambda style: _attributes(unescape(style[1])), tag)


def _is_coloured(image: str) -> bool:
    """Whether some pixel of the PNG inside the element is not grey, or all are alike: then it is a colour's absence."""
    from matplotlib.image import imread

    pixels = imread(BytesIO(b64decode(image.partition("base64,")[2].partition('"')[0])))[:, :, :3]
    return bool(np.ptp(pixels, axis=2).any() or not np.ptp(pixels, axis=(0, 1)).any())


def _attributes(style: str) -> str:
    """A style as attributes, each after a space."""
    properties = {name.strip(): value.strip() for name, value in (p.split(":", 1) for p in style.split(";") if p)}
    family = properties.pop("font-family", "")
    if family:  # matplotlib's own is wider than ours: what has room there has it here
        properties["font-family"] = (
            SERIF_FAMILY if properties.get("font-style") in ("italic", "oblique") else SANS_FAMILY
        )
    if "opacity" in properties and {"fill", "stroke"} & properties.keys():  # not all readers know that of the whole
        opacity = properties.pop("opacity")
        properties |= {f"{kind}-opacity": opacity for kind in ("fill", "stroke") if kind in properties}
    classes = list(_classes(properties))
    attributes = [("class", " ".join(classes))] * bool(classes) + list(properties.items())
    return "".join(f' {name}="{for_xml(value)}"' for name, value in attributes)


def _classes(properties: dict[str, str]) -> Iterator[str]:
    for kind in ("fill", "stroke"):
        name = NAMES.get(properties.get(kind, ""))
        if properties.get(kind) == "#000000":
            name, properties[kind] = "ink", COLOURS["ink"].light
        if name:
            yield f"{kind[0]}-{name}"
