"""What the GRU classifier and regressor share: the order of a fit and of a forward pass."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import contextmanager
from copy import copy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._checkpoint import NOWHERE, Checkpoint, find_checkpoint
from skgru._memory import require_memory_for_network
from skgru._time_limit import TimeLimit
from skgru._versioned import Versioned
from skgru.gru import (
    _augmentation,
    _canonical,
    _defaults,
    _initial,
    _parameters,
    _recipe,
    _scaling,
    _sequences,
    _targets,
    _training,
    _vocabulary,
    _whitening,
)
from skgru.gru._model import CustomSpec, GRUSpec, TrainedGRU, TrainingSet
from skgru.gru._progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skgru.gru._model import History, Loss
    from skgru.gru._sequences import Sequences
    from skgru.gru._stream import Stream

# What scikit-learn keeps on an estimator beside parameters and fitted attributes.
FOREIGN = ("_skl", "_callback", "_parent_callback", "_metadata_request", "_sklearn_output")


class Task(NamedTuple):
    """What is to be trained: the architecture, rows to train and to validate on.

    `lengths` are the time steps of the training rows, int of shape (n_rows,).
    """

    spec: GRUSpec | CustomSpec
    data: TrainingSet
    held: TrainingSet | None
    lengths: np.ndarray


class AbstractGRU(
    Versioned,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
    ABC,
):
    """Everything but the targets: those are the classifier's and the regressor's own."""

    _transient = ("_moments", "_whitening")

    _loss: Loss

    @abstractmethod
    def _read_y(self, y, sample_weight: np.ndarray, fresh: bool, classes) -> np.ndarray:
        """Check `y`; on a fresh fit learn its classes or shape; return it as numbers."""

    @abstractmethod
    def _finish_targets(
        self, numbers: np.ndarray, sample_weight: np.ndarray, fresh: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the training rows -> what the loss reads, and the rows' final weights."""

    @abstractmethod
    def _score_outputs(
        self, outputs: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray
    ) -> float:
        """Accuracy or R2 of raw outputs against what `_finish_targets` returned."""

    @abstractmethod
    def _answer(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs -> probabilities, or targets in their own unit."""

    @property
    @abstractmethod
    def _n_outputs(self) -> int:
        """Width of the output layer."""

    # ------------------------------------------------------------------ training

    def _fit(self, X, y, sample_weight, *, fresh: bool, epochs=None, classes=None):
        """Train from new weights (`fresh`) or go on.

        `epochs` overrules the schedule; `classes` are labels announced beside those in `y`.
        """
        with _all_or_nothing(self):
            _parameters.check(self)
            limit = TimeLimit(self.max_time, hurries=self.checkpoint_dir is None or bool(epochs))
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            hold_out = self.early_stopping and epochs is None
            task = self._prepare(X, y, sample_weight, seed, fresh, hold_out, classes)
            metadata = None if sample_weight is None else {"sample_weight": sample_weight}
            self._train((X, y, metadata), task, seed, fresh, epochs, limit)
        return self

    def _prepare(
        self, X, y, sample_weight, seed: int, fresh: bool, hold_out: bool, classes
    ) -> Task:
        """User data -> what is to be trained. On a fresh fit, scaling and classes are learnt."""
        sequences = self._read(X, reset=fresh)
        sample_weight = _targets.read_weights(sample_weight, len(sequences))
        numbers = self._read_y(y, sample_weight, fresh, classes)
        rows, sample_weight = _canonical.canonical_rows(sequences, numbers, sample_weight)
        train, held = np.arange(len(rows)), None
        if hold_out:
            self._check_held(numbers[rows])
            train, held = train_test_split(
                train,
                test_size=self.validation_fraction,
                random_state=seed,
                stratify=numbers[rows] if self._loss == "cross_entropy" else None,
            )
        if fresh and self.vocabulary_size is not None:
            self._scaling = _scaling.NONE
        elif fresh:
            self._scaling = _scaling.learn(sequences, rows[train], sample_weight[train])
        spec = self._choose_spec(sequences, rows[train], fresh)

        def finish(chosen: np.ndarray, fresh: bool) -> TrainingSet:
            targets, weights = self._finish_targets(
                numbers[rows[chosen]], sample_weight[chosen], fresh
            )
            values, n_steps = self._arrange(spec, sequences, rows[chosen])
            return TrainingSet(values, n_steps, targets, (weights / weights.mean()).astype("f4"))

        data = finish(train, fresh)  # learns the targets' scaling, which the next line needs
        held_out = None if held is None else finish(held, False)
        return Task(spec, data, held_out, sequences.lengths[rows[train]])

    def _check_held(self, numbers: np.ndarray) -> None:
        """Refuse early stopping where too few rows can be held out to score, or none is left."""
        n_rows = len(numbers)
        n_held = math.ceil(self.validation_fraction * n_rows)
        fewest = 1 if self._loss == "cross_entropy" else 2  # R2 of one row is not defined
        if n_held < fewest or n_held >= n_rows:
            raise ValueError(
                f"early_stopping needs {fewest} row(s) at least to score and one to train on; "
                f"validation_fraction={self.validation_fraction} of {n_rows} different row(s) is "
                f"{n_held}. Set early_stopping=False, or another validation_fraction."
            )
        if self._loss == "cross_entropy":
            _targets.require_strata(self.classes_, numbers, n_held)

    def _read(self, X, *, reset: bool) -> Sequences:
        """Series as users give them, checked; where steps are tokens, that each is one."""
        sequences = _sequences.read(self, X, reset=reset)
        n_tokens = _vocabulary.bound(self.vocabulary_size) if reset else self.model_.spec.n_tokens
        if n_tokens:
            _vocabulary.check(sequences, n_tokens)
        return sequences

    def _arrange(
        self, spec: GRUSpec | CustomSpec, sequences: Sequences, rows: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scaled and padded values of `rows`, and how many patches each has."""
        lengths = sequences.lengths if rows is None else sequences.lengths[rows]
        padded = spec.padded_length(int(lengths.max()))
        values = _scaling.apply(self._scaling, sequences, rows, padded)
        return values, spec.n_patches(lengths).astype(np.int32)

    def _choose_spec(
        self, sequences: Sequences, rows: np.ndarray, fresh: bool
    ) -> GRUSpec | CustomSpec:
        """The architecture that the parameters and the shape of the data ask for."""
        pooling = (self.pooling,) if isinstance(self.pooling, str) else tuple(self.pooling)
        fitted = None if fresh else self.model_.spec
        spec: GRUSpec | CustomSpec
        if self.network is not None:
            spec = CustomSpec(
                network=self.network,
                n_timesteps=self.n_timesteps_in_,
                n_channels=sequences.n_channels,
                n_outputs=self._n_outputs,
                pooling=pooling,
                loss=self._loss,
            )
        else:
            known = fitted if isinstance(fitted, GRUSpec) else None
            patch_length, patch_stride = self._choose_patches(sequences.lengths[rows], known)
            spec = GRUSpec(
                n_channels=sequences.n_channels,
                n_outputs=self._n_outputs,
                units=tuple(int(units) for units in np.atleast_1d(self.units)),
                bidirectional=bool(self.bidirectional),
                pooling=pooling,
                patch_length=patch_length,
                patch_stride=patch_stride,
                embedding_units=self.embedding_units or 0,
                loss=self._loss,
                context_length=(self.context_length or 0) if self.embedding_units else 0,
                batch_norm=bool(self.batch_norm and self.embedding_units),
                n_tokens=(
                    known.n_tokens
                    if known and self.vocabulary_size == "auto"
                    else _vocabulary.size(self.vocabulary_size, sequences)
                ),
            )
        if isinstance(spec, GRUSpec):
            shapes = (weight.shape for weight in spec.weight_shapes())
            require_memory_for_network(
                shapes, "lower units, embedding_units, context_length or vocabulary_size"
            )
        if fitted is not None and spec != fitted:
            raise ValueError(
                "Training goes on with the fitted architecture, but parameters and data now ask "
                f"for another: {_difference(spec, fitted)}. Set that back, or fit with "
                "warm_start=False."
            )
        return spec

    def _choose_patches(self, lengths: np.ndarray, fitted: GRUSpec | None) -> tuple[int, int]:
        """Length and stride for rows of these time steps, or those of a fit that goes on."""
        if fitted is not None:
            return fitted.patch_length, fitted.patch_stride
        if self.vocabulary_size is not None:
            return 1, 1
        return _defaults.patches(self.patch_length, self.patch_stride, lengths)

    def _train(
        self, given, task: Task, seed: int, fresh: bool, epochs: int | None, limit: TimeLimit
    ) -> None:
        """Run the training and store what comes of it.

        `given` is what the user gave, X, y and what scorers take beside them, for callbacks.
        """
        spec = task.spec
        checkpoint = NOWHERE if epochs else self._find_checkpoint(task)
        schedule = _recipe.schedule(self, len(task.data.targets), epochs)
        done = 0 if fresh else self.n_iter_
        rng = np.random.default_rng([seed, done])
        engine, whitening = self._start_engine(task, seed, fresh, rng, stream=bool(epochs))
        progress = Progress(type(self).__name__, schedule.epochs, self.verbose)
        X, y, metadata = given
        context = self._init_callback_context(max_subtasks=schedule.epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)

        def after_epoch(epoch: int, history: History) -> bool:
            score = history.validation_score[-1] if history.validation_score else None
            progress.show(epoch, history.loss[-1], score)
            subtask = context.subcontext(task_name="epoch")
            subtask.call_on_fit_task_begin(estimator=self, X=X, y=y)
            return subtask.call_on_fit_task_end(
                estimator=self,
                X=X,
                y=y,
                metadata=metadata,
                reconstruction_attributes=lambda: {
                    **_fitted_state(self),
                    **self._fitted(spec, engine.weights, history, fresh),
                },
            )

        try:
            weights, history = _training.train(
                engine,
                task.data.n_steps,
                schedule,
                rng,
                vary=self._variants(task, [seed, done, 1]),
                stopping=self._stopping(spec, task.held),
                after_epoch=after_epoch,
                limit=limit,
                checkpoint=checkpoint,
            )
            progress.end(len(history.loss), history.stop_reason)
        finally:
            progress.close()
        self.__dict__.update(self._fitted(spec, weights, history, fresh))
        self.__dict__.pop("_moments", None)
        self.__dict__.pop("_whitening", None)
        if epochs:
            self._moments, self._whitening = engine.moments, whitening
        context.call_on_fit_task_end(estimator=self, X=X, y=y)

    def _start_engine(self, task: Task, seed: int, fresh: bool, rng, stream: bool):
        """The engine with its first weights, and the whitening that it works under.

        Parts of a stream (`partial_fit`) are one training: they must agree on the whitening, or
        Adam's moments would speak of other weights. A fit is a training of its own.
        """
        spec, data = task.spec, task.data
        kept = self.__dict__ if stream else {}
        if self.whitening and isinstance(spec, GRUSpec):
            data = replace(data, whitening=kept.get("_whitening") or _whitening.learn(spec, data))
        weights = _first_weights(spec, data, rng) if fresh else self.model_.weights
        settings, moments = _recipe.optimizer(self), kept.get("_moments")
        engine = _training.start(self.engine, spec, weights, data, settings, seed, moments)
        return engine, data.whitening

    def _find_checkpoint(self, task: Task) -> Checkpoint:
        """Where the state of this fit is kept, if it is."""
        if self.checkpoint_dir is None:
            return NOWHERE
        sets = [task.data] if task.held is None else [task.data, task.held]
        arrays = [(s.values, s.n_steps, s.targets, s.sample_weight) for s in sets]
        engine = _training.choose(self.engine, task.spec)
        return find_checkpoint(self, engine, repr(task.spec), task.lengths, arrays)

    def _variants(self, task: Task, seed: list[int]) -> _training.Variants | None:
        """What draws the values of an epoch; None where they are always the same."""
        tokens = self.vocabulary_size is not None  # between two of them there is nothing
        if self.augmentation is None or tokens or task.lengths.max() < _augmentation.SHORTEST:
            return None
        values = task.data.values
        out = np.empty_like(values)

        def draw(rng: np.random.Generator) -> np.ndarray:
            _augmentation.warp(values, task.lengths, rng, out)
            return out

        return _training.Variants(draw, np.random.default_rng(seed))

    def _stopping(self, spec, held: TrainingSet | None) -> _training.Stopping | None:
        """What watches the held-out rows, where there are any."""
        if held is None:
            return None

        def score(weights) -> float:
            outputs = _outputs(spec, weights, held.values, held.n_steps)
            return self._score_outputs(outputs, held.targets, held.sample_weight)

        return _training.Stopping(score, self.n_iter_no_change, self.tol)

    def _fitted(self, spec, weights, history: History, fresh: bool) -> dict:
        """The attributes that training sets, ready to predict."""
        losses = ([] if fresh else self.loss_curve_) + history.loss
        scores = ([] if fresh else self.validation_score_curve_ or []) + history.validation_score
        return {
            "model_": TrainedGRU(spec, tuple(weights)),
            "n_iter_": len(losses),
            "loss_curve_": losses,
            "best_loss_": min(losses),
            "validation_score_curve_": scores or None,
            "stop_reason_": history.stop_reason or "callback",  # "" is read by callbacks only
        }

    # ------------------------------------------------------------------ prediction

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def _forward(self, run, X) -> np.ndarray:
        """Apply `run`, `_outputs` or `_features`, to series as users give them."""
        if "model_" not in self.__dict__:  # check_is_fitted takes longer than one row's forward
            check_is_fitted(self)
        spec, weights = self.model_.spec, self.model_.weights
        sequences = self._read(X, reset=False)
        blocks = list(sequences.blocks(len(sequences)))
        if len(blocks) == 1 or isinstance(spec, CustomSpec):  # Keras compiles for each new length
            return run(spec, weights, *self._arrange(spec, sequences, None))
        parts = []
        for block in blocks:  # a scaled copy of a few rows at a time, not of the panel
            rows = np.arange(block.start, block.stop)
            parts.append(run(spec, weights, *self._arrange(spec, sequences, rows)))
        return np.concatenate(parts)

    def _predict_raw(self, X) -> np.ndarray:
        """Logits or scaled targets, float32 of shape (n_samples, n_outputs)."""
        return self._forward(_outputs, X)

    def transform(self, X) -> np.ndarray:
        """The learned representation: what the network passes to its output layer.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
            The pooled hidden states of the last GRU layer.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` does not match what `fit` has seen.
        """
        return self._forward(_features, X)

    def stream(self, state=None) -> Stream:
        """Start to read one series step by step, with an answer after each.

        Parameters
        ----------
        state : state of another stream, default=None
            Go on from there, in this process or in one that has loaded the same estimator.

        Returns
        -------
        Stream
            Its ``push(step)`` takes the next step, shape (n_channels,), or several, (n_steps,
            n_channels), and returns what `predict_proba` (classifier) or `predict` (regressor)
            says of the series so far; missing values are read as there. Its ``state`` is a copy of
            all that it remembers, of a size that does not grow.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the network cannot read forwards alone: with ``bidirectional=True`` or a `network` of
            your own.

        Examples
        --------
        >>> import numpy as np
        >>> from skgru import GRUClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 12))
        >>> clf = GRUClassifier(units=4, bidirectional=False, epochs=2, random_state=0)
        >>> stream = clf.fit(X, X[:, 0] > 0).stream()
        >>> answers = [stream.push(value) for value in X[0]]
        >>> bool(np.allclose(answers[-1], clf.predict_proba(X[:1])[0], atol=1e-6))
        True
        """
        check_is_fitted(self)
        spec = self.model_.spec
        if isinstance(spec, CustomSpec) or spec.bidirectional:
            name = "bidirectional=True" if isinstance(spec, GRUSpec) else "a `network` of your own"
            raise ValueError(
                f"stream reads a series as it comes; with {name} the network reads it from its end "
                "as well. Fit with bidirectional=False and network=None."
            )
        from skgru.gru import _stream  # imports numba

        # The stream keeps what was fitted when it began.
        return _stream.Stream(spec, self.model_.weights, self._scaling, copy(self)._answer, state)

    @property
    def _n_features_out(self) -> int:
        spec = self.model_.spec
        if isinstance(spec, GRUSpec):
            return spec.n_features
        # What comes out of a user's own network, the network knows alone.
        one = np.zeros((1, spec.n_timesteps or 1, spec.n_channels), np.float32)
        n_steps = np.array([one.shape[1]], np.int32)
        return _features(spec, self.model_.weights, one, n_steps).shape[1]

    def _export(self, **links):
        """The trained network as a plain Keras model; `links` say what its output means."""
        check_is_fitted(self)
        from skgru.gru import _network  # imports Keras

        spec = self.model_.spec
        return _network.export(
            spec,
            self.model_.weights,
            self.n_timesteps_in_,
            ragged=self.n_timesteps_in_ is None,
            center=self._scaling.center,
            scale=self._scaling.scale,
            **links,
        )

    # ------------------------------------------------------------------ scikit-learn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _outputs(spec, weights, values: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """Raw outputs of a trained network, float32 of shape (n_samples, n_outputs)."""
    if isinstance(spec, CustomSpec):
        from skgru.gru import _epoch

        return _epoch.custom_outputs(spec, weights, values, n_steps)
    from skgru.gru import _inference  # imports numba

    return _inference.outputs(spec, weights, values, n_steps)


def _features(spec, weights, values: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """What the output layer reads, float32 of shape (n_samples, n_features)."""
    if isinstance(spec, CustomSpec):
        from skgru.gru import _epoch

        return _epoch.custom_features(spec, weights, values, n_steps)
    from skgru.gru import _inference

    return _inference.features(spec, weights, values, n_steps)


def _difference(spec, fitted) -> str:
    """What one architecture has, and the fitted one has not, in words."""
    if type(spec) is not type(fitted):
        return "`network` is another"
    pairs = [(f.name, getattr(spec, f.name), getattr(fitted, f.name)) for f in fields(spec)]
    return ", ".join(
        f"{name}={now!r}, where the fit had {before!r}"
        for name, now, before in pairs
        if now != before
    )


def _first_weights(spec, data: TrainingSet, rng: np.random.Generator):
    """Drawn by us for our own architecture; a user's own draws its weights itself."""
    if isinstance(spec, CustomSpec):
        return None
    weights = _initial.draw(spec, rng)
    return weights if data.whitening is None else _whitening.fold(data.whitening, weights)


def _fitted_state(estimator) -> dict:
    """What fit has put on the estimator."""
    parameters = estimator.get_params(deep=False)
    return {
        name: value
        for name, value in vars(estimator).items()
        if name not in parameters and not name.startswith(FOREIGN)
    }


@contextmanager
def _all_or_nothing(estimator) -> Iterator[None]:
    """On any failure put the fitted state back as it was."""
    before = _fitted_state(estimator)
    try:
        yield
    except BaseException:
        for name in _fitted_state(estimator):
            delattr(estimator, name)
        vars(estimator).update(before)
        raise
