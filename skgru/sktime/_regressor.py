"""GRURegressor as an sktime estimator."""

from __future__ import annotations

from sktime.regression.base import BaseRegressor

from skgru.gru._regressor import GRURegressor as SeriesRegressor
from skgru.sktime import _panel


class GRURegressor(BaseRegressor):
    """Predict real values from the series of an sktime panel with a gated recurrent network.

    All of sktime's panel types are read, with equal or unequal lengths, one or several channels,
    with or without missing values. The network and its training are those of
    `skgru.GRURegressor`, which is held as `estimator_`, and so are the parameters and their
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
    augmentation : {"warp"} or None
        Whether training warps and crops the series a little in each epoch.
    epochs, batch_size : int or "auto"
        Passes over the training rows, and rows to an update.
    learning_rate, schedule : float; {"cosine", "constant"}
        First step size of Adam, and whether it falls over the fit.
    early_stopping, validation_fraction, n_iter_no_change, tol : bool; float; int; float
        Whether rows are held out to end the training; how many; epochs without gain; what is one.
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
    estimator_ : skgru.GRURegressor
        The fitted network: ``estimator_.model_``, ``estimator_.loss_curve_``,
        ``estimator_.transform``, ``estimator_.to_keras()``. It takes arrays (n, timesteps,
        channels) or lists of (length, channels) arrays.

    See Also
    --------
    skgru.GRURegressor : The same for scikit-learn.
    skgru.sktime.GRUClassifier : Classes instead of real targets.

    Notes
    -----
    Several targets, the columns of a frame or of a 2-D array `y`, are learnt by one network.

    In sktime's ``make_reduction`` it forecasts by windows, with exogenous variables as further
    channels. Give that one, not `skgru.GRURegressor`, to
    ``scitype="time-series-regressor"``: the channels of the two lie along different axes.

    There is no ``warm_start``: sktime's `fit` starts anew by contract.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from skgru.sktime import GRURegressor
    >>> X, _ = load_unit_test("train", return_type="numpy3D")
    >>> y = X[:, 0].max(axis=1)  # X is (n, channels, timesteps)
    >>> reg = GRURegressor(units=8, epochs=100, random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.8)
    True
    """

    _tags = {  # noqa: RUF012  sktime's way
        **_panel.TAGS,
        "y_inner_mtype": "numpy2D",
        "capability:multioutput": True,
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
        context_length=None,
        batch_norm=False,
        whitening=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        weight_decay=1.0,
        clipnorm=1.0,
        augmentation=None,
        epochs="auto",
        batch_size="auto",
        learning_rate=0.005,
        schedule="cosine",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
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
        self.augmentation = augmentation
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.network = network
        self.engine = engine
        self.max_time = max_time
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose
        super().__init__()

    def _fit(self, X, y):
        """Train on a panel and targets of shape (n, n_outputs)."""
        y = y[:, 0] if y.shape[1] == 1 else y
        self.estimator_ = SeriesRegressor(**self.get_params(deep=False)).fit(_panel.read(X), y)
        return self

    def _predict(self, X):
        """Targets of shape (n,), or (n, n_outputs) where there are several."""
        return self.estimator_.predict(_panel.read(X, self.estimator_.n_timesteps_in_))

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
