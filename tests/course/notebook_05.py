"""What notebook 5 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def setup():
    assert gradient.shape == theta.shape == (46,)


def two_quotients():
    assert abs(shrinks[0] - 10) < 0.5  # ∝ ε
    assert abs(shrinks[1] - 100) < 1  # ∝ ε²


def v_claims():
    assert 1e-6 <= best <= 1e-4
    assert errors.min() < 1e-9
    assert abs(slope - 2) < 0.1
    assert error[-11.0] / error[-8.0] > 100  # the left one: 10³ up to the luck of rounding


def judge():
    assert judge(errors.min()) == "excellent"


def complex_step():
    assert abs(sideways - gradient[k]) < 1e-15
    assert abs(central_quotient(1e-5) - gradient[k]) > abs(sideways - gradient[k])


def complex_kinks():
    for x in (-1.5, 2.0):
        assert np.abs(x + 1j * h).imag / h == 0.0
        assert np.maximum(x + 1j * h, 0.0).imag / h == (x > 0)


def comparison():
    assert comparison.agree
    assert max(comparison.errors["matrix"]) < 1e-14
    assert max(comparison.errors["complex"]) < 1e-14
    assert max(comparison.errors["δ"]) < 1e-14  # each δ of each neuron and example


def kink():
    assert w.grad == 0.0
    assert abs(numeric - 1.0) < 1e-12  # half way between the slopes


def kink_comparison():
    assert comparison.agree
    assert central.kinks >= 4  # at least the four biases b^(1) are set apart, not judged


def backward():
    assert read("") is None  # without a slip there is nothing to find


def read_slips():
    sentences = {
        "no slope": "σ′ is missing in δ^(2), and likewise in δ^(1)",
        "not transposed": "W^(2) is not transposed on the way to δ^(1)",
        "uphill": "a sign, −1, in every entry",
        "sum": "a factor M = 20 (the sum over the examples in place of the mean) in every entry",
        "last example": "only the last example counts: = in place of +=",
        "z for a": "z^(1) in place of a^(1) in ∂E/∂W^(2), and likewise in ∂E/∂W^(3)",
        "no bias": "a missing gradient (0) in the biases",
        "slope of z": "σ′ is 1 − z² in place of 1 − a² in δ^(2), and likewise in δ^(1)",
    }
    assert set(sentences) == set(slips)
    assert all(sentence in read(slip).guess for slip, sentence in sentences.items())


def one_layer():
    assert "unclear: no single slip explains it; layer 3 right, 1, 2 wrong" in finding.guess
    assert "σ′ is missing in δ^(2), and likewise in δ^(1)" in mended.guess


def blind_spots():
    assert read("sum", one_X, one_Y) is None
    assert read("last example", one_X, one_Y) is None
    assert read("no slope", one_X, one_Y) is not None  # this one shows even here
    assert found is None


def its_own_difference():
    assert abs(ratio - P) < 1e-5 or abs(ratio - 1) < 1e-5  # 1 in a release that has mended it


def library_diagnosed():
    assert abs(twin_E - told["E"]) < 1e-12  # the same E, to the last digits
    assert (finding is None) == (abs(ratio - 1) < 1e-5)
    assert finding is None or "a factor P = 3 (the number of outputs) of the loss's share" in finding.guess
