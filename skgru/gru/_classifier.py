"""GRUClassifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks

from skgru.gru import _targets
from skgru.gru._estimator import AbstractGRU


class GRUClassifier(ClassifierMixin, AbstractGRU):
    """Classify whole series with a gated recurrent network.

    Parameters
    ----------
    units : int or tuple of int, default=64
        Hidden units of the GRU; a tuple stacks layers, the first one first.
    bidirectional : bool, default=True
        Read each series in both directions and join the hidden states.
    pooling : {"last", "mean", "max", "attention"} or tuple of these, default=("mean", "max")
        How the hidden states of all steps become one vector: the state after the last step, their
        mean, their maximum, or a mean with learnt weights. Several are joined.
    vocabulary_size : int, "auto" or None, default=None
        Where each step of a series is a token, numbered from 0: how many there are. The embedding
        is then a table of them. ``"auto"`` is one more than the largest number in the training
        series. None takes steps as measured values. Tokens are neither scaled, warped nor joined to
        patches.
    patch_length : int, "auto" or None, default="auto"
        Consecutive time steps that the GRU reads as one. None is one at a time. ``"auto"`` is four
        strides: about 32 overlapping patches of a series of up to some 280 steps. As its stride is
        8 at most, longer series have more, 122 for 1,000 steps and 622 for 5,000, and take longer.
    patch_stride : int, "auto" or None, default="auto"
        Steps from one patch to the next; ``"auto"`` is a quarter of the patch, None is 1. A larger
        one, such as a 32nd of the length, makes fits of long series fast.
    embedding_units : int or None, default=64
        Width of a dense relu layer between patch and GRU. None is none.
    context_length : int or None, default=3
        Embedded patches around each one that a second dense relu layer reads, to be added to the
        embedding. None is none.
    batch_norm : bool, default=True
        Whether the embedding's layers are batch-normalised [4]_ before their relu.
    whitening : bool, default=True
        Whether the embedding is trained on patches whose directions vary more evenly. The linear
        map that does it becomes a part of the embedding's kernel.
    dropout : float in [0, 1), default=0.2
        Share of values dropped during training from the pooled vector, from the embedding and from
        the inputs of every GRU layer but the first.
    recurrent_dropout : float in [0, 1), default=0.0
        Share of the hidden state dropped on its way into the recurrent product (Gal & Ghahramani
        2016: one mask for all steps).
    weight_decay : float, default=0.01
        Decoupled decay of all kernels, biases excepted, as in AdamW [3]_.
    clipnorm : float or None, default=1.0
        Largest norm of the gradient of one update, all weights together. None does not clip.
    label_smoothing : float in [0, 1), default=0.1
        Share of the target that is spread evenly over all classes.
    augmentation : {"warp"} or None, default="warp"
        What training does to the series in each epoch: ``"warp"`` lets time run a little faster
        here and slower there and cuts up to 15 % of the ends, where a series has 16 steps or more.
        None shows them as they are, for series whose single steps or exact ends carry the meaning.
    epochs : int or "auto", default="auto"
        Passes over the training rows. ``"auto"`` aims at 1,200 updates of the weights, within 20 to
        400 epochs.
    batch_size : int or "auto", default="auto"
        Rows to an update; ``"auto"`` is 16.
    learning_rate : float, default=0.005
        Step size of Adam at the first update.
    schedule : {"cosine", "constant"}, default="cosine"
        Whether the learning rate falls to zero over the fit along a cosine, or stays.
    early_stopping : bool, default=False
        Hold out `validation_fraction` of the rows, keep the weights that score best on them, and
        stop when `n_iter_no_change` epochs in a row bring no gain of `tol`.
    validation_fraction : float in (0, 1), default=0.1
        Share of the rows held out, by class, for early stopping.
    n_iter_no_change : int, default=10
        Epochs without gain that end the training.
    tol : float, default=1e-4
        Smallest gain of the validation score that counts.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class; ``"balanced"`` gives all classes the same total.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights and the scaling of the fit before.
    network : callable, default=None
        Your own architecture in the place of the GRU: ``network(n_timesteps, n_channels)`` returns
        a Keras layer or model that maps (batch, n_timesteps, n_channels) to (batch, d), or to
        (batch, steps, d), which `pooling` then reduces. `n_timesteps` is None where lengths differ.
        An output layer is added. To pickle the estimator, define the function in a module.
    engine : {"auto", "numba", "keras"}, default="auto"
        What trains. ``"numba"`` runs on the CPU and compiles nothing for a new shape, ``"keras"``
        runs wherever Keras does, ``"auto"`` takes Keras where JAX has an accelerator or the
        `network` is your own, and numba otherwise. The fitted network is the same kind of thing
        either way.
    max_time : float or None, default=None
        Seconds that a `fit` or `partial_fit` may take. The update in which they run out is the
        last one; on Keras the epoch. Where they will not do for all epochs, a falling learning rate
        goes to zero in the last fifth of the time [5]_.
    checkpoint_dir : str, Path or None, default=None
        A folder where `fit` keeps its state, every ten seconds or so and at the end. The same fit,
        of equal parameters and data, goes on from there if it was cut off, by `max_time` too, which
        then awaits the end of an epoch and leaves the learning rate alone; one that was done
        returns at once. Needs a whole number as `random_state`, and neither `warm_start` nor a
        `network` of your own.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness: first weights, order of rows, dropout, validation rows.
    verbose : int, default=0
        1 shows the progress of the training, 2 prints a line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.
    n_features_in_ : int
        Columns of 2-D input (its time steps); channels of any other input.
    feature_names_in_ : ndarray of str, shape (`n_features_in_`,)
        Column names, where `X` was a frame that has them.
    n_timesteps_in_ : int or None
        Time steps of the training series; None where their lengths differ or they came as a list.
    n_channels_in_ : int
        Values at each time step.
    model_ : TrainedGRU
        The network: ``model_.spec``, what was chosen for it, and ``model_.weights``, NumPy arrays
        in the order of the Keras model.
    n_iter_ : int
        Epochs trained.
    loss_curve_ : list of float
        Mean training loss of each epoch.
    best_loss_ : float
        The lowest of them.
    validation_score_curve_ : list of float or None
        Accuracy on the held-out rows after each epoch, with `early_stopping`.
    stop_reason_ : str
        Why the training ended: ``"epochs"``, ``"early_stopping"``, ``"max_time"``, ``"callback"``
        or ``"interrupted"``.

    See Also
    --------
    GRURegressor : Real targets instead of classes.
    sklearn.neural_network.MLPClassifier : A network that reads a row as a vector, not as a series.

    Notes
    -----
    Each channel is standardised over the observed steps of the training series. A missing value
    (NaN) is read as the last one observed before it, or as the channel's mean where there is none;
    steps at the end of a series where all channels are missing are not a part of it.

    Series of unequal length are trained and predicted as if each were alone: padding never reaches
    a result. Training rows that are equal are merged and their weights added, so that a fit depends
    neither on the order of rows nor on whether a row of weight 3 or three rows are given.

    The network is that of Keras' ``GRU(reset_after=True)`` [1]_ [2]_. Prediction needs neither
    Keras nor JAX, and is safe in threads and in forked processes.

    Interrupting `fit` (Ctrl-C) ends it with a warning and keeps the best weights reached. A `fit`
    that fails leaves the estimator as it was.

    References
    ----------
    .. [1] Cho, K. et al. (2014). Learning phrase representations using RNN encoder-decoder for
       statistical machine translation. EMNLP.
    .. [2] Chung, J., Gulcehre, C., Cho, K. & Bengio, Y. (2014). Empirical evaluation of gated
       recurrent neural networks on sequence modeling. arXiv:1412.3555.
    .. [3] Loshchilov, I. & Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
    .. [4] Ioffe, S. & Szegedy, C. (2015). Batch normalization. ICML.
    .. [5] Hägele, A. et al. (2024). Scaling laws and compute-optimal training beyond fixed training
       durations. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skgru import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(200, 20))  # 200 series of 20 steps
    >>> y = np.where(X.sum(axis=1) > 10, "high", "low")
    >>> clf = GRUClassifier(units=16, epochs=20, random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    >>> clf.predict_proba(X[:2]).shape
    (2, 2)

    Series of unequal lengths come as a list of (length, channels) arrays:

    >>> series = [rng.normal(size=(length, 2)) for length in (5, 9, 7, 12)]
    >>> clf = GRUClassifier(units=4, epochs=2, random_state=0).fit(series, [0, 1, 0, 1])
    >>> clf.predict(series).shape
    (4,)
    """

    _loss = "cross_entropy"

    def __init__(
        self,
        units=64,
        *,
        bidirectional=True,
        pooling=("mean", "max"),
        vocabulary_size=None,
        patch_length="auto",
        patch_stride="auto",
        embedding_units=64,
        context_length=3,
        batch_norm=True,
        whitening=True,
        dropout=0.2,
        recurrent_dropout=0.0,
        weight_decay=0.01,
        clipnorm=1.0,
        label_smoothing=0.1,
        augmentation="warp",
        epochs="auto",
        batch_size="auto",
        learning_rate=0.005,
        schedule="cosine",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        class_weight=None,
        warm_start=False,
        network=None,
        engine="auto",
        max_time=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ) -> None:
        self.units = units
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.vocabulary_size = vocabulary_size
        self.patch_length = patch_length
        self.patch_stride = patch_stride
        self.embedding_units = embedding_units
        self.context_length = context_length
        self.batch_norm = batch_norm
        self.whitening = whitening
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.network = network
        self.engine = engine
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y, sample_weight=None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or list of array-like
            Series: (n_samples, n_timesteps), (n_samples, n_timesteps, n_channels), or a list,
            object array or column of arrays of any lengths, (length, n_channels) or (length,).
        y : array-like of shape (n_samples,)
            Class labels of any type.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 3 acts as the same row given three times.

        Returns
        -------
        GRUClassifier
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter, `X`, `y` or `sample_weight` breaks a rule, or the training diverges.
        """
        fresh = not (self.warm_start and self.__sklearn_is_fitted__())
        return self._fit(X, y, sample_weight, fresh=fresh)

    @with_callbacks
    def partial_fit(self, X, y, classes=None, sample_weight=None) -> Self:
        """Train on for one pass over `X`, at a constant learning rate.

        Calls in one process are one training to the optimiser; a pickle does not hold its state.
        The first call decides the scaling of the channels, so give it typical data.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.
        y : array-like of shape (n_samples,)
            Class labels.
        classes : array-like of shape (n_classes,), default=None
            Every label that will ever come; needed in the first call where `y` lacks one.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        GRUClassifier
            The estimator itself.

        Raises
        ------
        ValueError
            If `y` holds a label that is not among the classes, or `X` does not match.
        """
        fresh = not self.__sklearn_is_fitted__()
        if classes is not None:
            classes = np.unique(_targets.read_labels(classes, len(classes)))
            if not fresh and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"classes={classes.tolist()} differ from those of the first call, "
                    f"{self.classes_.tolist()}. Leave `classes` out after the first call."
                )
        return self._fit(X, y, sample_weight, fresh=fresh, epochs=1, classes=classes)

    def predict(self, X) -> np.ndarray:
        """The most likely class of each series.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        chosen = self._predict_raw(X).argmax(axis=1)
        return self.classes_[chosen]

    def predict_proba(self, X) -> np.ndarray:
        """The probability of each class for each series.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_classes)
            Rows sum to 1; columns in the order of `classes_`.
        """
        return self._answer(self._predict_raw(X))

    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithm of `predict_proba`, exact where a probability is tiny.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        return _log_softmax(self._predict_raw(X))

    def decision_function(self, X) -> np.ndarray:
        """How far the network leans to each class: its outputs before the softmax.

        Parameters
        ----------
        X : array-like or list of array-like
            Series, in the form that `fit` takes.

        Returns
        -------
        ndarray of float32, shape (n_samples,) or (n_samples, n_classes)
            With two classes the log-odds of ``classes_[1]``, else one logit a class.
        """
        raw = self._predict_raw(X)
        return raw[:, 1] - raw[:, 0] if raw.shape[1] == 2 else raw

    def to_keras(self) -> Any:
        """The trained network as a plain Keras model.

        Returns
        -------
        keras.Model
            Maps series as `fit` takes them, (n_samples, n_timesteps, n_channels) without missing
            values, to `predict_proba`. Scaling is part of it. After a fit on series of unequal
            lengths it takes ``[padded series, lengths]``.
        """
        return self._export(probabilities=True)

    def _read_y(self, y, sample_weight, fresh, classes):
        y = _targets.read_labels(y, len(sample_weight))
        if fresh:
            # A class whose rows all weigh nothing is never shown to the network.
            self.classes_ = np.unique(y[sample_weight > 0]) if classes is None else classes
        return _targets.encode(y, self.classes_)

    def _finish_targets(self, numbers, sample_weight, fresh):
        return numbers, _targets.weigh_classes(
            self.class_weight, self.classes_, numbers, sample_weight
        )

    def _score_outputs(self, outputs, targets, sample_weight):
        return float(np.average(outputs.argmax(axis=1) == targets, weights=sample_weight))

    def _answer(self, raw):
        return np.exp(_log_softmax(raw))

    @property
    def _n_outputs(self):
        return len(self.classes_)


def _log_softmax(raw: np.ndarray) -> np.ndarray:
    """Logits -> log-probabilities, both (n_samples, n_classes).

    SciPy's takes as long for one row as the whole network does.
    """
    shifted = raw - raw.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
