import threading
import time

import pytest

from skgru.gru._model import CustomSpec, GRUSpec
from skgru.gru._programs import Programs, SpecKey


def test_makes_a_program_once_however_many_threads_ask():
    programs, made = Programs(4), []

    def make():
        time.sleep(0.05)
        made.append(1)
        return "program"

    threads = [threading.Thread(target=programs.get, args=("key", make)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_forgets_the_one_not_used_for_longest():
    programs = Programs(2)
    for key in ("a", "b", "a", "c"):
        programs.get(key, lambda key=key: key)
    assert len(programs) == 2
    assert programs.get("a", lambda: "again") == "a"
    assert programs.get("b", lambda: "again") == "again"


def test_tries_again_after_a_failure():
    programs = Programs(2)
    with pytest.raises(ZeroDivisionError):
        programs.get("a", lambda: 1 / 0)
    assert programs.get("a", lambda: 1) == 1


def test_keys_of_specs():
    assert SpecKey(GRUSpec(1, 2, (3,))) == SpecKey(GRUSpec(1, 2, (3,)))
    assert SpecKey(GRUSpec(1, 2, (3,))) != SpecKey(GRUSpec(1, 2, (4,)))

    class Unhashable(list):
        def __call__(self, n_timesteps, n_channels):
            raise NotImplementedError

    one, other = Unhashable(), Unhashable()
    assert one == other
    assert SpecKey(CustomSpec(one, 5, 1, 2)) == SpecKey(CustomSpec(one, 5, 1, 2))
    assert SpecKey(CustomSpec(one, 5, 1, 2)) != SpecKey(CustomSpec(other, 5, 1, 2))
