"""`python -m tinygrad_scalar` is the command `tinygrad-scalar`."""

import sys


def main() -> int:
    """Run the command; Ctrl-C is a sentence while its modules are loaded, too."""
    try:
        from .cli import main as command

        return command()
    except KeyboardInterrupt:
        print("tinygrad-scalar: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
