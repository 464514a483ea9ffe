"""What notebook 12 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def naive():
    assert [gpt.LETTERS[row.argmax()] for row in reads[:4]] == [*".ada"]
    assert [gpt.LETTERS[row.argmax()] for row in follows[:4]] == [*"ada."]
    assert (reads[4:] == 0).all()
    assert np.allclose(X[-16:, 0], [0.25] * 4 + [0.0] * 12)


def head_graph():
    weights = [a_s.data for a_s in a[1]]
    scores = np.array([0.5 * 1.0 - 1.0 * 1.0, 0.5 * 0.5 + 1.0 * 2.0]) / 2**0.5
    expected = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose(weights, expected, rtol=1e-14)
    assert np.isclose(o[1][0].data, expected @ [1.0, -1.0], rtol=1e-14)
    assert [len(row) for row in a] == [1, 2]
    assert all(leaf.grad != 0 for leaf in [*q[1], *k[:2, 0], *v[:, 0]])
    assert (q[0][0].grad, v[0][1].grad) == (0.0, 0.0)


def program():
    assert len(replay.parameters) == 4192
    assert "for 16 positions" in program


def train():
    assert abs(before - np.log(27)) < 0.1
    assert after < 2.45


def look():
    assert len(heads) == 4
    assert all(np.isclose(sum(row), 1.0) for rows in heads for row in rows)
