"""What stands around the training of a transcriber: variants of recordings, early stopping."""

from __future__ import annotations

import numpy as np

from skgru.gru import _batches, _initial
from skgru.gru._model import GRUSpec
from skgru.gru._training import Stopping, Variants
from skgru.speech import _ctc, _decoding, _errors, _masking, _posteriors
from skgru.speech._frames import Frames
from skgru.speech._training import Corpus

UPDATES, LEAST, MOST = 3000, 10, 200  # of the weights; epochs


def epochs(given: int | str, n_recordings: int, batch_size: int) -> int:
    """Passes over the recordings: many where they are few."""
    if given != "auto":
        return int(given)
    return min(MOST, max(LEAST, round(UPDATES / _batches.count(n_recordings, batch_size))))


def first_weights(
    spec: GRUSpec, corpus: Corpus, train: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Weights to begin with: at each step an output is as likely as it is frequent.

    That is where a network stands that has learnt nothing but to be silent most of the time, which
    is what it would have to learn first.
    """
    weights = _initial.draw(spec, rng)
    spoken = np.concatenate([corpus.labels[i] for i in train])
    counts = np.bincount(spoken, minlength=spec.n_outputs) + 0.5
    counts[-1] += corpus.n_steps[train].sum() - len(spoken)
    place = [shape.name for shape in spec.weight_shapes()].index("output/bias")
    weights[place][:] = np.log(counts / counts.sum())
    return weights


def refuse_crowded(labels: list[np.ndarray], n_steps: np.ndarray, stacking: int) -> None:
    """Raise where a transcript does not fit into the steps of its recording."""
    needed = np.array([_ctc.steps_needed(own) for own in labels])
    rows = np.flatnonzero(needed > n_steps)
    if len(rows):
        i, more = rows[0], "" if len(rows) <= 10 else f" and {len(rows) - 10} more"
        raise ValueError(
            "A transcript needs a step for each token and one between equal neighbours; in rows "
            f"{rows[:10].tolist()}{more} there are too few. Row {i} needs {needed[i]} steps and "
            f"its recording has {n_steps[i]} of frame_stacking={stacking} frames. Drop these "
            "rows, give more frames, or lower frame_stacking."
        )


def variants(augmentation: str | None, frames: Frames, seed: list[int]) -> Variants | None:
    """What draws the values of an epoch; None where they are always the same."""
    if augmentation is None:
        return None
    out = np.empty_like(frames.values)

    def draw(rng: np.random.Generator) -> np.ndarray:
        _masking.hide(frames, rng, out)
        return out

    return Variants(draw, np.random.default_rng(seed))


def stopping(
    spec: GRUSpec, corpus: Corpus, held: np.ndarray, n_iter_no_change: int, tol: float
) -> Stopping | None:
    """What watches the recordings `held` out, where there are any."""
    if not len(held):
        return None
    wanted = [corpus.labels[i].tolist() for i in held]
    _errors.token_error_rate(wanted, wanted)  # what hinders it shows now, not after an epoch

    def score(weights) -> float:
        recordings = (corpus.frames[i] for i in held)
        found = map(_decoding.greedy, _posteriors.posteriors(spec, weights, recordings))
        return 1 - _errors.token_error_rate(wanted, [numbers.tolist() for numbers in found])

    return Stopping(score, n_iter_no_change, tol)
