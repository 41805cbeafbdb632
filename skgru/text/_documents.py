"""What users give as text -> a list of strings."""

from __future__ import annotations


def read(X, name: str = "X") -> list[str]:
    """One string, or an iterable of strings, as a list; `name` is what a message calls it.

    Raises
    ------
    TypeError
        If something in it is no string.
    ValueError
        If it is a table.
    """
    if isinstance(X, str):
        return [X]
    if isinstance(X, set | frozenset | dict):
        raise TypeError(
            f"{name} must be one string or strings in an order, and a {type(X).__name__} has none, "
            "or holds more. Make a list of it."
        )
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(
            f"{name} must be one string or a one-dimensional collection of strings. Got "
            f"{type(X).__name__} of shape {getattr(X, 'shape', None)}. Give one of its columns."
        )
    try:
        documents = list(X) if not isinstance(X, bytes | bytearray) else [X]
    except TypeError:
        raise TypeError(
            f"{name} must be one string or a collection of strings. "
            f"Got {X!r} of type {type(X).__name__}."
        ) from None
    for i, document in enumerate(documents):
        if not isinstance(document, str):
            cure = "Decode it first." if isinstance(document, bytes) else "Convert it with str()."
            raise TypeError(
                f"Every document in {name} must be a string; document {i} is {document!r} of "
                f"type {type(document).__name__}. {cure}"
            )
    return [str(document) for document in documents]
