"""GRUTranscriber."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._versioned import Versioned
from skgru.gru import _initial, _training
from skgru.gru._model import GRUSpec, History, OptimizerSettings
from skgru.gru._progress import Progress
from skgru.speech import (
    _decoding,
    _errors,
    _fitting,
    _frames,
    _fusion,
    _parameters,
    _posteriors,
    _transcripts,
)
from skgru.speech._model import TrainedTranscriber
from skgru.speech._streaming import TranscriptionStream
from skgru.speech._training import Corpus, CTCEngine, WarmedUp


class GRUTranscriber(Versioned, BaseEstimator):
    """DOC."""

    model_: TrainedTranscriber
    n_iter_: int
    loss_curve_: list[float]
    validation_score_curve_: list[float] | None

    def __init__(
        self,
        units=96,
        *,
        n_layers=1,
        bidirectional=True,
        frame_stacking=3,
        embedding_units=96,
        context_length=5,
        batch_norm=True,
        dropout=0.2,
        recurrent_dropout=0.0,
        weight_decay=0.01,
        clipnorm=1.0,
        augmentation="mask",
        level="char",
        decoder="greedy",
        beam_width=16,
        language_model=None,
        language_model_weight=0.5,
        length_bonus=0.0,
        epochs=20,
        batch_size=16,
        learning_rate=0.004,
        warm_up=0.05,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        random_state=None,
        verbose=0,
    ):
        self.units = units
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.frame_stacking = frame_stacking
        self.embedding_units = embedding_units
        self.context_length = context_length
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.augmentation = augmentation
        self.level = level
        self.decoder = decoder
        self.beam_width = beam_width
        self.language_model = language_model
        self.language_model_weight = language_model_weight
        self.length_bonus = length_bonus
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.warm_up = warm_up
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ training

    def fit(self, X, y):
        """Learn to transcribe recordings.

        Parameters
        ----------
        X : list of array-like, each of shape (n_frames, n_channels)
            Recordings as frames of features.
        y : list of str or list of sequences of labels
            The transcript of each recording, see `level`.

        Returns
        -------
        GRUTranscriber
            This estimator.

        Raises
        ------
        TypeError
            If `X` or `y` is of another kind.
        ValueError
            If a parameter is out of its range, a recording is empty or not finite, a transcript has
            more tokens than its recording has room for, or the training diverges.
        ImportError
            If RapidFuzz, which counts errors, is not installed and `early_stopping` needs it.
        """
        _parameters.check(self)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        frames = _frames.read(X)
        transcripts = _transcripts.split(y, self.level, len(frames))
        alphabet = _transcripts.learn(transcripts, self.level)
        labels = _transcripts.encode(transcripts, alphabet)
        spec = self._choose_spec(frames.values.shape[1], len(alphabet))
        n_steps = spec.n_patches(frames.lengths).astype(np.int32)
        _fitting.refuse_crowded(labels, n_steps, spec.patch_length)
        train, held = np.arange(len(frames)), np.empty(0, np.intp)
        if self.early_stopping:
            train, held = train_test_split(
                train, test_size=self.validation_fraction, random_state=seed
            )
        scaling = _frames.learn_scaling(frames, train)
        scaled = replace(frames, values=_frames.scale(scaling, frames.values))
        weights, history = self._train(spec, Corpus(scaled, n_steps, labels), train, held, seed)
        self.classes_, self.n_features_in_ = alphabet.classes, spec.n_channels
        self.model_ = TrainedTranscriber(spec, weights, scaling, alphabet)
        self.loss_curve_, self.n_iter_ = history.loss, len(history.loss)
        self.validation_score_curve_ = history.validation_score or None
        return self

    def _choose_spec(self, n_channels: int, n_tokens: int) -> GRUSpec:
        embedded = self.embedding_units is not None
        return GRUSpec(
            n_channels=n_channels,
            n_outputs=n_tokens + 1,
            units=(int(self.units),) * int(self.n_layers),
            bidirectional=bool(self.bidirectional),
            pooling=("none",),
            patch_length=int(self.frame_stacking),
            patch_stride=int(self.frame_stacking),
            embedding_units=int(self.embedding_units or 0),
            loss="ctc",
            context_length=int(self.context_length or 0) if embedded else 0,
            batch_norm=bool(self.batch_norm and embedded),
        )

    def _train(self, spec: GRUSpec, corpus: Corpus, train, held, seed: int):
        """Weights and history of a training on some recordings of the corpus."""
        rng = np.random.default_rng([seed, 0])
        settings = OptimizerSettings(
            weight_decay=float(self.weight_decay),
            clipnorm=float(self.clipnorm or 0),
            dropout=float(self.dropout),
            recurrent_dropout=float(self.recurrent_dropout),
        )
        batch_size = min(int(self.batch_size), len(train))
        rates = float(self.learning_rate), "cosine", float(self.warm_up)
        progress = Progress(type(self).__name__, int(self.epochs), self.verbose)

        def after_epoch(epoch: int, history: History) -> bool:
            score = history.validation_score[-1] if history.validation_score else None
            progress.show(epoch, history.loss[-1], score)
            return False

        try:
            return _training.train(
                CTCEngine(spec, _initial.draw(spec, rng), corpus, train, settings, seed),
                corpus.n_steps[train],
                WarmedUp(int(self.epochs), batch_size, *rates),
                rng,
                vary=_fitting.variants(self.augmentation, corpus.frames, [seed, 1]),
                stopping=_fitting.stopping(spec, corpus, held, self.n_iter_no_change, self.tol),
                after_epoch=after_epoch,
            )
        finally:
            progress.close()

    # ------------------------------------------------------------------ recognition

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def _posteriors(self, X):
        """Log-probabilities at each step of each recording, one recording after another."""
        check_is_fitted(self)
        model, frames = self.model_, _frames.read(X, self.n_features_in_)
        recordings = (_frames.scale(model.scaling, frames[i]) for i in range(len(frames)))
        return _posteriors.posteriors(model.spec, model.weights, recordings)

    def predict_proba(self, X):
        """What is heard at each step.

        Parameters
        ----------
        X : list of array-like, each of shape (n_frames, n_channels)
            Recordings.

        Returns
        -------
        list of ndarray of float32, each of shape (n_steps, n_tokens + 1)
            Rows sum to 1. Columns are the tokens in the order of `classes_`, then the blank. Step k
            has read the frames from ``k * frame_stacking`` to ``(k + 1) * frame_stacking`` of the
            fitted model; the last step may lack some.
        """
        return [np.exp(log_p).astype(np.float32) for log_p in self._posteriors(X)]

    def predict(self, X):
        """Transcribe recordings.

        Parameters
        ----------
        X : list of array-like, each of shape (n_frames, n_channels)
            Recordings.

        Returns
        -------
        list of str or list of list of labels
            Transcripts, of the kind that `fit` was given.
        """
        check_is_fitted(self)
        return [self.model_.alphabet.decode(numbers) for numbers in self._decode(X)]

    def _decode(self, X) -> list[np.ndarray]:
        """Token numbers of each transcript."""
        _parameters.check(self)
        if self.decoder == "greedy":
            return [_decoding.greedy(log_p) for log_p in self._posteriors(X)]
        fusion = _fusion.fuse(
            self.language_model,
            self.model_.alphabet,
            float(self.language_model_weight),
            float(self.length_bonus),
        )
        return [
            _decoding.beam_search(log_p, self.beam_width, fusion)[0][0]
            for log_p in self._posteriors(X)
        ]

    def score(self, X, y):
        """One minus the token error rate, higher is better.

        Parameters
        ----------
        X : list of array-like, each of shape (n_frames, n_channels)
            Recordings.
        y : list of str or list of sequences of labels
            What was said.

        Returns
        -------
        float
            The error rate is the number of insertions, deletions and substitutions that turn the
            transcripts into `y`, divided by the tokens of `y`: with ``level="char"`` a character
            error rate, with ``"word"`` a word error rate. The score is 1 where all is right, and
            negative where there are more errors than tokens.

        Raises
        ------
        ImportError
            If RapidFuzz, which counts the errors, is not installed.
        """
        check_is_fitted(self)
        found = [self.model_.alphabet.classes[numbers].tolist() for numbers in self._decode(X)]
        wanted = _transcripts.split(y, self.model_.alphabet.level, len(found))
        return 1 - _errors.token_error_rate(wanted, found)

    def stream(self):
        """Transcribe one recording while it goes on.

        Returns
        -------
        TranscriptionStream
            Its ``push(frames)`` reads further frames and returns what the transcript gains,
            ``finish()`` ends the recording, ``reset()`` begins another, and ``transcript`` is all
            that was recognised. Together that is what `predict` finds with ``decoder="greedy"``.

        Raises
        ------
        ValueError
            If the network is bidirectional: it reads a recording from its end, too.
        """
        check_is_fitted(self)
        if self.model_.spec.bidirectional:
            raise ValueError(
                "A bidirectional network needs the end of a recording before it can say anything. "
                "Fit with bidirectional=False to transcribe a stream."
            )
        return TranscriptionStream(self.model_)

    # ------------------------------------------------------------------ scikit-learn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
