"""The key to the exercises that are read against a function: an answer, and what typical wrong answers are told.

`python demos/exercises/key.py` prints all of them, with names (`neuron softmax`) those alone.
"""

import inspect
import re
import sys
import textwrap

from tinygrad_scalar.arguments import chosen
from tinygrad_scalar.exercises import ANSWERS, TASKS, check

try:
    answers = {name: chosen(name, ANSWERS, "exercise") for name in sys.argv[1:] or ANSWERS}
except ValueError as error:
    sys.exit(str(error))
for name, answer in answers.items():
    source = re.sub(r'    """.*?"""\n', "", inspect.getsource(answer.right).replace(": Any", ""), flags=re.DOTALL)
    print(f"{name}\n{'=' * len(name)}\n\n{TASKS[name]}\n\n{textwrap.indent(source.replace(' -> Any', ''), '    ')}")
    print("What wrong answers are told:\n")
    for slip in answer.slips.values():
        print(check(slip, name), end="\n\n")
    assert check(answer.right).right
