"""A training under way: step after step, measured at the end of each epoch, stopped when it is time."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arguments import counted
from ..arrays import Array, norm
from ..objective import Objective
from .checkpoints import Keeper, Progress
from .divergence import DivergenceError, Guarded, Remembering, check_size, where_it_diverged
from .watching import Callback, Reporter


@dataclass
class Run:
    """One training: what is minimised, by what, for how long, and how far it is (`state`).

    `good` is the θ where the last step began that was taken, or that was measured since; `measured` that of the last
    epoch's end. `whole` is the objective on
    all examples, `held_out` that on the validation set.
    """

    whole: Objective
    held_out: Objective | None
    optimizer: Any
    state: Progress
    epochs: int
    batch_size: int
    patience: int | None
    callbacks: Sequence[Callback]
    keeper: Keeper | None
    stop: threading.Event = field(default_factory=threading.Event)
    told_to_end: bool = False  # by a callback

    def __post_init__(self) -> None:
        self.remembering = Remembering(self.whole)
        self.guarded = Guarded(self.remembering, self.optimizer)
        self.good = self.measured = self.state.theta

    @property
    def steps(self) -> int:
        """How many steps an epoch has."""
        return -(-self.whole.M // self.batch_size)

    @property
    def satisfied(self) -> bool:
        """Whether a callback has ended it, or patience has."""
        history = self.state.history
        out_of_patience = (
            self.patience is not None and len(history) - int(np.argmin(history.validation_E)) >= self.patience
        )
        return self.told_to_end or out_of_patience

    @property
    def over(self) -> bool:
        """Whether no epoch is left to do."""
        return self.satisfied or len(self.state.history) >= self.epochs

    def begin(self) -> bool:
        """Go on from the checkpoint, if there is one; else measure where the training starts. Whether it goes on."""
        resumed = bool(self.keeper and self.keeper.read(self.state, self.whole, self.held_out))
        if not resumed:
            self.optimizer.reset()
            start = (self.guarded if self.epochs else self.whole)(self.state.theta)
            self.state.history.measure(self.whole, self.held_out, self.state.theta, start, 0.0)
        self.good = self.measured = self.state.theta
        return resumed

    def walk(self, reporter: Reporter) -> None:
        """Epoch by epoch, step by step."""
        state = self.state
        while not self.over:
            if not state.order:
                state.order = list(range(self.whole.M))
                if self.batch_size < self.whole.M:
                    state.rng.shuffle(state.order)
            while state.seen < self.whole.M:
                self._step(reporter)
            self._end_epoch(reporter)

    def minimise(self, reporter: Reporter) -> None:
        """By a method that makes one minimisation of the whole; an iteration is an epoch."""

        def iteration(theta: Array) -> None:
            self.state.walked, self.state.theta = norm(theta - self.state.theta), theta
            reporter.step()
            self._end_epoch(reporter)
            self.heed_ctrl_c()
            if self.satisfied:
                raise StopIteration

        if self.over:
            return
        left = self.epochs - len(self.state.history)
        theta = self.optimizer.minimise(self.remembering, self.state.theta, left, iteration)
        if not np.array_equal(theta, self.state.theta):  # a last iteration that SciPy did not tell of
            with suppress(StopIteration):
                iteration(theta)

    def heed_ctrl_c(self) -> None:
        """Where Ctrl-C was pressed: save, and say where."""
        if not self.stop.is_set():
            return
        if self.keeper:
            self.keeper.write(self.state)
        where = f"; the checkpoint is {self.keeper.checkpoint.path}" if self.keeper else ""
        done, seen = counted(len(self.state.history), "epoch"), counted(self.state.seen, "example")
        raise KeyboardInterrupt(f"stopped after {done} and {seen}{where}")

    def _step(self, reporter: Reporter) -> None:
        state, size = self.state, self.batch_size
        rows = state.order[state.seen : state.seen + size]
        objective = self.guarded if size == self.whole.M else Guarded(self.whole.batch(rows), self.optimizer)
        theta = self.optimizer.step(objective, state.theta)
        state.walked += norm(theta - state.theta)
        self.good, state.theta, state.seen = state.theta, theta, state.seen + len(rows)
        reporter.step()
        if self.keeper and self.keeper.due():
            self.keeper.write(state)
        self.heed_ctrl_c()

    def _end_epoch(self, reporter: Reporter) -> None:
        """Measure, keep, tell."""
        state, history = self.state, self.state.history
        E, gradient = self.guarded(state.theta)
        self.good = self.measured
        check_size(E, history.E[0], len(history) + 1, self.optimizer)
        history.measure(self.whole, self.held_out, state.theta, (E, gradient), state.walked / max(1, self.steps))
        self.good = self.measured = state.theta
        state.order, state.seen, state.walked = [], 0, 0.0
        if self.held_out is not None and not np.isfinite(history.validation_E[-1]):
            where = where_it_diverged(self.held_out, state.theta, self.optimizer)
            raise DivergenceError(f"on the validation set, {where}")
        if self.held_out is None or history.validation_E[-1] <= min(history.validation_E):
            state.best = state.theta
        reporter.epoch(history)
        said = [callback(history) for callback in self.callbacks]
        if self.keeper and self.keeper.due(len(history)):
            self.keeper.write(state)
        self.told_to_end = any(isinstance(x, (bool, np.bool)) and bool(x) for x in said)
