"""An SVG as PNG or PDF, by libraries that are there or are named.

resvg-py draws what browsers draw, and its wheels hold all they need. CairoSVG keeps text as text in a PDF; it finds the
cairo of the system.
"""

EXTRA = "pip install 'tinygrad_scalar[pictures]'"


def to_png(svg: str, scale: float) -> bytes:
    """The SVG in pixels, `scale` of them for each of its own.

    >>> to_png('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"/>', 2.0)[16:24].hex()  # its size
    '0000001000000008'
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise ImportError(f"a PNG of this picture needs resvg-py: {EXTRA}, or save it as .svg") from None
    sans, serif = "DejaVu Sans", "DejaVu Serif"  # where none of the usual ones is there
    return bytes(svg_to_bytes(svg_string=svg, zoom=scale, sans_serif_family=sans, serif_family=serif))


def to_pdf(svg: str) -> bytes:
    """The SVG as a PDF of one page, without a date: the same picture is the same file.

    >>> to_pdf('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"/>')[:5]
    b'%PDF-'
    """
    try:
        import cairocffi
        from cairosvg.surface import PDFSurface
    except ImportError:
        raise ImportError(f"a PDF of this picture needs CairoSVG: {EXTRA}, or save it as .svg") from None
    except OSError:
        raise ImportError(
            "a PDF of this picture needs the cairo library, which CairoSVG found nowhere: install your system's "
            "libcairo2 (Linux), cairo (macOS, Homebrew) or GTK 3 runtime (Windows), or save it as .svg or .png"
        ) from None

    class Undated(PDFSurface):  # type: ignore[misc]
        def _create_surface(self, width: float, height: float) -> object:
            made = super()._create_surface(width, height)
            made[0].set_metadata(cairocffi.PDF_METADATA_CREATE_DATE, "")
            return made

    return Undated.convert(svg.encode())  # type: ignore[no-any-return]
