"""What stands beneath a Replay: the plan of a recorded function, and the machine that runs it."""

from tinygrad_scalar.replay.graph import tabulate
from tinygrad_scalar.replay.machine import Machine
from tinygrad_scalar.replay.recording import trace
from tinygrad_scalar.replay.schedule import Product, schedule


def machine_of(f, n_inputs, parameters=()):
    recording = trace(f, [0.5] * n_inputs, parameters)
    return Machine(schedule(tabulate(recording)), [guard.holds for guard in recording.guards])


def steps(f, n_inputs, parameters=(), kind=object):
    """The steps of a batch, all of them or those of a kind."""
    return [step for step in machine_of(f, n_inputs, parameters).plan.rows.steps if isinstance(step, kind)]


def products(f, n_inputs, parameters=()):
    return steps(f, n_inputs, parameters, Product)
