"""What skgru does, in a minute: ``make demo``.

1. The sequence-sum task: does the sum of 20 random numbers exceed 10?
2. Real recordings of unequal length, bundled with sktime, in a pipeline and a grid search.
3. One figure of both.
"""

import os
import platform
import time
from pathlib import Path

# A figure goes to a file; no window, no display needed.
os.environ.setdefault("MPLBACKEND", "agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.datasets import load_japanese_vowels

import skgru
from skgru import GRUClassifier

FIGURE = Path("out") / "demo.png"
INK, COLORS = "#22303c", ("#9aa5b1", "#4c8bbf", "#d1495b")

# One small GRU that reads from left to right and answers from its last state.
PLAIN = {
    "units": 32,
    "bidirectional": False,
    "pooling": "last",
    "patch_length": None,
    "embedding_units": None,
    "dropout": 0,
    "label_smoothing": 0,
    "augmentation": None,
    "weight_decay": 0,
    "clipnorm": None,
    "batch_size": 32,
}
SETTINGS = {
    "the original sample": {
        **PLAIN,
        "epochs": 10,
        "learning_rate": 0.001,
        "schedule": "constant",
    },
    "skgru's defaults": {},
    # Epochs and rate were chosen on held-out rows of the training part.
    "the sample, tuned": {**PLAIN, "epochs": 40, "learning_rate": 0.01},
}


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def sequence_sum():
    """Train with the original sample's settings, with the defaults, and tuned for this task."""
    heading("1. Does the sum of 20 random numbers exceed 10?")
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(1000, 20))
    y = X.sum(axis=1) > 10
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    print("1,000 sequences, 800 to learn from. The very first fit on a machine also compiles.")
    models, rows = {}, []
    for name, settings in SETTINGS.items():
        print(f"\nSettings of {name}:", flush=True)
        started = time.perf_counter()
        model = GRUClassifier(**settings, random_state=0, verbose=1).fit(X_train, y_train)
        seconds = time.perf_counter() - started
        models[name] = model
        rows.append((name, model.n_iter_, seconds, model.score(X_test, y_test)))
    print(f"\n{'settings of':22}{'epochs':>8}{'seconds':>10}{'test accuracy':>16}")
    for name, epochs, seconds, accuracy in rows:
        print(f"{name:22}{epochs:8}{seconds:10.2f}{accuracy:16.3f}")
    return models, X_test


def frames(X, changes):
    """Put the change from frame to frame beside the frames, or leave them alone."""
    return [np.hstack([x, np.diff(x, axis=0, prepend=x[:1])]) if changes else x for x in X]


def load(split):
    recordings, speakers = load_japanese_vowels(split, return_type="df-list")
    return [recording.to_numpy() for recording in recordings], speakers


def spoken_vowels():
    """Search a small grid over a pipeline on sequences of unequal length."""
    heading("2. Which of nine men says these two vowels?")
    (X_train, y_train), (X_test, y_test) = load("train"), load("test")
    lengths = [len(x) for x in X_train]
    print(f"{len(X_train)} recordings to learn from, {min(lengths)} to {max(lengths)} frames of 12")
    print("coefficients each (JapaneseVowels, from sktime). Grid search over a pipeline:\n")
    pipeline = Pipeline(
        [
            ("frames", FunctionTransformer(frames)),
            ("gru", GRUClassifier(epochs=30, random_state=0)),
        ]
    )
    grid = {
        "frames__kw_args": [{"changes": False}, {"changes": True}],
        "gru__units": [16, 64],
    }
    search = GridSearchCV(pipeline, grid, cv=3, verbose=3)
    search.fit(X_train, y_train)
    print(f"\n{'rank':>4}{'units':>8}{'changes':>10}{'accuracy in validation':>26}{'fit':>9}")
    results = search.cv_results_
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        params = results["params"][i]
        changes = "yes" if params["frames__kw_args"]["changes"] else "no"
        score = f"{results['mean_test_score'][i]:.3f} +- {results['std_test_score'][i]:.3f}"
        line = f"{results['rank_test_score'][i]:4}{params['gru__units']:8}{changes:>10}{score:>26}"
        print(line + f"{results['mean_fit_time'][i]:7.2f} s")
    print(f"\naccuracy of the best on {len(X_test)} unseen recordings: ", end="")
    print(f"{search.score(X_test, y_test):.3f}")
    return search, X_test, y_test


def draw(models, X_sum, search, X_vowels, y_vowels):
    """Loss curves, what was learnt of the sum, confusion of the speakers."""
    plt.rcParams.update({"axes.titleweight": "bold", "axes.titlelocation": "left"})
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.8), layout="constrained")
    for (name, model), color in zip(models.items(), COLORS, strict=True):
        epochs = np.arange(1, model.n_iter_ + 1)
        axes[0].plot(epochs, model.loss_curve_, color=color, linewidth=2, label=name)
        probability = model.predict_proba(X_sum)[:, 1]
        axes[1].scatter(X_sum.sum(axis=1), probability, s=14, color=color, linewidths=0, label=name)
    axes[0].set(title="Sum: training loss", xlabel="epoch", ylabel="mean loss", ylim=(0, None))
    axes[0].legend(frameon=False)
    axes[1].axvline(10, color=INK, linewidth=0.8, linestyle=":")
    axes[1].set(title="Sum: does it exceed 10?", xlabel="true sum", ylabel="predicted probability")
    axes[1].legend(frameon=False)
    for ax in axes[:2]:
        ax.spines[["top", "right"]].set_visible(False)
    confusion = ConfusionMatrixDisplay.from_estimator(
        search, X_vowels, y_vowels, ax=axes[2], cmap="Blues", colorbar=False
    )
    for text in confusion.text_.ravel():
        text.set_visible(text.get_text() != "0")
    axes[2].set(title="Vowels: who speaks?", xlabel="predicted speaker", ylabel="true speaker")
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=150)


def main():
    started = time.perf_counter()
    print(f"skgru {skgru.__version__}, Python {platform.python_version()}")
    models, X_sum = sequence_sum()
    search, X_vowels, y_vowels = spoken_vowels()
    heading("3. The figure")
    draw(models, X_sum, search, X_vowels, y_vowels)
    print(f"saved as {FIGURE}, {time.perf_counter() - started:.0f} seconds after the start")


if __name__ == "__main__":
    main()
