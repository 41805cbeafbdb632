"""GRUSeq2Seq."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._blas_threads import one_thread
from skgru._checkpoint import NOWHERE, Checkpoint, find_checkpoint
from skgru._memory import require_memory_for_network
from skgru._time_limit import TimeLimit
from skgru._versioned import Versioned
from skgru.text import (
    _beam,
    _documents,
    _parameters,
    _seq2seq_fitting,
    _seq2seq_reading,
    _sides,
)
from skgru.text import _seq2seq_recipe as _recipe
from skgru.text._course import Course
from skgru.text._pairs import Pairs
from skgru.text._progress import Progress
from skgru.text._recipe import SMALL_VOCABULARY
from skgru.text._schedule import Schedule
from skgru.text._seq2seq_fitting import Stopping, TrainedSeq2Seq
from skgru.text._seq2seq_model import Seq2SeqSpec, draw
from skgru.text._seq2seq_training import Seq2SeqEngine, Settings
from skgru.text._sides import Numbers, Vocabularies


class Alignment(NamedTuple):
    """Where the decoder looked, a row for each token that it wrote, a column for each it read.

    Attributes
    ----------
    source, target : list
        Tokens; the last of either is the end, ``""``.
    weights : ndarray of float32, shape (n_target, n_source)
        Rows sum to 1.
    """

    source: list
    target: list
    weights: np.ndarray


class GRUSeq2Seq(Versioned, BaseEstimator):
    r"""Learn from pairs of texts to write the second one of a pair when given the first.

    Translation, summaries, one form for dates or numbers: whatever turns a text into another one.

    Parameters
    ----------
    level : {"char", "word"}, tokenizer or a pair of these, default="char"
        What a token is: a character (Unicode code point); a word, punctuation mark or empty line;
        or what the ``encode(text)`` of an object returns as whole numbers and its
        ``decode(numbers)`` turns back into text. A pair gives sources and targets a level each.
    units : int, default=128
        Hidden units of each layer of the decoder. Each layer of the encoder has half as many in
        either direction.
    embedding_units : int, default=64
        Length of a token's vector.
    n_layers : int, default=1
        GRU layers of encoder and decoder.
    attention : bool, default=True
        Whether the decoder looks back at every token of the source [2]_, rather than remember all
        of it in one vector [1]_.
    beam_width : int, default=4
        Beginnings that are kept while a target is written; 1 always takes the likeliest token.
    length_penalty : float, default=1.0
        How much long targets are favoured over short ones: the power of equation 14 in [3]_. With 0
        the most probable target is sought.
    max_length : int or "auto", default="auto"
        Most tokens to write. ``"auto"`` is half more than the longest target seen in training, and
        in proportion more for a source that is longer than all of those.
    max_vocabulary : int or None, default=None
        Keep the most frequent tokens only, of sources as of targets; the others become one, the
        unknown token, which is read but never written.
    dropout : float in [0, 1), default=0.0
        Share of every layer's outputs that is dropped during training.
    epochs : int or "auto", default="auto"
        Passes over the pairs; ``"auto"`` aims at 800 updates of the weights, within 10 to 200
        passes.
    batch_size : int or "auto", default="auto"
        Pairs to an update; ``"auto"`` is 64, fewer where there are fewer than 1,024 pairs.
    learning_rate : float, default=0.004
        Largest step size of Adam: it is reached in a short rise and falls to zero along a cosine.
    label_smoothing : float in [0, 1), default=0.0
        Share of the wanted probability that is spread over all tokens.
    clipnorm : float or None, default=1.0
        Largest norm of the gradient of one update. None does not clip.
    early_stopping : bool, default=False
        Hold out `validation_fraction` of the pairs, keep the weights under which they are
        likeliest, and stop when `n_iter_no_change` passes in a row bring no gain.
    validation_fraction : float in (0, 1), default=0.1
        Share of the pairs held out for early stopping.
    n_iter_no_change : int, default=5
        Passes without gain that end the training.
    max_time : float or None, default=None
        Seconds that a `fit` or `partial_fit` may take. The update in which they run out is the
        last one. Where they will not do for all epochs, the learning rate goes to zero in the last
        fifth of the time [4]_.
    checkpoint_dir : str, Path or None, default=None
        A folder where `fit` keeps its state, every ten seconds or so and at the end. The same fit,
        of equal parameters and data, goes on from there if it was cut off, by `max_time` too, which
        then leaves the learning rate alone; one that was done returns at once. Needs a whole number
        as `random_state`.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness: first weights, order of pairs, dropout, pairs held out.
    verbose : int, default=0
        1 shows the progress.

    Attributes
    ----------
    source_tokens_, target_tokens_ : ndarray of object
        All tokens of either side: the end of a text (``""``), the unknown token (``"\ufffd"``, for
        words ``"<unk>"``), then those of the texts in order. With a tokenizer they are its numbers,
        the end is -2 and the unknown token -1.
    model_ : TrainedSeq2Seq
        The network: ``model_.spec``, its sizes, and ``model_.weights``, NumPy arrays.
    n_iter_ : int
        Passes over the pairs, one that was interrupted included.
    loss_curve_ : list of float
        Mean training loss of each pass, in nats per token.
    validation_score_curve_ : list of float or None
        Mean log-likelihood of a held-out token after each pass, with `early_stopping`.
    stop_reason_ : str
        Why the training ended: ``"epochs"``, ``"early_stopping"``, ``"max_time"`` or
        ``"interrupted"``.

    See Also
    --------
    GRULanguageModel : Texts that go on, without a source.
    make_text_scorer : BLEU, chrF and ROUGE for ``GridSearchCV`` and ``cross_val_score``.

    Notes
    -----
    A bidirectional GRU reads the source. A second GRU starts from a projection of its last states
    and reads the target one token behind; its states look at the encoder's by "general" dot-product
    attention [2]_, divided by the root of the width, and context and state together, through a
    layer of tanh, give the scores of all tokens. Above 1,000 target tokens the output shares the
    table of the target's embedding. The cell is that of Keras' ``GRU(reset_after=True)``; neither
    Keras nor JAX is needed.

    Texts of like length share a batch, and what fills the shorter ones up never reaches a result.
    Except among characters, source tokens that occur once in the training pairs are shown as
    unknown half of the time, so that the model knows what to make of a new word. Training uses as
    many threads as BLAS may, with the same result.

    Words are written spaced as prose is, whatever their spacing in the training targets was.

    Interrupting `fit` (Ctrl-C) ends it with a warning and keeps what was learnt until then. A `fit`
    that fails leaves the estimator as it was.

    References
    ----------
    .. [1] Sutskever, I., Vinyals, O. & Le, Q. V. (2014). Sequence to sequence learning with neural
       networks. NeurIPS.
    .. [2] Luong, T., Pham, H. & Manning, C. D. (2015). Effective approaches to attention-based
       neural machine translation. EMNLP. Equations 5, 7 and 8, without input feeding.
    .. [3] Wu, Y. et al. (2016). Google's neural machine translation system. arXiv:1609.08144.
    .. [4] Hägele, A. et al. (2024). Scaling laws and compute-optimal training beyond fixed training
       durations. NeurIPS.

    Examples
    --------
    >>> from skgru import GRUSeq2Seq
    >>> X, y = ["ein", "zwei", "drei", "vier"] * 9, ["one", "two", "three", "four"] * 9
    >>> model = GRUSeq2Seq(units=32, random_state=0).fit(X, y)
    >>> model.predict(["drei", "zwei"])
    array(['three', 'two'], dtype=object)
    >>> model.score(X, y)
    1.0
    """

    n_iter_: int
    loss_curve_: list[float]
    stop_reason_: str
    model_: TrainedSeq2Seq
    _longest: list[int]  # source and target, in tokens

    _transient = ("_moments",)

    def __init__(
        self,
        level="char",
        *,
        units=128,
        embedding_units=64,
        n_layers=1,
        attention=True,
        beam_width=4,
        length_penalty=1.0,
        max_length="auto",
        max_vocabulary=None,
        dropout=0.0,
        epochs="auto",
        batch_size="auto",
        learning_rate=0.004,
        label_smoothing=0.0,
        clipnorm=1.0,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        max_time=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ) -> None:
        self.level = level
        self.units = units
        self.embedding_units = embedding_units
        self.n_layers = n_layers
        self.attention = attention
        self.beam_width = beam_width
        self.length_penalty = length_penalty
        self.max_length = max_length
        self.max_vocabulary = max_vocabulary
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.clipnorm = clipnorm
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ training

    def fit(self, X, y) -> Self:
        """Learn to turn sources into targets.

        Parameters
        ----------
        X : iterable of str
            Sources.
        y : iterable of str
            The target of each.

        Returns
        -------
        GRUSeq2Seq
            This estimator.

        Raises
        ------
        TypeError
            If something in `X` or `y` is no string.
        ValueError
            If a parameter is out of its range, `X` and `y` differ in number or are empty, or the
            training diverges.
        """
        return self._fit(X, y, fresh=True)

    def partial_fit(self, X, y) -> Self:
        """Read further pairs once, at a constant rate; the tokens are those of the first call.

        Parameters
        ----------
        X : iterable of str
            Sources.
        y : iterable of str
            The target of each.

        Returns
        -------
        GRUSeq2Seq
            This estimator.
        """
        return self._fit(X, y, fresh=not self.__sklearn_is_fitted__(), once=True)

    def _fit(self, X, y, fresh: bool, once: bool = False):
        self._check(*sorted(self.get_params(deep=False).keys() & _parameters.SEQ2SEQ_RULES.keys()))
        limit = TimeLimit(self.max_time, hurries=self.checkpoint_dir is None)
        texts = _sides.read(X, y)
        vocabularies = (
            _sides.learn(self.level, *texts, self.max_vocabulary) if fresh else self._vocabularies
        )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return self._train(vocabularies, vocabularies.encode(*texts), seed, fresh, once, limit)

    def _check(self, *names: str) -> None:
        values = {name: getattr(self, name) for name in names}
        _parameters.check(type(self).__name__, _parameters.SEQ2SEQ_RULES, **values)

    def _train(
        self,
        vocabularies: Vocabularies,
        numbers: Numbers,
        seed: int,
        fresh: bool,
        once: bool,
        limit: TimeLimit,
    ):
        """Run the training and store what comes of it."""
        done = 0 if fresh else self.n_iter_
        rng = np.random.default_rng([seed, done])
        spec, stopping = self._choose_spec(*vocabularies), None
        if not fresh and spec != self.model_.spec:
            raise ValueError(
                f"Training goes on with the fitted sizes {self.model_.spec}, but the parameters "
                f"now ask for {spec}. Set them back, or call fit."
            )
        checkpoint = NOWHERE if once else self._find_checkpoint(spec, vocabularies, numbers)
        if self.early_stopping and not once:
            numbers, held = _sides.hold_out(numbers, float(self.validation_fraction), rng)
            stopping = Stopping(_mean_likelihood(spec, held), self.n_iter_no_change)
        with one_thread:
            counts = vocabularies.target.counts
            parameters = draw(spec, counts, rng) if fresh else self.model_.parameters
        rows = _recipe.batch_size(self.batch_size, len(numbers[0]))
        sources, targets = numbers
        pairs = Pairs(sources, targets, rows, vocabularies.find_rare(len(sources)))
        moments = self.__dict__.get("_moments") if once and not fresh else None
        engine = Seq2SeqEngine(spec, parameters, rows, self._settings(), [seed, done], moments)
        n_batches = -(-len(pairs) // rows)
        epochs = 1 if once else _recipe.epochs(self.epochs, n_batches)
        schedule = Schedule(epochs, n_batches, float(self.learning_rate), constant=once)
        progress = Progress(type(self).__name__, epochs, len(pairs), self.verbose)
        best, course = _seq2seq_fitting.train(
            engine, pairs, schedule, rng, progress, stopping, limit, checkpoint
        )
        self._store(vocabularies, TrainedSeq2Seq(spec, best), course, fresh)
        longest = [max(map(len, side)) for side in numbers]
        self._longest = longest if fresh else [max(pair) for pair in zip(longest, self._longest)]
        self._moments = engine.moments if once else None
        return self

    def _store(self, vocabularies, model: TrainedSeq2Seq, course: Course, fresh: bool) -> None:
        self._vocabularies, self.model_ = vocabularies, model
        self.source_tokens_, self.target_tokens_ = (v.classes for v in vocabularies)
        self.loss_curve_ = ([] if fresh else self.loss_curve_) + course.losses
        self.n_iter_ = len(self.loss_curve_)
        self.validation_score_curve_ = course.scores or None
        self.stop_reason_ = course.stop_reason

    def _find_checkpoint(self, spec, vocabularies: Vocabularies, numbers: Numbers) -> Checkpoint:
        """Where the state of this fit is kept; of `level` counts what it makes of the texts."""
        learnt = [(type(v.splitter).__name__, v.classes.tolist(), v.counts) for v in vocabularies]
        without = ("level", "beam_width", "length_penalty", "max_length")
        return find_checkpoint(self, "cpu", repr(spec), learnt, numbers, without=without)

    def _settings(self) -> Settings:
        return Settings(float(self.dropout), float(self.clipnorm or 0), float(self.label_smoothing))

    def _choose_spec(self, source, target) -> Seq2SeqSpec:
        spec = Seq2SeqSpec(
            n_source_tokens=len(source),
            n_target_tokens=len(target),
            embedding_units=int(self.embedding_units),
            units=int(self.units),
            n_layers=int(self.n_layers),
            attention=bool(self.attention),
            tied=len(target) > SMALL_VOCABULARY,
        )
        require_memory_for_network(
            spec.shapes.values(), "lower units, n_layers, embedding_units or max_vocabulary"
        )
        return spec

    # ------------------------------------------------------------------ writing

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def _search(self, X, k: int = 1) -> list[list[_beam.Found]]:
        """The best targets of each source, with a beam for at least k."""
        check_is_fitted(self)
        self._check("beam_width", "length_penalty", "max_length")
        sources = [self._vocabularies.source.encode(text) for text in _documents.read(X)]
        lengths = np.array([len(source) for source in sources], int)
        if self.max_length == "auto":
            limits = _recipe.limits(lengths, *self._longest)
        else:
            limits = np.full(len(sources), int(self.max_length))
        how = _beam.Search(max(k, int(self.beam_width)), float(self.length_penalty))
        return _beam.search(self.model_.weights, sources, limits, how)

    def predict(self, X) -> np.ndarray:
        """Write the best target of each source that beam search finds.

        Parameters
        ----------
        X : iterable of str
            Sources; one string is one source.

        Returns
        -------
        ndarray of object, shape (n_sources,)
            Strings.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        found = self._search(X)
        out = np.empty(len(found), object)
        out[:] = [self._vocabularies.target.decode(targets[0].tokens) for targets in found]
        return out

    def suggest(self, X, k=5) -> list[list[tuple[str, float]]]:
        """The best targets of each source with the logarithms of their probabilities.

        Parameters
        ----------
        X : iterable of str
            Sources.
        k : int, default=5
            How many; the beam is at least as wide.

        Returns
        -------
        list of list of (str, float)
            For each source up to k different targets, the one that `predict` prefers first, with
            nats as `score_samples` counts them.
        """
        _parameters.check("suggest", k=k)
        out = []
        for targets in self._search(X, int(k)):
            best: dict[str, float] = {}
            for target in targets:
                text = self._vocabularies.target.decode(target.tokens)
                best.setdefault(text, target.log_probability)
            out.append(list(best.items())[:k])
        return out

    # ------------------------------------------------------------------ reading

    def score_samples(self, X, y) -> np.ndarray:
        """Logarithm of the probability of each target, given its source.

        Parameters
        ----------
        X : iterable of str
            Sources.
        y : iterable of str
            The target of each.

        Returns
        -------
        ndarray of float64, shape (n_pairs,)
            Nats, summed over a target's tokens and its end.
        """
        check_is_fitted(self)
        numbers = self._vocabularies.encode(*_sides.read(X, y))
        return _seq2seq_reading.log_likelihood(self.model_.weights, *numbers)

    def score(self, X, y, sample_weight=None) -> float:
        """Share of the sources whose predicted target is the wanted one, to the character.

        Parameters
        ----------
        X : iterable of str
            Sources.
        y : iterable of str
            The target of each.
        sample_weight : array-like of shape (n_pairs,), default=None
            Weight of each pair.

        Returns
        -------
        float
            From 0 to 1. See `make_text_scorer` for measures that give credit for a part.
        """
        X, y = _sides.read(X, y)
        return float(accuracy_score(y, self.predict(X).tolist(), sample_weight=sample_weight))

    def align(self, source, target=None) -> Alignment:
        """Where the decoder looked while it wrote a target.

        Parameters
        ----------
        source : str
            What was read.
        target : str or None, default=None
            What was written; None takes the predicted target.

        Returns
        -------
        Alignment
            Named tuple of the tokens of `source` and `target`, each with the end (``""``) as its
            last, and of `weights`, float32 of shape (n_target, n_source), whose rows sum to 1.

        Raises
        ------
        ValueError
            If the model was fitted without attention.
        """
        check_is_fitted(self)
        for name, text in {"source": source, "target": target or ""}.items():
            if not isinstance(text, str):
                raise TypeError(f"`{name}` must be one string. Got {text!r}.")
        if not self.model_.spec.attention:
            raise ValueError(
                "There is nothing to align: the model was fitted with attention=False."
            )
        if target is None:
            ((best, *_),) = self._search(source)
            written = best.tokens
        else:
            written = self._vocabularies.target.encode(target)
        read = self._vocabularies.source.encode(source)
        weights = _seq2seq_reading.shares(self.model_.weights, read, written)
        return Alignment(
            [*self.source_tokens_[read], ""], [*self.target_tokens_[written], ""], weights
        )

    # ------------------------------------------------------------------ scikit-learn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _mean_likelihood(spec: Seq2SeqSpec, pairs):
    """A function of parameters: the log-likelihood of a token of the targets."""
    n_tokens = sum(len(target) + 1 for target in pairs[1])
    return lambda p: float(_seq2seq_reading.log_likelihood(spec.view(p), *pairs).sum() / n_tokens)
