"""GRUClassifier as an sktime estimator."""

from __future__ import annotations

from sktime.classification.base import BaseClassifier

from skgru.gru._classifier import GRUClassifier as SeriesClassifier
from skgru.sktime import _panel


class GRUClassifier(BaseClassifier):
    """Classify the series of an sktime panel with a gated recurrent network.

    All of sktime's panel types are read, with equal or unequal lengths, one or several channels,
    with or without missing values. The network and its training are those of
    `skgru.GRUClassifier`, which is held as `estimator_`, and so are the parameters and their
    defaults; it describes them in full.

    Parameters
    ----------
    units, bidirectional, pooling : int or tuple; bool; str or tuple
        Size and form of the GRU, and how its hidden states become one vector.
    vocabulary_size : int, "auto" or None
        How many tokens there are, where steps are tokens and not measured values.
    patch_length, patch_stride : int, "auto" or None
        How many consecutive time steps the GRU reads as one, and how far apart these are.
    embedding_units, context_length : int or None
        The dense layers between patch and GRU.
    batch_norm, whitening : bool
        Help in training those layers.
    dropout, recurrent_dropout : float in [0, 1)
        Share of values dropped during training.
    weight_decay, clipnorm : float; float or None
        Decoupled decay of the kernels; largest norm of a gradient.
    label_smoothing : float in [0, 1)
        Share of the target that is spread evenly over all classes.
    augmentation : {"warp"} or None
        Whether training warps and crops the series a little in each epoch.
    epochs, batch_size : int or "auto"
        Passes over the training rows, and rows to an update.
    learning_rate, schedule : float; {"cosine", "constant"}
        First step size of Adam, and whether it falls over the fit.
    early_stopping, validation_fraction, n_iter_no_change, tol : bool; float; int; float
        Whether rows are held out to end the training; how many; epochs without gain; what is one.
    class_weight : dict, "balanced" or None
        Weight of each class.
    network : callable
        Your own Keras architecture: ``network(n_timesteps, n_channels)`` returns a layer.
    engine : {"auto", "numba", "keras"}
        What trains.
    max_time, checkpoint_dir : float or None; str, Path or None
        Seconds that a fit may take; a folder from which a fit that was cut off goes on.
    random_state : int, RandomState instance or None
        The only source of randomness.
    verbose : int
        1 shows the progress of the training, 2 prints a line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.
    n_classes_ : int
        Number of classes.
    estimator_ : skgru.GRUClassifier
        The fitted network: ``estimator_.model_``, ``estimator_.loss_curve_``,
        ``estimator_.transform``, ``estimator_.to_keras()``. It takes arrays (n, timesteps,
        channels) or lists of (length, channels) arrays. Not there where `y` had a single label,
        which sktime then predicts by itself.

    See Also
    --------
    skgru.GRUClassifier : The same for scikit-learn.
    skgru.sktime.GRURegressor : Real targets instead of classes.

    Notes
    -----
    sktime has a class of the same name for PyTorch, and its ``craft("GRUClassifier()")`` makes that
    one. Here the rows of a panel never mix: each is predicted as if it were alone.

    There is no ``warm_start``: sktime's `fit` starts anew by contract.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from skgru.sktime import GRUClassifier
    >>> X, y = load_unit_test("train")
    >>> clf = GRUClassifier(units=8, epochs=20, random_state=0).fit(X, y)
    >>> X_test, y_test = load_unit_test("test")
    >>> bool(clf.score(X_test, y_test) > 0.7)
    True
    >>> clf.predict_proba(X_test).shape
    (22, 2)

    What sktime offers for classifiers goes around it:

    >>> from sktime.transformations.series.exponent import ExponentTransformer
    >>> pipeline = ExponentTransformer(0.5) * clf
    >>> pipeline.fit(X, y).predict(X_test).shape
    (22,)
    """

    _tags = {  # noqa: RUF012  sktime's way
        **_panel.TAGS,
        "capability:predict_proba": True,
        "capability:class_weight": True,
    }

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
        self.network = network
        self.engine = engine
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose
        super().__init__()

    def _fit(self, X, y):
        """Train on a panel and labels of shape (n,)."""
        self.estimator_ = SeriesClassifier(**self.get_params(deep=False)).fit(_panel.read(X), y)
        return self

    def _predict(self, X):
        """Labels of shape (n,)."""
        return self.estimator_.predict(_panel.read(X, self.estimator_.n_timesteps_in_))

    def _predict_proba(self, X):
        """Probabilities of shape (n, n_classes)."""
        return self.estimator_.predict_proba(_panel.read(X, self.estimator_.n_timesteps_in_))

    @classmethod
    def get_test_params(cls, parameter_set="default") -> list[dict]:
        """Small settings for sktime's checks.

        Parameters
        ----------
        parameter_set : str, default="default"
            There is one set.

        Returns
        -------
        list of dict
            Parameters of test instances.
        """
        return _panel.small_parameters()
