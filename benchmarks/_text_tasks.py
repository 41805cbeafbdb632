"""Pairs of texts that need no download: number words, dates, gettext catalogues, docstrings.

Each function returns training sources and targets, then those held out.
"""

from __future__ import annotations

import datetime
import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from pathlib import Path

import numpy as np

PATTERNS = (
    *("d MMMM y", "MMMM d, y", "EEEE, d MMMM y", "EEE, d MMM yy", "d MMM yy", "M/d/yy"),
    *("dd.MM.y", "MMM d, y", "EEEE, MMMM d, y", "EEEE, d MMMM yy"),
)
CATALOGUES = "/usr/share/locale"
PACKAGES = ("numpy", "scipy", "pandas", "sklearn")


def split(X, y, n_held, seed=0):
    """Train and held-out parts of pairs, shuffled."""
    order = np.random.default_rng(seed).permutation(len(X))
    held, kept = order[:n_held], order[n_held:]
    return tuple([side[i] for i in rows] for rows in (kept, held) for side in (X, y))


def numbers(n_train=5700, n_held=300):
    """English number words of 0 to 99,999 -> French ones."""
    from num2words import num2words

    chosen = np.random.default_rng(0).choice(100_000, n_train + n_held, replace=False).tolist()
    X, y = ([num2words(n, lang=language) for n in chosen] for language in ("en", "fr"))
    return split(X, y, n_held)


def ordinal(n):
    """3 -> '3rd'."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{n}{'th' if 10 <= n % 100 <= 20 else ends.get(n % 10, 'th')}"


def write_date(date, style):
    """A date as an English reader may meet it, in one of 13 styles."""
    from babel.dates import format_date

    if style < len(PATTERNS):
        return format_date(date, PATTERNS[style], locale="en")
    day, month = ordinal(date.day), format_date(date, "MMMM", locale="en")
    forms = (f"{day} of {month} {date.year}", f"{month} {day}, {date.year}")
    return (*forms, f"the {day} of {month}, {date.year}")[style - len(PATTERNS)]


def dates(n_train=5000, n_held=1000):
    """Dates of 1950 to 2049 in 13 styles, each date once -> ISO 8601."""
    rng, first = np.random.default_rng(0), datetime.date(1950, 1, 1)
    days = rng.permutation((datetime.date(2050, 1, 1) - first).days)[: n_train + n_held].tolist()
    chosen = [first + datetime.timedelta(day) for day in days]
    X = [write_date(date, int(rng.integers(len(PATTERNS) + 3))) for date in chosen]
    return split(X, [date.isoformat() for date in chosen], n_held)


def catalogues(language="fr", folder=CATALOGUES, most_words=8, n_held=500):
    """English messages of installed programs -> their translations."""
    from babel.messages.mofile import read_mo

    pairs = {}
    for file in sorted(Path(folder).glob(f"{language}/LC_MESSAGES/*.mo")):
        with file.open("rb") as stream:
            messages = list(read_mo(stream))
        for message in messages:
            sides = message.id, message.string
            if not all(isinstance(side, str) for side in sides):
                continue
            plain = all(side and not re.search(r"[%\n\t{}<>|\\=]|--", side) for side in sides)
            if plain and 2 <= len(message.id.split()) <= most_words:
                pairs.setdefault(message.id.strip(), message.string.strip())
    return split(list(pairs), list(pairs.values()), n_held)


def docstrings(packages=PACKAGES, longest=300, n_held=500):
    """The body of a docstring -> its first line."""
    pairs = {}
    for text in sorted({d for name in packages for d in _documented(name)}):
        head, _, body = inspect.cleandoc(text).partition("\n\n")
        summary, body = " ".join(head.split()), " ".join(body.split())
        if 15 <= len(summary) <= 100 and len(body) >= 100:
            pairs.setdefault(summary, body[:longest])
    return split(list(pairs.values()), list(pairs), n_held)


def _documented(package):
    """Docstrings of the public functions and classes of a package, methods included."""
    root = importlib.import_module(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for info in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda _: None):
            if re.search(r"\.(tests?|_|conftest|setup|testing)", info.name):
                continue
            try:
                importlib.import_module(info.name)
            except Exception:
                continue
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != package or ".tests" in name:
            continue
        for value in list(vars(module).values()):
            for thing in (value, *(vars(value).values() if inspect.isclass(value) else ())):
                document = getattr(thing, "__doc__", None) if callable(thing) else None
                if isinstance(document, str) and (
                    getattr(thing, "__module__", "") or ""
                ).startswith(package):
                    yield document
