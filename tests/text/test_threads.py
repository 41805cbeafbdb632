import threading

from threadpoolctl import threadpool_limits

from skgru.text._threads import side_by_side


def test_one_thread_of_blas_is_one_of_ours():
    with threadpool_limits(1, user_api="blas"), side_by_side(4) as run:
        assert run is map


def test_results_keep_their_order():
    with side_by_side(3) as run:
        assert list(run(lambda i: (i, threading.get_ident())[0], range(9))) == list(range(9))
