"""GRUTranscriber."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._checkpoint import Checkpoint, find_checkpoint
from skgru._memory import require_memory_for_layers, require_memory_for_network
from skgru._time_limit import TimeLimit
from skgru._versioned import Versioned
from skgru.gru import _training
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
    """Transcribe recordings whose transcripts are known, but not when each token was said.

    A recurrent network reads frames of features and says at each step which token it hears, or none
    (the blank); it learns from whole transcripts by connectionist temporal classification [1]_.
    Speech is the usual case, digits, letters or words; any sequence that spells another one will
    do, such as strokes of a pen or tones of a telephone.

    Parameters
    ----------
    units : int, default=96
        Hidden units of each GRU layer, in each direction.
    n_layers : int, default=1
        GRU layers.
    bidirectional : bool, default=True
        Read each recording in both directions. False is a little less accurate and can `stream`.
    frame_stacking : int, default=3
        Consecutive frames that the network reads as one step. A transcript needs a step for each
        token, and one more between equal neighbours.
    embedding_units : int or None, default=96
        Width of a dense relu layer between the frames of a step and the GRU. None is none.
    context_length : int or None, default=5
        Embedded steps around each one that a second dense relu layer reads, to be added to the
        embedding. None is none.
    batch_norm : bool, default=True
        Whether the embedding's layers are batch-normalised before their relu.
    dropout : float in [0, 1), default=0.2
        Share of values dropped during training from the embedding, from the inputs of every GRU
        layer but the first, and from what the output layer reads; one mask for a whole recording.
    recurrent_dropout : float in [0, 1), default=0.0
        Share of the hidden state dropped on its way into the recurrent product.
    weight_decay : float, default=0.01
        Decoupled decay of all kernels, biases excepted, as in AdamW.
    clipnorm : float or None, default=1.0
        Largest norm of the gradient of one update. None does not clip.
    augmentation : {"mask"} or None, default="mask"
        What training does to the recordings in each epoch: ``"mask"`` hides a band of up to a fifth
        of the channels and, every second or so, a stretch of up to 10 frames [2]_. None shows them
        as they are.
    level : {"char", "word"} or None, default="char"
        What a token is: a character of a string; a word of a string, between spaces; or, with None,
        a label of a sequence of labels of any one type.
    decoder : {"greedy", "beam"}, default="greedy"
        How `predict` and `score` read the probabilities: as the likeliest path, or as the likeliest
        transcript that a beam search over prefixes finds [3]_. May be set after `fit`, as may the
        next four.
    beam_width : int, default=16
        Prefixes that a beam search keeps.
    language_model : object or None, default=None
        What a beam search asks how likely a transcript is: a fitted `GRULanguageModel` of the same
        `level`, or any object with ``classes_``, its tokens, and ``predict_proba(beginnings)``,
        the probabilities of the next one. An end of the transcript, where there is one, is ``""``.
        In a search over parameters, wrap it in `sklearn.frozen.FrozenEstimator`, which stays
        fitted when it is cloned.
    language_model_weight : float, default=0.5
        What the language model's logarithms are multiplied by.
    length_bonus : float, default=0.0
        Added for each token of a transcript, in nats, in a beam search: a language model prefers
        short ones.
    epochs : int or "auto", default="auto"
        Passes over the recordings; ``"auto"`` aims at 3,000 updates of the weights, within 10 to
        200 passes.
    batch_size : int, default=16
        Recordings to an update.
    learning_rate : float, default=0.004
        Largest step size of AdamW; it falls to zero along a cosine.
    warm_up : float in [0, 1), default=0.05
        Share of all updates over which the step size rises from zero.
    early_stopping : bool, default=False
        Hold out `validation_fraction` of the recordings, keep the weights that score best on them,
        and stop when `n_iter_no_change` epochs in a row bring no gain of `tol`.
    validation_fraction : float in (0, 1), default=0.1
        Share of the recordings held out.
    n_iter_no_change : int, default=10
        Epochs without gain that end the training.
    tol : float, default=1e-4
        Smallest gain of the validation score that counts.
    max_time : float or None, default=None
        Seconds that a `fit` may take. The update in which they run out is the last one. Where they
        will not do for all epochs, the learning rate goes to zero in the last fifth of the time
        [4]_.
    checkpoint_dir : str, Path or None, default=None
        A folder where `fit` keeps its state, every ten seconds or so and at the end. The same fit,
        of equal parameters and data, goes on from there if it was cut off, by `max_time` too, which
        then awaits the end of an epoch and leaves the learning rate alone; one that was done
        returns at once. Needs a whole number as `random_state`.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness.
    verbose : int, default=0
        1 shows the progress of the training, 2 prints a line an epoch.

    Attributes
    ----------
    classes_ : ndarray, shape (n_tokens,)
        All tokens of the transcripts, in order.
    n_features_in_ : int
        Channels of a frame.
    model_ : TrainedTranscriber
        The network: ``model_.spec``, its sizes, and ``model_.weights``, NumPy arrays.
    n_iter_ : int
        Epochs trained.
    loss_curve_ : list of float
        Mean negative log-likelihood of a transcript in each epoch, in nats.
    validation_score_curve_ : list of float or None
        Score on the held-out recordings after each epoch, with `early_stopping` and greedy
        decoding.
    stop_reason_ : str
        Why the training ended: ``"epochs"``, ``"early_stopping"``, ``"max_time"`` or
        ``"interrupted"``.

    See Also
    --------
    LogMel : Turns waveforms into frames.
    GRUClassifier : One label for a whole recording.
    GRULanguageModel : What is likely to be said.

    Notes
    -----
    Each channel is standardised over the frames of the training recordings. The loss is exact: the
    sum over all paths that read as the transcript, in logarithms and double precision. Recordings
    of like length share a batch in training, and what pads the shorter ones reaches no result; for
    an answer each recording is read by itself.

    Training, recognition and streaming run on the CPU in one thread and need neither Keras nor JAX.

    Interrupting `fit` (Ctrl-C) ends it with a warning and keeps the best weights reached. A `fit`
    that fails leaves the estimator as it was.

    References
    ----------
    .. [1] Graves, A., Fernández, S., Gomez, F. & Schmidhuber, J. (2006). Connectionist temporal
       classification: labelling unsegmented sequence data with recurrent neural networks. ICML.
    .. [2] Park, D. S. et al. (2019). SpecAugment: a simple data augmentation method for automatic
       speech recognition. Interspeech.
    .. [3] Hannun, A. Y., Maas, A. L., Jurafsky, D. & Ng, A. Y. (2014). First-pass large vocabulary
       continuous speech recognition using bi-directional recurrent DNNs. arXiv:1408.2873.
    .. [4] Hägele, A. et al. (2024). Scaling laws and compute-optimal training beyond fixed training
       durations. NeurIPS.

    Examples
    --------
    Recordings in which channel 0 sounds for "a" and channel 1 for "b":

    >>> import numpy as np
    >>> from skgru import GRUTranscriber
    >>> tones = {"a": [[1.0, 0.0]] * 4 + [[0.0, 0.0]] * 4, "b": [[0.0, 1.0]] * 4 + [[0.0, 0.0]] * 4}
    >>> texts = ["ab", "ba", "aab", "abba", "b", "baba"] * 10
    >>> recordings = [np.concatenate([tones[letter] for letter in text]) for text in texts]
    >>> model = GRUTranscriber(units=16, frame_stacking=2, epochs=50, random_state=0)
    >>> model.fit(recordings, texts).predict([recordings[3]])
    ['abba']
    >>> model.score(recordings, texts)
    1.0
    """

    model_: TrainedTranscriber
    n_iter_: int
    loss_curve_: list[float]
    validation_score_curve_: list[float] | None
    stop_reason_: str

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
        epochs="auto",
        batch_size=16,
        learning_rate=0.004,
        warm_up=0.05,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        max_time=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ) -> None:
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
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ training

    def fit(self, X, y) -> Self:
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
        limit = TimeLimit(self.max_time, hurries=self.checkpoint_dir is None)
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
        for recording in map(frames.__getitem__, range(len(frames))):
            recording[:] = _frames.scale(scaling, recording)
        corpus = Corpus(frames, n_steps, labels)
        weights, history = self._train(spec, corpus, train, held, seed, limit)
        self.classes_, self.n_features_in_ = alphabet.classes, spec.n_channels
        self.model_ = TrainedTranscriber(spec, weights, scaling, alphabet)
        self.loss_curve_, self.n_iter_ = history.loss, len(history.loss)
        self.validation_score_curve_ = history.validation_score or None
        self.stop_reason_ = history.stop_reason
        return self

    def _choose_spec(self, n_channels: int, n_tokens: int) -> GRUSpec:
        embedded = self.embedding_units is not None
        require_memory_for_layers(self.n_layers, self.units, _parameters.LESS)
        spec = GRUSpec(
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
        require_memory_for_network(
            (weight.shape for weight in spec.weight_shapes()), _parameters.LESS
        )
        return spec

    def _train(self, spec: GRUSpec, corpus: Corpus, train, held, seed: int, limit: TimeLimit):
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
        epochs = _fitting.epochs(self.epochs, len(train), batch_size)
        progress = Progress(type(self).__name__, epochs, self.verbose)

        def after_epoch(epoch: int, history: History) -> bool:
            score = history.validation_score[-1] if history.validation_score else None
            progress.show(epoch, history.loss[-1], score)
            return False

        try:
            weights = _fitting.first_weights(spec, corpus, train, rng)
            weights, history = _training.train(
                CTCEngine(spec, weights, corpus, train, settings, seed),
                corpus.n_steps[train],
                WarmedUp(epochs, batch_size, *rates),
                rng,
                vary=_fitting.variants(self.augmentation, corpus.frames, [seed, 1]),
                stopping=_fitting.stopping(spec, corpus, held, self.n_iter_no_change, self.tol),
                after_epoch=after_epoch,
                limit=limit,
                checkpoint=self._find_checkpoint(spec, corpus, train, held),
            )
            progress.end(len(history.loss), history.stop_reason)
        finally:
            progress.close()
        return weights, history

    def _find_checkpoint(self, spec: GRUSpec, corpus: Corpus, train, held) -> Checkpoint:
        """Where the state of this fit is kept; what decodes has no part in it."""
        frames = corpus.frames.values, corpus.frames.bounds
        without = ("level", "decoder", "beam_width", "language_model", "language_model_weight")
        return find_checkpoint(
            *(self, "cpu", repr(spec), frames, corpus.labels, train, held),
            without=(*without, "length_bonus"),
        )

    # ------------------------------------------------------------------ recognition

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def _posteriors(self, X):
        """Log-probabilities at each step of each recording, one recording after another."""
        check_is_fitted(self)
        model, frames = self.model_, _frames.read(X, self.n_features_in_)
        recordings = (_frames.scale(model.scaling, frames[i]) for i in range(len(frames)))
        return _posteriors.posteriors(model.spec, model.weights, recordings)

    def predict_proba(self, X) -> list[np.ndarray]:
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

    def predict(self, X) -> list:
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

    def score(self, X, y) -> float:
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

    def stream(self) -> TranscriptionStream:
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
