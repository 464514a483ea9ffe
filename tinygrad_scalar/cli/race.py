"""`race`: all optimisers start at the same θ."""

import argparse
import time
from collections.abc import Iterator
from typing import Any

from ..arguments import counted
from ..data.files import write_csv
from ..training.races import PROBLEMS, RACERS, RATES, Absent, Lap, Race, remarks, table
from ..training.watching import bar, bar_is_seen
from .options import add_folder, count, new_command
from .results import folder_for, lacking, refuse_taken_in, wrote
from .terminal import say

PICTURE, NUMBERS = "race.svg", "race.csv"


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "race",
        run,
        "let all optimisers start at the same θ",
        "Minimise one problem with every optimiser, from the same start and with the same number of "
        "gradients each. A table goes to standard output, race.svg and race.csv to a folder.",
    )
    command.add_argument("problem", choices=PROBLEMS, help="what to minimise, the digits and the moons in full batch")
    command.add_argument(
        "--gradients", type=count, default=50, metavar="N", help="how many each may spend (%(default)s)"
    )
    add_folder(command)


def run(arguments: argparse.Namespace) -> int:
    """Let all optimisers start at the same θ, and say how far each comes."""
    refuse_taken_in(arguments.out, [PICTURE, NUMBERS], arguments.overwrite)
    contest = Race(PROBLEMS[arguments.problem](), arguments.gradients)
    E, n = contest.problem.objective(contest.problem.start)[0], len(contest.problem.start)
    size, each = counted(n, "parameter"), counted(contest.gradients, "gradient")
    say(f"{arguments.problem}: {size}, E = {E:.4g} at the start, {each} each")
    say(f"of a method with a learning rate, {len(RATES)} rates have a lap each, and the best counts\n")
    drawn = not lacking("matplotlib", f"so {PICTURE} will not be drawn")
    results = list(_told(contest))
    laps = [result for result in results if isinstance(result, Lap)]
    say(f"\n{table(laps, contest.gradients)}\n")
    for remark in remarks(results, contest.gradients):
        say(remark)
    with folder_for(arguments.out, f"race-{arguments.problem}") as folder:
        if drawn:
            from ..drawing import draw_race

            draw_race(laps, folder / PICTURE, title=f"{arguments.problem}: E, the lowest so far, and the rate")
        lines = zip(range(contest.gradients + 1), *(lap.E for lap in laps), strict=True)
        write_csv(folder / NUMBERS, [["gradients", *(lap.name for lap in laps)], *lines])
        say()
        wrote(folder, [PICTURE, NUMBERS] if drawn else [NUMBERS])
    return 0


def _told(contest: Race) -> Iterator[Lap | Absent]:
    """The results, with a line for each as it is there; where it is seen a bar shows the laps in between."""
    shown = bar(sum(len(RATES) if rated else 1 for _, rated in RACERS.values())) if bar_is_seen() else None

    def watch(name: str, rate: float | None) -> None:
        if shown is not None:
            shown.set_description_str(f"{name} " if rate is None else f"{name}, rate {rate:g} ")
            shown.update()

    start = time.perf_counter()
    try:
        for result in contest.results(watch):
            if shown is not None:
                shown.clear()
            seconds = f"{time.perf_counter() - start:.1f} s"
            start = time.perf_counter()
            if isinstance(result, Lap):
                rate = "" if result.rate is None else f", rate {result.rate:g}"
                say(f"{result.name}{rate}: E {result.E[-1]:.2e} ({seconds})")
            else:
                say(f"{result.name}: missing")
            yield result
    finally:
        if shown is not None:
            shown.close()
