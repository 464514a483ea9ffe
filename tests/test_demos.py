"""The GPT of scalars: as long as a page or two, right by a JAX of the tests' own, and it learns; the README's pictures."""

import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tinygrad_scalar.exercises import ANSWERS

DEMOS = Path(__file__).parent.parent / "demos"


@pytest.fixture(scope="module")
def gpt():
    sys.path.insert(0, str(DEMOS))
    try:
        import gpt
    finally:
        sys.path.remove(str(DEMOS))
    return gpt


@pytest.fixture(scope="module")
def recorded(gpt):
    replay = gpt.recorded(random.Random(1))
    return replay, np.array([parameter.data for parameter in replay.parameters])


def one_name(theta, name):
    """−log p of a name per letter, by JAX: no batch, no mask and no block, each head and each position by itself."""
    shapes = [(27, 16), (16, 16), *[(16, 16)] * 4, (64, 16), (16, 64), (27, 16)]
    parts = jnp.split(theta, np.cumsum([r * c for r, c in shapes])[:-1])
    token, position, q, k, v, o, up, down, head = (
        part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)
    )

    def norm(x):
        return x / jnp.sqrt(jnp.mean(x**2) + 1e-5)

    letters = [26, *(ord(letter) - ord("a") for letter in name), 26]
    h = [norm(token[letter] + position[t]) for t, letter in enumerate(letters[:-1])]
    n, E = [norm(x) for x in h], 0.0
    for t, x in enumerate(h):
        told = []
        for a in range(0, 16, 4):
            fits = jnp.stack([(k @ n[s])[a : a + 4] @ (q @ n[t])[a : a + 4] for s in range(t + 1)])
            weights = jnp.exp(fits / 2.0) / jnp.exp(fits / 2.0).sum()
            told.append(sum(w * (v @ n[s])[a : a + 4] for s, w in enumerate(weights)))
        x = x + o @ jnp.concatenate(told)
        x = x + down @ jnp.maximum(up @ norm(x), 0.0)
        scores = head @ x
        E = E - jnp.log(jnp.exp(scores[letters[t + 1]]) / jnp.exp(scores).sum())
    return E / (len(letters) - 1)


def test_the_gpt_has_4192_parameters_on_at_most_120_lines(gpt, recorded):
    assert len(recorded[1]) == 4192
    assert len((DEMOS / "gpt.py").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_names_fit_the_block_and_stand_once_each(gpt):
    assert len(gpt.NAMES) == len(set(gpt.NAMES)) == 5163
    assert max(map(len, gpt.NAMES)) == 11 < gpt.T
    assert set("".join(gpt.NAMES)) == set(gpt.LETTERS[:-1])


@pytest.mark.slow
def test_a_step_of_the_gpt_is_that_of_the_engine_and_of_jax(gpt, recorded):
    replay, theta = recorded
    names = ["jo", "ada"]
    X = gpt.columns(names)
    E, gradient = replay(X, theta)
    with jax.enable_x64(True):
        of_name = jax.jit(jax.value_and_grad(one_name), static_argnums=1)
        by_jax = [of_name(jnp.asarray(theta), name) for name in names]
    for E_too, gradient_too in (
        gpt.node_by_node(X, theta),
        (np.mean([float(value) for value, _ in by_jax]), np.mean([np.asarray(g) for _, g in by_jax], axis=0)),
    ):
        np.testing.assert_allclose(E, E_too, rtol=1e-13)
        np.testing.assert_allclose(gradient, gradient_too, rtol=0.0, atol=1e-12)


def test_the_heads_look_at_no_later_letter_and_their_weights_add_up_to_1(gpt, recorded):
    _, theta = recorded
    name, heads = gpt.sample(gpt.matrices(theta), random.Random(0))
    assert len(heads) == 4
    for rows in heads:
        assert [len(row) for row in rows] == list(range(1, min(len(name) + 1, gpt.T) + 1))
        np.testing.assert_allclose([sum(row) for row in rows], 1.0, rtol=1e-14)


@pytest.mark.slow
def test_the_gpt_learns_the_same_by_replay_and_node_by_node(tmp_path):
    told = []
    for options in ([], ["--scalar"]):
        command = [sys.executable, "-W", "error", str(DEMOS / "gpt.py"), "--steps", "20", *options]
        told.append(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout)
    assert told[0] == told[1]
    before, after = (float(word) for word in told[0].split() if word[:2] in ("2.", "3.") and len(word) == 5)
    assert after < before - 0.1
    assert (tmp_path / "attention.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.slow
def test_the_readmes_pictures_say_what_their_script_says_now(tmp_path):
    subprocess.run([sys.executable, str(DEMOS / "draw_graphs.py"), str(tmp_path)], check=True, capture_output=True)
    for name in ("graph.svg", "backprop.svg"):
        committed, fresh = ("".join(ET.parse(at / name).getroot().itertext()) for at in (DEMOS / "pictures", tmp_path))
        assert committed == fresh, f"python demos/draw_graphs.py demos/pictures draws {name} anew"


def test_the_key_to_an_exercise_that_is_misspelt_says_which_may_be_meant():
    command = [sys.executable, DEMOS / "exercises" / "key.py", "neuron", "forwrd"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DEMOS.parent)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("unknown exercise 'forwrd'; did you mean forward? There are neuron, ")
    assert done.stderr.count("\n") == 1


def test_the_key_to_the_exercises_shows_each_answer_and_what_wrong_ones_are_told():
    command = [sys.executable, DEMOS / "exercises" / "key.py"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=DEMOS.parent).stdout
    for name, answer in ANSWERS.items():
        own = said.partition(f"{name}\n{'=' * len(name)}\n")[2].partition("\n=")[0]
        assert f"    def {name}(" in own
        assert '"""' not in own
        assert not re.search(r"\b_\w+\(", own.partition("What wrong answers")[0]), "it is all there"
        assert " ".join(own.split()).count("it looks like") == len(answer.slips)
