"""How far transcripts are from what was said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def token_error_rate(
    wanted: Sequence[Sequence[Hashable]], found: Sequence[Sequence[Hashable]]
) -> float:
    """Insertions, deletions and substitutions for each token that was said.

    Raises
    ------
    ImportError
        If RapidFuzz is not installed.
    ValueError
        If nothing was said.
    """
    try:
        from rapidfuzz.distance import Levenshtein  # an extra, and slow to import
    except ImportError as error:
        raise ImportError(
            "Counting errors needs RapidFuzz, which is not installed. Run: "
            "pip install 'skgru[speech]', or pip install rapidfuzz"
        ) from error
    n_tokens = sum(map(len, wanted))
    if not n_tokens:
        raise ValueError("An error rate needs at least one token, and all transcripts are empty.")
    return sum(map(Levenshtein.distance, wanted, found)) / n_tokens
