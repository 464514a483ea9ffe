"""What notebook 2 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def direct():
    assert abs(dz_dt - direct) < 1e-14
    assert abs(dz_dt - step) < 1e-8


def values():
    assert abs(t.grad - direct) < 1e-14
    assert abs(y.grad - dz_dy) < 1e-14


def grad():
    assert abs(grad(f)(0.5) - direct) < 1e-14
    assert abs(second - (grad(f)(0.5 + h) - grad(f)(0.5 - h)) / (2 * h)) < 1e-6


def explain():
    assert explanation.n_paths == 2
    assert abs(through_x - dz_dx * dx_dt) < 1e-14
    assert abs(through_y - dz_dy * dy_dt) < 1e-14


def vectors():
    for i in range(2):
        assert abs(ts[i].grad - sum(dz_dx[j] * dx_dt[j][i] for j in range(3))) < 1e-15


def explosion_claims():
    assert explain(top, a).n_paths == 1  # `explain` joins both edges of v + v to one step, ∂(v + v)/∂v = 2: …
    assert explain(top, a).derivative == 2.0**50  # … 2 · 2 · 2 · …


def naive():
    assert a.grad == 4.0  # right


def engine_small():
    assert b.grad == 2.0  # nodes in between do not


def reader():
    assert answer.right


def neuron():
    assert history[-1] < history[0] / 100
    assert all((math.tanh(w1.data * x1 + w2.data * x2 + bias.data) > 0) == (y > 0) for (x1, x2), y in examples)
