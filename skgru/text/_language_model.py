"""GRULanguageModel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgru._blas_threads import one_thread
from skgru._checkpoint import NOWHERE, Checkpoint, find_checkpoint
from skgru._memory import require_memory, require_memory_for_network
from skgru._time_limit import TimeLimit
from skgru._versioned import Versioned
from skgru.text import _documents, _fitting, _parameters, _reading, _recipe, _tokens
from skgru.text._fitting import TrainedLanguageModel
from skgru.text._model import LanguageSpec, draw
from skgru.text._progress import Progress
from skgru.text._schedule import Schedule
from skgru.text._streams import Streams
from skgru.text._training import Settings
from skgru.text._writer import Writer

# Of a shorter text no token is given up to learn what an unknown one is.
_SHORT_TEXT = 1000


class GRULanguageModel(Versioned, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Learn from text what comes next, and write more of it.

    Parameters
    ----------
    level : {"char", "word"} or tokenizer, default="char"
        What a token is: a character (Unicode code point); a word, punctuation mark or empty line;
        or what the ``encode(text)`` of an object returns as whole numbers and its
        ``decode(numbers)`` turns back into text.
    units : int, default=256
        Hidden units of each GRU layer.
    n_layers : int, default=1
        GRU layers.
    embedding_units : int or "auto", default="auto"
        Length of a token's vector; ``"auto"`` is 64 up to 1,000 tokens, else 128.
    tied : bool or "auto", default="auto"
        Whether the output weighs tokens by the vectors they are read with [2]_, which makes a large
        vocabulary cheap. ``"auto"`` does so above 1,000 tokens.
    max_vocabulary : int or None, default=None
        Keep the most frequent tokens only; the others become one, the unknown token.
    dropout : float in [0, 1), default=0.0
        Share of every layer's outputs that is dropped during training.
    recurrent_dropout : float in [0, 1), default=0.0
        Share of the recurrent weights that is dropped during training, drawn anew for every
        update [3]_.
    epochs : int or "auto", default="auto"
        Passes over the text; ``"auto"`` aims at 1,200 updates of the weights, within 4 to 200
        passes.
    batch_size : int or "auto", default="auto"
        Streams that are read side by side; ``"auto"`` is 64, fewer where there is less text.
    sequence_length : int, default=32
        Steps between two updates, which is also how far back a gradient reaches. The state is
        carried on from one to the next.
    learning_rate : float, default=0.004
        Largest step size of Adam: it is reached in a short rise and falls to zero along a cosine.
    clipnorm : float or None, default=1.0
        Largest norm of the gradient of one update. None does not clip.
    max_time : float or None, default=None
        Seconds that a `fit` or `partial_fit` may take. The update in which they run out is the
        last one. Where they will not do for all epochs, the learning rate goes to zero in the last
        fifth of the time [5]_.
    checkpoint_dir : str, Path or None, default=None
        A folder where `fit` keeps its state, every ten seconds or so and at the end. The same fit,
        of equal parameters and data, goes on from there if it was cut off, by `max_time` too, which
        then leaves the learning rate alone; one that was done returns at once. Needs a whole number
        as `random_state`.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness, of training and of writing.
    verbose : int, default=0
        1 shows the progress of the training, 2 also what the model writes after each epoch.

    Attributes
    ----------
    classes_ : ndarray of object, shape (n_tokens,)
        All tokens: the end of a document (``""``), the unknown token (``"\ufffd"``, for words
        ``"<unk>"``), then those of the text in order. With a tokenizer they are its numbers, the
        end is -2 and the unknown token -1.
    vocabulary_ : dict
        Token -> its place in `classes_`.
    model_ : TrainedLanguageModel
        The network: ``model_.spec``, its sizes, and ``model_.weights``, NumPy arrays.
    n_iter_ : int
        Passes over text, one that was interrupted included.
    loss_curve_ : list of float
        Mean training loss of each pass, in nats per token.
    stop_reason_ : str
        Why the training ended: ``"epochs"``, ``"max_time"`` or ``"interrupted"``.

    See Also
    --------
    GRUClassifier : Labels of whole series.
    sklearn.feature_extraction.text.TfidfVectorizer : Text as counts of words.

    Notes
    -----
    The text is cut into streams that are read side by side, `sequence_length` tokens to an update,
    each stream going on from the state it had (truncated back-propagation through time). Every
    document starts from a state of zero. Except among characters, tokens that occur once in the
    text are shown as unknown half of the time, so that the model knows what to make of a new word.

    The cell is that of Keras' ``GRU(reset_after=True)`` [1]_. Training, reading and writing need
    neither Keras nor JAX. Training uses as many threads as BLAS may, with the same result.

    `generate` draws from the nucleus of the distribution [4]_ where `top_p` is given.

    Interrupting `fit` (Ctrl-C) ends it with a warning and keeps what was learnt until then. A `fit`
    that fails leaves the estimator as it was.

    References
    ----------
    .. [1] Cho, K. et al. (2014). Learning phrase representations using RNN encoder-decoder for
       statistical machine translation. EMNLP.
    .. [2] Press, O. & Wolf, L. (2017). Using the output embedding to improve language models. EACL.
    .. [3] Merity, S., Keskar, N. S. & Socher, R. (2018). Regularizing and optimizing LSTM language
       models. ICLR.
    .. [4] Holtzman, A. et al. (2020). The curious case of neural text degeneration. ICLR.
    .. [5] Hägele, A. et al. (2024). Scaling laws and compute-optimal training beyond fixed training
       durations. NeurIPS.

    Examples
    --------
    >>> from skgru import GRULanguageModel
    >>> model = GRULanguageModel(units=32, random_state=0).fit("the cat sat on the mat. " * 20)
    >>> model.generate("the cat", n=16, temperature=0)
    ' sat on the mat.'
    >>> model.predict(["the c", "on th"])
    array(['a', 'e'], dtype=object)
    """

    n_iter_: int
    loss_curve_: list[float]
    stop_reason_: str
    model_: TrainedLanguageModel

    _transient = ("_moments",)

    def __init__(
        self,
        level="char",
        *,
        units=256,
        n_layers=1,
        embedding_units="auto",
        tied="auto",
        max_vocabulary=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        epochs="auto",
        batch_size="auto",
        sequence_length=32,
        learning_rate=0.004,
        clipnorm=1.0,
        max_time=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ) -> None:
        self.level = level
        self.units = units
        self.n_layers = n_layers
        self.embedding_units = embedding_units
        self.tied = tied
        self.max_vocabulary = max_vocabulary
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.sequence_length = sequence_length
        self.learning_rate = learning_rate
        self.clipnorm = clipnorm
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ training

    def fit(self, X, y=None) -> Self:
        """Learn the tokens of a text and how they follow one another.

        Parameters
        ----------
        X : str or iterable of str
            One text, or documents that have nothing to do with each other.
        y : None
            Ignored.

        Returns
        -------
        GRULanguageModel
            This estimator.

        Raises
        ------
        TypeError
            If something in `X` is no string.
        ValueError
            If a parameter is out of its range, the text is empty, or the training diverges.
        """
        return self._fit(X, fresh=True)

    def partial_fit(self, X, y=None) -> Self:
        """Read further text once, at a constant rate; the tokens are those of the first call.

        Parameters
        ----------
        X : str or iterable of str
            As in `fit`.
        y : None
            Ignored.

        Returns
        -------
        GRULanguageModel
            This estimator.
        """
        return self._fit(X, fresh=not self.__sklearn_is_fitted__(), once=True)

    def _fit(self, X, fresh: bool, once: bool = False):
        values = self.get_params(deep=False)
        names = values.keys() & _parameters.RULES.keys()
        _parameters.check(type(self).__name__, **{name: values[name] for name in sorted(names)})
        limit = TimeLimit(self.max_time, hurries=self.checkpoint_dir is None)
        documents = _documents.read(X)
        vocabulary = (
            _tokens.learn(_tokens.splitter(self.level), documents, self.max_vocabulary)
            if fresh
            else self._vocabulary
        )
        numbers = [vocabulary.encode(text) for text in documents]
        if not sum(map(len, numbers)):
            raise ValueError(
                "A language model learns from text, and there is no token in the "
                f"{len(documents)} documents given. Give at least one that is not empty."
            )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return self._train(vocabulary, numbers, seed, fresh, once, limit)

    def _train(self, vocabulary, numbers, seed: int, fresh: bool, once: bool, limit: TimeLimit):
        """Run the training and store what comes of it."""
        done = 0 if fresh else self.n_iter_
        rng = np.random.default_rng([seed, done])
        spec = self._choose_spec(vocabulary)
        if not fresh and spec != self.model_.spec:
            raise ValueError(
                f"Training goes on with the fitted sizes {self.model_.spec}, but the parameters "
                f"now ask for {spec}. Set them back, or call fit."
            )
        streams = self._arrange(vocabulary, numbers)
        epochs = 1 if once else _recipe.epochs(self.epochs, streams.n_pieces)
        with one_thread:
            parameters = draw(spec, vocabulary.counts, rng) if fresh else self.model_.parameters
        settings = Settings(
            float(self.dropout), float(self.recurrent_dropout), float(self.clipnorm or 0)
        )
        moments = self.__dict__.get("_moments") if once and not fresh else None
        engine = _fitting.start(spec, parameters, streams, settings, [seed, done], moments)
        progress = Progress(type(self).__name__, epochs, streams.n_pieces, self.verbose)

        def after_epoch(_):
            if self.verbose >= 2:
                writer = Writer(TrainedLanguageModel(spec, engine.parameters), vocabulary)
                sample = writer.write("", 100, random_state=np.random.RandomState(seed))
                progress.show_sample("".join(sample))

        schedule = Schedule(epochs, streams.n_pieces, float(self.learning_rate), constant=once)
        checkpoint = NOWHERE if once else self._find_checkpoint(spec, vocabulary, numbers)
        course = _fitting.train(
            engine, streams, schedule, rng, progress, after_epoch, limit, checkpoint
        )
        self._vocabulary, self.classes_ = vocabulary, vocabulary.classes
        self.vocabulary_ = {token: i for i, token in enumerate(vocabulary.classes)}
        self.model_ = TrainedLanguageModel(spec, engine.parameters)
        self.loss_curve_ = ([] if fresh else self.loss_curve_) + course.losses
        self.n_iter_ = len(self.loss_curve_)
        self.stop_reason_ = course.stop_reason
        self._moments = engine.moments if once else None
        return self

    def _find_checkpoint(self, spec, vocabulary, numbers) -> Checkpoint:
        """Where the state of this fit is kept; of `level` counts what it makes of the text."""
        kind = type(vocabulary.splitter).__name__
        learnt = kind, vocabulary.classes.tolist(), vocabulary.counts
        return find_checkpoint(self, "cpu", repr(spec), learnt, numbers, without=("level",))

    def _choose_spec(self, vocabulary) -> LanguageSpec:
        large = len(vocabulary) > _recipe.SMALL_VOCABULARY
        width = self.embedding_units
        spec = LanguageSpec(
            n_tokens=len(vocabulary),
            embedding_units=(128 if large else 64) if width == "auto" else int(width),
            units=int(self.units),
            n_layers=int(self.n_layers),
            tied=large if self.tied == "auto" else bool(self.tied),
        )
        require_memory_for_network(
            spec.shapes.values(), "lower units, n_layers, embedding_units or max_vocabulary"
        )
        return spec

    def _arrange(self, vocabulary, numbers) -> Streams:
        n_tokens = sum(map(len, numbers)) + len(numbers)
        rare = (vocabulary.counts == 1) & (self.level != "char") & (n_tokens > _SHORT_TEXT)
        rare[[_tokens.END, _tokens.UNKNOWN]] = False
        rows = _recipe.batch_size(self.batch_size, n_tokens)
        return Streams(numbers, rows, int(self.sequence_length), rare)

    # ------------------------------------------------------------------ reading

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def _read(self, X, likelihood: bool = False):
        """Documents as token numbers, and what the network makes of them."""
        check_is_fitted(self)
        numbers = [self._vocabulary.encode(text) for text in _documents.read(X)]
        if not numbers:
            raise ValueError("X must hold at least one document. Got none.")
        return numbers, _reading.read(self.model_.spec, self.model_.weights, numbers, likelihood)

    def predict_proba(self, X) -> np.ndarray:
        """How likely each token is to come next.

        Parameters
        ----------
        X : str or iterable of str
            Beginnings of documents; ``""`` asks for the first token.

        Returns
        -------
        ndarray of float32, shape (n_documents, n_tokens)
            In the order of `classes_`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        _, reading = self._read(X)
        return _reading.probabilities(self.model_.weights, reading.states[:, -1])

    def predict(self, X) -> np.ndarray:
        """The most likely next token.

        Parameters
        ----------
        X : str or iterable of str
            Beginnings of documents.

        Returns
        -------
        ndarray of object, shape (n_documents,)
            Tokens as in `classes_`.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def suggest(self, X, k=5) -> list[list[tuple[Any, float]]]:
        """The most likely next tokens with their probabilities.

        Parameters
        ----------
        X : str or iterable of str
            Beginnings of documents.
        k : int, default=5
            How many; never the unknown token.

        Returns
        -------
        list of list of (token, float)
            For each beginning, the most likely one first.
        """
        _parameters.check("suggest", k=k)
        probabilities = self.predict_proba(X)
        probabilities[:, _tokens.UNKNOWN] = -1
        order = np.argsort(-probabilities, axis=1, kind="stable")[
            :, : min(k, len(self.classes_) - 1)
        ]
        return [
            [(self.classes_[i], float(row[i])) for i in best]
            for row, best in zip(probabilities, order)
        ]

    def score_samples(self, X) -> np.ndarray:
        """Logarithm of the probability of each document.

        Parameters
        ----------
        X : str or iterable of str
            Documents.

        Returns
        -------
        ndarray of float64, shape (n_documents,)
            Nats, summed over a document's tokens; what comes after the last does not count.
        """
        return self._read(X, likelihood=True)[1].log_likelihood

    def score(self, X, y=None) -> float:
        """Mean log-likelihood of a token, higher is better.

        Parameters
        ----------
        X : str or iterable of str
            Documents, of at least one token.
        y : None
            Ignored.

        Returns
        -------
        float
            Nats per token.
        """
        numbers, reading = self._read(X, likelihood=True)
        n_tokens = sum(map(len, numbers))
        if not n_tokens:
            raise ValueError("The mean over tokens needs one, and all documents in X are empty.")
        return float(reading.log_likelihood.sum() / n_tokens)

    def perplexity(self, X, y=None) -> float:
        """Among how many equally likely tokens the model seems to choose, lower is better.

        Parameters
        ----------
        X : str or iterable of str
            Documents, of at least one token.
        y : None
            Ignored.

        Returns
        -------
        float
            ``exp(-score(X))``.
        """
        return math.exp(-self.score(X))

    def transform(self, X) -> np.ndarray:
        """Documents as vectors: the last layer's final state beside the mean of its states.

        Parameters
        ----------
        X : str or iterable of str
            Documents.

        Returns
        -------
        ndarray of float32, shape (n_documents, 2 * units)
            For any classifier or regressor to read.
        """
        _, reading = self._read(X)
        return np.concatenate([reading.states[:, -1], reading.means], axis=1)

    @property
    def _n_features_out(self) -> int:
        return 2 * self.model_.spec.units

    # ------------------------------------------------------------------ writing

    def generate(
        self,
        prefix="",
        n=200,
        *,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ) -> str:
        """Write what may follow.

        Parameters
        ----------
        prefix : str, default=""
            What the text begins with; it is not repeated.
        n : int, default=200
            Most tokens to write. A model of several documents may end one earlier.
        temperature : float, default=1.0
            Below 1 likely tokens become more likely, at 0 the likeliest is always taken.
        top_k : int or None, default=None
            Choose among the so many most likely tokens only.
        top_p : float in (0, 1] or None, default=None
            Choose only among the most likely tokens that together reach this probability.
        stop : str, iterable of str or None, default=None
            Stop before this would appear.
        random_state : int, RandomState instance or None, default=None
            Decides what is drawn; None takes the estimator's own.

        Returns
        -------
        str
            ``prefix + generate(prefix)`` reads as one text.
        """
        arguments = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "stop": stop}
        check_is_fitted(self)
        _parameters.check("generate", n=n)
        if not stop and self._vocabulary.counts[_tokens.END] < 2:  # nothing ends it but n
            require_memory(n, f"A text of {n} tokens", "lower n, or read it piece by piece: stream")
        return "".join(self.stream(prefix, n, **arguments, random_state=random_state))

    def stream(
        self,
        prefix="",
        n=200,
        *,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ) -> Iterator[str]:
        """Write as `generate` does, and yield each piece of text as soon as it is there.

        Parameters
        ----------
        prefix : str, default=""
            What the text begins with.
        n : int, default=200
            Most tokens to write.
        temperature : float, default=1.0
            See `generate`.
        top_k : int or None, default=None
            See `generate`.
        top_p : float in (0, 1] or None, default=None
            See `generate`.
        stop : str, iterable of str or None, default=None
            See `generate`.
        random_state : int, RandomState instance or None, default=None
            See `generate`.

        Returns
        -------
        iterator of str
            Pieces of a few tokens.
        """
        check_is_fitted(self)
        _parameters.check("generate", n=n, temperature=temperature, top_k=top_k, top_p=top_p)
        if not isinstance(prefix, str):
            raise TypeError(f"`prefix` must be one string. Got {prefix!r}.")
        return Writer(self.model_, self._vocabulary).write(
            prefix,
            n,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            stop=stop,
            random_state=check_random_state(
                self.random_state if random_state is None else random_state
            ),
        )

    # ------------------------------------------------------------------ scikit-learn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
