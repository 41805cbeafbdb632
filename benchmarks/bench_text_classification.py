"""Reading text against counting its words: GRUClassifier on token sequences and TF-IDF.

The corpus is the documentation that NumPy, SciPy, pandas and scikit-learn carry in themselves: of
which library is a paragraph? Their names are masked. Accuracy and CPU seconds, three splits.

    python benchmarks/bench_text_classification.py
"""

import importlib
import inspect
import pkgutil
import re
import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skgru import GRUClassifier, SequenceVectorizer

LIBRARIES = ("numpy", "pandas", "scipy", "sklearn")
NAMES = re.compile(r"\b(numpy|np|scipy|pandas|pd|sklearn|scikit-learn|scikit)\b", re.IGNORECASE)


def modules(library):
    """The public modules of a package."""
    package = importlib.import_module(library)
    yield package
    for part in pkgutil.iter_modules(package.__path__):
        if part.ispkg and not part.name.startswith("_") and "test" not in part.name:
            yield importlib.import_module(f"{library}.{part.name}")


def paragraphs(library):
    """Prose from the docstrings of a package, in order."""
    found = set()
    for module in modules(library):
        for _, thing in inspect.getmembers(module, callable):
            if str(getattr(thing, "__module__", "")).startswith(library):
                for text in re.split(r"\n\s*\n", inspect.getdoc(thing) or ""):
                    text = " ".join(text.split())
                    if 60 < len(text) < 400 and ">>>" not in text and "---" not in text:
                        found.add(NAMES.sub("X", text))
    return sorted(found)


def main():
    """Print the table."""
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for library in LIBRARIES:
        found = paragraphs(library)
        chosen = [found[i] for i in rng.permutation(len(found))[:1500]]
        texts += chosen
        labels += [library] * len(chosen)
    print(f"{len(texts):,} paragraphs, {dict(zip(*np.unique(labels, return_counts=True)))}")
    scores, seconds = {}, {}
    for seed in range(3):
        X, X_test, y, y_test = train_test_split(
            texts, labels, test_size=0.25, random_state=seed, stratify=labels
        )
        counting = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            LogisticRegression(C=10, max_iter=1000),
        )
        reading = make_pipeline(
            SequenceVectorizer(), GRUClassifier(vocabulary_size="auto", epochs=6, random_state=seed)
        )
        probabilities = []
        for name, model in (("TF-IDF, logistic regression", counting), ("GRU", reading)):
            start = time.process_time()
            probabilities.append(model.fit(X, y).predict_proba(X_test))
            seconds.setdefault(name, []).append(time.process_time() - start)
            scores.setdefault(name, []).append(model.score(X_test, y_test))
        together = model.classes_[np.mean(probabilities, axis=0).argmax(axis=1)]
        scores.setdefault("mean of both", []).append(np.mean(together == np.array(y_test)))
    for name, values in scores.items():
        spent = f"{np.mean(seconds[name]):8.1f} s" if name in seconds else ""
        print(f"{name:30}{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}){spent}")


if __name__ == "__main__":
    main()
