"""`python -m tinygrad_scalar` is the command `tinygrad-scalar`."""

from .cli.parser import main

raise SystemExit(main())
