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
    assert [x_j.data for x_j in xs] == [2, 3, 1]
    assert [x_j.grad for x_j in xs] == [3, 2, 6]
    assert [t_i.grad for t_i in ts] == [20, 5]


def weight():
    assert E.data == 5
    assert [path.product for path in explain(E, w).paths] == [-1, 6]
    assert w.grad == 5
    assert abs((nudged - 5) / 0.001 - 5) < 0.01


def explosion_claims():
    assert explain(top, a).n_paths == 1  # `explain` joins both edges of v + v to one step, ∂(v + v)/∂v = 2: …
    assert explain(top, a).derivative == 2.0**50  # … 2 · 2 · 2 · …


def naive():
    assert a.grad == 4.0  # right


def every_path():
    assert a.grad == 2.0**16  # right, and hopeless


def engine_small():
    assert c.data == 4.0
    assert a.grad == 8.0  # leaves add up
    assert b.grad == 2.0  # nodes in between do not


def reader():
    assert answer.right


def neuron():
    assert history[-1] < history[0] / 100
    assert all((math.tanh(w1.data * x1 + w2.data * x2 + bias.data) > 0) == (y > 0) for (x1, x2), y in examples)
