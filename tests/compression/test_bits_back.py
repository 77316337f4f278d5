import numpy as np
import pytest
from sklearn.datasets import load_digits

from isthmus import BitsBack, VariationalAutoencoder
from isthmus.compression.stack import Stack
from isthmus.errors import ArchiveError, DataError, IsthmusError


def test_what_is_put_on_a_stack_comes_off_in_the_other_order():
    rng, stack = np.random.default_rng(0), Stack(7)
    puts = []
    for _ in range(300):
        bits, n = int(rng.integers(8, 25)), int(rng.integers(1, 8))
        starts = rng.integers(1 << (bits - 1), size=n)
        frequencies = rng.integers(1, 1 << (bits - 1), size=n)
        stack.push(starts, frequencies, bits)
        puts.append((starts, frequencies, bits))
    stack = Stack.from_bytes(stack.to_bytes())
    for starts, frequencies, bits in reversed(puts):
        slots = stack.peek(len(starts), bits)
        assert ((starts <= slots) & (slots < starts + frequencies)).all()
        stack.pop(starts, frequencies, bits)
    assert stack.n_borrowed == 0
    assert stack.to_bytes() == Stack(7).to_bytes()


@pytest.fixture(scope="module")
def fitted():
    X = (load_digits().data > 7).astype(np.float32)
    model = VariationalAutoencoder(4, hidden=[32], max_epochs=20, random_state=0, verbose=False)
    return model.fit(X[:1000]), X[1000:1400]


def test_rows_take_what_the_bound_says_and_come_back(fitted):
    model, X = fitted
    coder = BitsBack(model, batch_size=1)
    data = coder.encode(X)
    np.testing.assert_array_equal(coder.decode(data), X)
    bound = -float(np.mean(model.elbo(X))) / np.log(2) / 8
    # The bound is drawn, and so are the codes.
    assert len(data) / len(X) == pytest.approx(bound, rel=0.03)


@pytest.mark.parametrize("batch_size", [7, 1000])
def test_rows_come_back_in_batches_that_need_not_be_full(fitted, batch_size):
    model, X = fitted
    coder = BitsBack(model, batch_size)
    np.testing.assert_array_equal(coder.decode(coder.encode(X[:20])), X[:20])


def test_mistakes_have_a_sentence(fitted):
    model, X = fitted
    with pytest.raises(DataError, match="takes rows of 0 and 1"):
        BitsBack(model).encode(X / 2)
    with pytest.raises(IsthmusError, match="batch_size=0"):
        BitsBack(model, 0)
    with pytest.raises(ArchiveError, match="cut off"):
        BitsBack(model).decode(BitsBack(model).encode(X[:9])[:9])
