"""Forks, new processes, threads, killed savers, full disks and Ctrl-C, for every trained class.

All of it happens in one interpreter of its own (`children.py`), so that a crash or a hang is the
failure of a test and not the end of the run.
"""

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from skgru import GRUClassifier
from skgru.persistence import load, save

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

SCRIPT = Path(__file__).with_name("children.py")
TIMEOUT = 420  # seconds; it takes about 60 of wall time
GROUPS = ["threads", "forks", "forks_amid_work", "spawn", "nested", "saves", "full_disk"]
GROUPS += ["interruptions"]

SCIKIT = ["classifier", "regressor", "language model", "seq2seq", "transcriber", "synthesizer"]
ETS = ["forecaster", "forecaster of a panel"]
DOORS = ["sktime classifier", "sktime regressor", "sktime forecaster"]
TRAINED = [*SCIKIT, *ETS, *DOORS]
MODELS = [*TRAINED, "frames", "keras"]
each_model = pytest.mark.parametrize("name", MODELS)


@cache
def reports():
    """Group -> what came of its cases; and what the interpreter said besides."""
    command = [sys.executable, str(SCRIPT), *GROUPS]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = child.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        err += f"\nstopped after {TIMEOUT} seconds"
    return dict(map(json.loads, out.splitlines())), err[-3000:]


def found(group):
    """What came of the cases of a group."""
    groups, said = reports()
    assert group in groups, f"the interpreter ended before: {said}"
    return groups[group]


@each_model
@pytest.mark.parametrize("kind", ["own", "shared"])
def test_threads_fit_and_ask_at_once(name, kind):
    assert found("threads")[name][kind] == "the same"


@each_model
def test_a_fork_answers_after_jax_and_threads_have_run(name):
    assert found("forks")[name]["predict"] == "the same"


@pytest.mark.parametrize("name", [*TRAINED, "frames"])
def test_a_fork_fits_after_jax_and_threads_have_run(name):
    assert found("forks")[name]["fit"] == "the same"


def test_a_fork_that_would_train_with_jax_says_what_to_do():
    said = found("forks")["keras"]["fit"]
    assert said.startswith("RuntimeError: Keras on JAX cannot run in process")
    assert "engine='numba'" in said


@each_model
def test_a_fork_answers_while_other_threads_train(name):
    assert found("forks_amid_work")[name] == "the same"


@each_model
def test_a_new_process_answers(name):
    assert found("spawn")[name] == "the same"


@pytest.mark.parametrize("inner", ["search", "threads", "shards"])
@pytest.mark.parametrize("outer", ["workers", "threads"])
def test_workers_may_have_workers(inner, outer):
    assert found("nested")[f"{inner} in {outer}"] == "the same"


@pytest.mark.parametrize(
    "name",
    ["GRUClassifier", "GRURegressor", "GRUTranscriber", "forecast_arrays", "frames", "augmented"],
)
def test_workers_may_be_given_maps_of_files(name):
    assert found("nested")[f"maps of files: {name}"] == "the same"


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["classifier", "forecaster of a panel"])
def test_a_killed_saver_leaves_a_whole_file(name):
    assert found("saves")[name] == "one of both"


@each_model
def test_a_full_disk_leaves_the_old_file_and_nothing_else(name):
    assert found("full_disk")[name] == "the same"


@pytest.mark.parametrize("name", ["model" * 50, "模" * 84, "🙂" * 63], ids=["ascii", "3", "4"])
def test_a_name_may_be_as_long_as_the_system_allows(name, tmp_path):
    save(GRUClassifier(units=7), tmp_path / name)
    assert load(tmp_path / name).units == 7
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe", "absent folder", "no name"])
def test_what_is_no_file_is_not_replaced(kind, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to a pipe").symlink_to(tmp_path / "pipe")
    path = {"folder": tmp_path, "absent folder": tmp_path / "a" / "b", "no name": ""}.get(kind)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError, match=r"folder|pipe|No such file"):
        save(GRUClassifier(), tmp_path / kind if path is None else path)
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "pipe").is_fifo()


# ---------------------------------------------------------------------- interruption


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("which", ["first", "second"])
def test_an_interrupted_fit_leaves_a_whole_model_or_none(name, which):
    allowed = {"unfitted", "whole" if name in ETS else "kept"}  # ETS may be done before
    if which == "second":
        # sktime forgets what was fitted before a fit begins, scikit-learn's classes do not.
        allowed = {"as before", *(allowed if name not in SCIKIT else {"kept"})}
    assert set(found("interruptions")[name][which]) <= allowed


def test_some_interruptions_fell_into_the_training():
    kept = [np.ravel(list(one.values())).tolist() for one in found("interruptions").values()]
    assert sum(states.count("kept") > 0 for states in kept) >= 4
