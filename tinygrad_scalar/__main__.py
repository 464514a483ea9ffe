"""`python -m tinygrad_scalar` is the command `tinygrad-scalar`."""

from .cli import main

raise SystemExit(main())
