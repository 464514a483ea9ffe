"""`race`: all optimisers start at the same θ."""

import argparse
from typing import Any

from ..data.files import write_csv
from ..training.races import PROBLEMS, Race, table
from .options import add_folder, count, folder_for, new_command


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
    from ..drawing import draw_race

    contest = Race(PROBLEMS[arguments.problem](), arguments.gradients)
    E, n = contest.problem.objective(contest.problem.start)[0], len(contest.problem.start)
    print(f"{arguments.problem}: {n} parameters, E = {E:.4g} at the start, {contest.gradients} gradients each\n")
    laps = list(contest.run())
    print(table(laps, contest.gradients))
    folder = folder_for(arguments.out, f"race-{arguments.problem}")
    draw_race(laps, folder / "race.svg", title=f"{arguments.problem}: E, the lowest so far, and the rate")
    lines = zip(range(contest.gradients + 1), *(lap.E for lap in laps), strict=True)
    write_csv(folder / "race.csv", [["gradients", *(lap.name for lap in laps)], *lines])
    print(f"\nwrote race.svg and race.csv to {folder}")
    return 0
