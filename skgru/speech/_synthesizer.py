"""GRUSynthesizer."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._memory import require_memory_for_layers, require_memory_for_network
from skgru._time_limit import TimeLimit
from skgru._versioned import Versioned
from skgru.gru import _initial, _training
from skgru.gru._course import one_reason
from skgru.gru._model import GRUSpec, History, OptimizerSettings
from skgru.gru._parameters import FLAG, POSITIVE, Rule, apply, whole
from skgru.gru._progress import Progress
from skgru.speech import (
    _alignment,
    _ctc,
    _distance,
    _durations,
    _fitting,
    _frames,
    _log_mel,
    _parameters,
    _posteriors,
    _speakers,
    _spectra,
    _texts,
    _transcripts,
    _vocoder,
    _voice,
)
from skgru.speech._frames import Frames
from skgru.speech._lines import Lines
from skgru.speech._log_mel import LogMel
from skgru.speech._spectra import Analysis
from skgru.speech._training import Corpus, FrameEngine, WarmedUp
from skgru.speech._transcriber import GRUTranscriber
from skgru.speech._voice import TrainedSynthesizer

WARM_UP = 0.05  # share of all updates over which the step size rises
_TINY = 1e-30  # probability of what a network rules out

RULES: dict[str, Rule] = {
    **{name: _log_mel.RULES[name] for name in ("rate", "n_mels", "window", "hop", "top_db")},
    **{
        name: _parameters.RULES[name]
        for name in (
            *("level", "units", "n_layers", "embedding_units", "context_length", "epochs"),
            *("batch_size", "learning_rate", "weight_decay", "clipnorm", "max_time", "verbose"),
        )
    },
    "frames_per_step": whole(1),
    "alignment_epochs": _parameters.RULES["epochs"],
    "tempo": POSITIVE,
    "sharpen": FLAG,
    "n_phase_iter": whole(1),
}


class GRUSynthesizer(Versioned, BaseEstimator):
    """Speak texts in the voices of recordings.

    From recordings and what is said in them, it learns how long each token lasts and how it sounds
    between its neighbours. A text then becomes log-mel frames, by a bidirectional GRU, and these a
    waveform. A few minutes of speech with few different words are enough.

    Parameters
    ----------
    rate : float, default=8000
        Samples a second of the recordings and of the answers, in Hz. Nothing is resampled.
    n_mels : int, default=40
        Bands of a frame.
    window : float, default=0.032
        Length of the (Hann) window of a frame, in seconds.
    hop : float, default=0.008
        Seconds from one frame to the next; at most half of `window`.
    top_db : float, default=60.0
        Power that lies more than so many decibels under the largest of its recording is taken to
        lie there.
    level : {"char", "word"} or None, default="char"
        What a token is: a character of a string; a word of a string, between spaces; or, with None,
        a label of a sequence of labels, such as phonemes.
    frames_per_step : int, default=2
        Consecutive frames that the network answers at once.
    units : int, default=96
        Hidden units of each GRU layer, in each direction.
    n_layers : int, default=1
        GRU layers.
    embedding_units : int or None, default=96
        Width of a dense relu layer between the description of a step and the GRU. None is none.
    context_length : int or None, default=5
        Embedded steps around each one that a second dense relu layer reads. None is none.
    weight_decay : float, default=0.0
        Decoupled decay of all kernels, biases excepted, as in AdamW.
    clipnorm : float or None, default=1.0
        Largest norm of the gradient of one update. None does not clip.
    epochs : int or "auto", default="auto"
        Passes over the recordings; ``"auto"`` aims at 3,000 updates of the weights, within 10 to
        200 passes.
    alignment_epochs : int or "auto", default="auto"
        The same for the `GRUTranscriber` that finds when each token is said.
    batch_size : int, default=16
        Recordings to an update.
    learning_rate : float, default=0.004
        Largest step size of AdamW; it falls to zero along a cosine.
    tempo : float, default=1.0
        How fast to speak: 2 is twice as fast. May be set after `fit`, as may the next two.
    sharpen : bool, default=True
        Let each band of an answer vary as much as in recordings of its voice [2]_. What a network
        answers by itself is a mean of many recordings, and blurred.
    n_phase_iter : int, default=32
        Iterations that look for phases that fit together [3]_.
    max_time : float or None, default=None
        Seconds that the two trainings of a `fit` may take: the alignment half of them, the voice
        what is left. Each gets an update at least, and its learning rate goes to zero.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness: of training, and of the phases that each answer begins with.
    verbose : int, default=0
        1 shows the progress of both trainings, 2 prints a line an epoch.

    Attributes
    ----------
    classes_ : ndarray, shape (n_tokens,)
        All tokens of the texts, in order.
    speakers_ : ndarray, shape (n_speakers,)
        Labels of all speakers, in order; one empty string where none was named.
    default_speaker_ : object
        Who speaks when nobody is asked for: the one with most recordings, the first in order of
        those.
    alignment_ : list of ndarray of int, shape (n_tokens of the text,)
        Frames that each token of each training recording lasts.
    model_ : TrainedSynthesizer
        The network and what stands around it.
    n_iter_ : int
        Epochs trained.
    loss_curve_ : list of float
        Mean squared error of a scaled frame in each epoch.
    stop_reason_ : str
        Why training ended: ``"max_time"`` or ``"interrupted"`` if either training was cut short,
        else ``"epochs"``.

    See Also
    --------
    GRUTranscriber : From recordings to texts.
    LogMel : The frames.

    Notes
    -----
    1. A `GRUTranscriber` is trained on the same recordings. The likeliest of its paths that read as
       the text says when each token is said; blanks go to the tokens beside them. It takes no part
       where every text is one token, and a recording too short for it is divided evenly.
    2. A ridge regression learns the logarithm of each duration from the token, its neighbours, its
       place and the speaker.
    3. The network reads a description of each step: token, neighbours, speaker, and how far token
       and utterance have got. It answers frames, in units of each band's standard deviation, by
       least squares [1]_.
    4. The power at each frequency is that which fits the bands best, and the fast Griffin-Lim
       algorithm finds the phases.

    All recordings are brought to one loudness first, and the answers have one: a root mean square
    of 0.1. Training and answers take one CPU thread and neither Keras nor JAX; frames, phases and
    `score` need librosa, in the extra ``speech``.

    Interrupting `fit` (Ctrl-C) ends the training it is in with a warning, keeps what was reached,
    and goes on; a second interruption ends the second training likewise. A `fit` that fails leaves
    the estimator as it was.

    References
    ----------
    .. [1] Wu, Z., Watts, O. & King, S. (2016). Merlin: an open source neural network speech
       synthesis system. 9th ISCA Speech Synthesis Workshop.
    .. [2] Toda, T. & Tokuda, K. (2007). A speech parameter generation algorithm considering global
       variance for HMM-based speech synthesis. IEICE Transactions E90-D (5).
    .. [3] Perraudin, N., Balazs, P. & Søndergaard, P. L. (2013). A fast Griffin-Lim algorithm.
       IEEE Workshop on Applications of Signal Processing to Audio and Acoustics.

    Examples
    --------
    A voice in which "a" is a low tone and "b" a high one:

    >>> import numpy as np
    >>> from skgru import GRUSynthesizer
    >>> time = np.arange(800) / 8000
    >>> tones = {"a": np.sin(2 * np.pi * 500 * time), "b": np.sin(2 * np.pi * 2000 * time)}
    >>> texts = ["ab", "ba", "aba", "bab"] * 5
    >>> waves = [np.concatenate([tones[letter] for letter in text]) for text in texts]
    >>> model = GRUSynthesizer(rate=8000, units=16, embedding_units=16, epochs=20, random_state=0)
    >>> (wave,) = model.fit(texts, waves).predict(["abba"])
    >>> round(len(wave) / 8000, 1)
    0.4
    """

    model_: TrainedSynthesizer
    n_iter_: int
    loss_curve_: list[float]
    stop_reason_: str

    def __init__(
        self,
        rate=8000,
        *,
        n_mels=40,
        window=0.032,
        hop=0.008,
        top_db=60.0,
        level="char",
        frames_per_step=2,
        units=96,
        n_layers=1,
        embedding_units=96,
        context_length=5,
        weight_decay=0.0,
        clipnorm=1.0,
        epochs="auto",
        alignment_epochs="auto",
        batch_size=16,
        learning_rate=0.004,
        tempo=1.0,
        sharpen=True,
        n_phase_iter=32,
        max_time=None,
        random_state=None,
        verbose=0,
    ) -> None:
        self.rate = rate
        self.n_mels = n_mels
        self.window = window
        self.hop = hop
        self.top_db = top_db
        self.level = level
        self.frames_per_step = frames_per_step
        self.units = units
        self.n_layers = n_layers
        self.embedding_units = embedding_units
        self.context_length = context_length
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.alignment_epochs = alignment_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.tempo = tempo
        self.sharpen = sharpen
        self.n_phase_iter = n_phase_iter
        self.max_time = max_time
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ training

    def fit(self, X, y, speakers=None) -> Self:
        """Learn to speak.

        Parameters
        ----------
        X : list of str or list of sequences of labels
            What is said in each recording, see `level`.
        y : list of array-like, each of shape (n_samples,) or (n_samples, n_channels)
            Recordings, in the forms that `LogMel` takes.
        speakers : array-like of shape (n_recordings,), optional
            Who says it: labels of any one type. None is one voice for all.

        Returns
        -------
        GRUSynthesizer
            This estimator.

        Raises
        ------
        ImportError
            Without librosa.
        TypeError
            If `X` is of another kind.
        ValueError
            If a parameter is out of its range, a text is empty or longer than its recording has
            steps, `X`, `y` and `speakers` differ in length, a recording is not finite, or the
            training diverges.
        """
        analysis = self._check()
        limit = TimeLimit(self.max_time)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        texts = _texts.split(X, self.level)
        _texts.refuse_unequal(len(texts), y)
        alphabet = _transcripts.learn(texts, self.level)
        speakers, voices = _speakers.learn(speakers, len(texts))
        frames = self._listen(y)
        n_steps = -(-frames.lengths // self.frames_per_step)
        labels = _transcripts.encode(texts, alphabet)
        _texts.refuse_crowded(labels, n_steps)
        lasts, reasons = self._align(frames, labels, n_steps, seed, limit)
        scaling = _frames.learn_scaling(frames, np.arange(len(frames)))
        frames.values[:] = _frames.scale(scaling, frames.values)
        lines = Lines(len(alphabet), len(speakers.labels))
        utterances = list(map(lines.describe, labels, lasts, voices))
        spec, weights, history = self._train(utterances, frames, seed, limit)
        answers = _posteriors.outputs(spec, weights, utterances)
        self.model_ = TrainedSynthesizer(
            spec=spec,
            weights=weights,
            scaling=scaling,
            contrast=_voice.contrast(frames, answers, voices, len(speakers.labels)),
            durations=_durations.learn(labels, lasts, voices),
            alphabet=alphabet,
            speakers=speakers,
            analysis=analysis,
            seed=seed,
        )
        self.classes_, self.speakers_ = alphabet.classes, speakers.labels
        self.default_speaker_ = speakers.labels.tolist()[speakers.default]
        self.alignment_ = _in_frames(lasts, frames.lengths, int(self.frames_per_step))
        self.loss_curve_, self.n_iter_ = history.loss, len(history.loss)
        self.stop_reason_ = one_reason([history.stop_reason, *reasons])
        return self

    def _check(self) -> Analysis:
        """How frames are made, if all parameters hold together."""
        apply(RULES, self)
        analysis = self._log_mel()._analysis()
        if analysis.hop > len(analysis.window) // 2:
            raise ValueError(
                "Windows must overlap by half at least, or no waveform follows from their spectra; "
                f"got hop={self.hop} and window={self.window}."
            )
        return analysis

    def _log_mel(self) -> LogMel:
        return LogMel(
            self.rate,
            n_mels=self.n_mels,
            window=self.window,
            hop=self.hop,
            top_db=self.top_db,
            remove_mean=False,
        )

    def _listen(self, y) -> Frames:
        """Frames of recordings, all of one loudness."""
        frames = _frames.read(list(self._log_mel().transform(y)))
        for i in range(len(frames)):
            frames[i][:] -= np.log(np.exp(frames[i]).sum(axis=1).mean())
        return frames

    def _align(
        self, frames: Frames, labels, n_steps, seed: int, limit: TimeLimit
    ) -> tuple[list[np.ndarray], list[str]]:
        """Steps that each token of each recording lasts, and why what was trained for it ended.

        The network that is trained after it is as large, so half of the time is for this one.
        """
        roomy = [i for i, own in enumerate(labels) if _ctc.steps_needed(own) <= n_steps[i]]
        lasts = list(map(_alignment.split_evenly, n_steps.tolist(), map(len, labels)))
        if not roomy or max(map(len, labels)) == 1:
            return lasts, []
        listener = GRUTranscriber(
            units=self.units,
            embedding_units=self.embedding_units,
            context_length=self.context_length,
            frame_stacking=self.frames_per_step,
            level=None,
            epochs=self.alignment_epochs,
            batch_size=self.batch_size,
            max_time=limit.part(2).left,
            random_state=seed,
            verbose=self.verbose,
        )
        heard = [frames[i] - frames[i].mean(axis=0) for i in roomy]
        listener.fit(heard, [labels[i].tolist() for i in roomy])
        for i, p in zip(roomy, listener.predict_proba(heard)):
            log_p = np.log(np.maximum(p, _TINY))
            lasts[i] = _alignment.align(log_p, np.searchsorted(listener.classes_, labels[i]))
        return lasts, [listener.stop_reason_]

    def _train(self, utterances: list[np.ndarray], wanted: Frames, seed: int, limit: TimeLimit):
        """A network that answers the wanted frames: its spec, weights and history."""
        rng = np.random.default_rng([seed, 0])
        together = int(self.frames_per_step)
        spec = self._choose_spec(utterances[0].shape[1], wanted.values.shape[1])
        read, rows = _frames.read(utterances), np.arange(len(utterances))
        answers = [_spectra.stack(wanted[i], together) for i in range(len(wanted))]
        corpus = Corpus(read, read.lengths.astype(np.int32), answers)
        settings = OptimizerSettings(
            weight_decay=float(self.weight_decay), clipnorm=float(self.clipnorm or 0)
        )
        batch_size = min(int(self.batch_size), len(rows))
        epochs = _fitting.epochs(self.epochs, len(rows), batch_size)
        schedule = WarmedUp(epochs, batch_size, float(self.learning_rate), "cosine", WARM_UP)
        progress = Progress(type(self).__name__, epochs, self.verbose)

        def after_epoch(epoch: int, history: History) -> bool:
            progress.show(epoch, history.loss[-1], None)
            return False

        try:
            engine = FrameEngine(spec, _initial.draw(spec, rng), corpus, rows, settings, seed)
            weights, history = _training.train(
                engine, corpus.n_steps, schedule, rng, after_epoch=after_epoch, limit=limit
            )
            progress.end(len(history.loss), history.stop_reason)
        finally:
            progress.close()
        return spec, weights, history

    def _choose_spec(self, n_channels: int, n_mels: int) -> GRUSpec:
        embedded = self.embedding_units is not None
        require_memory_for_layers(self.n_layers, self.units, _parameters.LESS)
        spec = GRUSpec(
            n_channels=n_channels,
            n_outputs=n_mels * int(self.frames_per_step),
            units=(int(self.units),) * int(self.n_layers),
            bidirectional=True,
            pooling=("none",),
            embedding_units=int(self.embedding_units or 0),
            loss="squared_error",
            context_length=int(self.context_length or 0) if embedded else 0,
            batch_norm=embedded,
        )
        require_memory_for_network(
            (weight.shape for weight in spec.weight_shapes()), _parameters.LESS
        )
        return spec

    # ------------------------------------------------------------------ speaking

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def predict(self, X, speakers=None) -> list[np.ndarray]:
        """Speak texts.

        Parameters
        ----------
        X : list of str or list of sequences of labels
            What to say.
        speakers : label or array-like of shape (n_texts,), optional
            Whose voice: one of `speakers_`, for all texts or for each. None is
            `default_speaker_`.

        Returns
        -------
        list of ndarray of float32, shape (n_samples,)
            Waveforms at `rate`, within [-1, 1].

        Raises
        ------
        ImportError
            Without librosa.
        ValueError
            If a text is empty or holds a token that no training text has, or a speaker is unknown.
        """
        model = self._ready()
        return [
            _vocoder.waveform(frames, model.analysis, int(self.n_phase_iter), model.seed)
            for frames in self.predict_frames(X, speakers)
        ]

    def predict_frames(self, X, speakers=None) -> list[np.ndarray]:
        """The frames of texts, before they become waveforms.

        Parameters
        ----------
        X : list of str or list of sequences of labels
            What to say.
        speakers : label or array-like of shape (n_texts,), optional
            Whose voice, as for `predict`.

        Returns
        -------
        list of ndarray of float32, shape (n_frames, n_mels)
            Natural logarithms of the power in each band, a frame every `hop` seconds, scaled to a
            mean power of about 1.
        """
        model = self._ready()
        labels, voices = self._read(X, speakers)
        lines = Lines(len(model.alphabet), len(model.speakers.labels))
        utterances = [
            lines.describe(own, self._steps(own, voice), voice)
            for own, voice in zip(labels, voices)
        ]
        return list(model.frames(utterances, voices, sharpen=bool(self.sharpen)))

    def predict_durations(self, X, speakers=None) -> list[np.ndarray]:
        """How long each token of texts will last.

        Parameters
        ----------
        X : list of str or list of sequences of labels
            What to say.
        speakers : label or array-like of shape (n_texts,), optional
            Whose voice, as for `predict`.

        Returns
        -------
        list of ndarray of int, shape (n_tokens of the text,)
            In frames.
        """
        frames_per_step = self._ready().frames_per_step
        return [
            self._steps(own, voice) * frames_per_step
            for own, voice in zip(*self._read(X, speakers))
        ]

    def score(self, X, y, speakers=None) -> float:
        """Minus the mel-cepstral distortion between texts spoken and recordings of them.

        Parameters
        ----------
        X : list of str or list of sequences of labels
            Texts.
        y : list of array-like, each of shape (n_samples,) or (n_samples, n_channels)
            A recording of each.
        speakers : label or array-like of shape (n_texts,), optional
            Whose voice, as for `predict`.

        Returns
        -------
        float
            In decibels, 0 at best: the mean distance of the cepstra 1 to 12 of the frames, each
            text and its recording aligned by dynamic time warping. It compares voices and
            settings on the same recordings, and says nothing of phases.
        """
        spoken = self.predict_frames(X, speakers)
        now, then = (vars(a) for a in (self._log_mel()._analysis(), self.model_.analysis))
        if not all(np.array_equal(now[name], then[name]) for name in then):
            raise ValueError(
                "Recordings are compared in the frames of the fit, and since then `rate`, "
                "`n_mels`, `window`, `hop` or `top_db` have changed. Set them back, or fit again."
            )
        _texts.refuse_unequal(len(spoken), y)
        recorded = self._listen(y)
        return -float(np.mean([_distance.distortion(a, recorded[i]) for i, a in enumerate(spoken)]))

    def _ready(self) -> TrainedSynthesizer:
        check_is_fitted(self)
        apply(RULES, self)
        return self.model_

    def _read(self, X, speakers) -> tuple[list[np.ndarray], np.ndarray]:
        """Token numbers of texts, and the number of the voice of each."""
        labels = _texts.read(X, self.model_.alphabet)
        return labels, self.model_.speakers.encode(speakers, len(labels))

    def _steps(self, labels: np.ndarray, voice: int) -> np.ndarray:
        return self.model_.durations.predict(labels, voice, float(self.tempo))

    # ------------------------------------------------------------------ scikit-learn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _in_frames(lasts: list[np.ndarray], lengths: np.ndarray, together: int) -> list[np.ndarray]:
    """Steps -> frames; the last step of a recording may hold fewer than the others."""
    frames = [steps * together for steps in lasts]
    for own, n in zip(frames, lengths.tolist()):
        own[-1] -= own.sum() - n
    return frames
