import numpy as np

from skgru.text._scratch import Scratch


def test_memory_is_handed_out_again_in_order():
    scratch = Scratch()
    one, two = scratch.empty(2, 3), scratch.zeros(4)
    assert not np.shares_memory(one, two)
    assert one.shape == (2, 3)
    assert one.dtype == np.float32
    scratch.start_over()
    again, larger = scratch.empty(5), scratch.copy(np.arange(10.0).reshape(2, 5).T)
    assert np.shares_memory(again, one)
    np.testing.assert_array_equal(larger, np.arange(10.0).reshape(2, 5).T)
    assert larger.flags.c_contiguous
    scratch.start_over()
    scratch.empty(1)
    assert np.shares_memory(scratch.empty(10), larger)


def test_zeros_after_use():
    scratch = Scratch()
    scratch.empty(3).fill(7)
    scratch.start_over()
    assert scratch.zeros(3).tolist() == [0, 0, 0]
