"""SequenceVectorizer."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skgru._versioned import Versioned
from skgru.text import _documents, _parameters, _tokens


class SequenceVectorizer(Versioned, TransformerMixin, BaseEstimator):
    """Turn documents into sequences of token numbers, in the order in which they are read.

    What `CountVectorizer` does for models that count words, this does for models that read them:
    ``make_pipeline(SequenceVectorizer(), GRUClassifier(vocabulary_size="auto"))``.

    Parameters
    ----------
    level : {"word", "char"} or tokenizer, default="word"
        What a token is, as in `GRULanguageModel`.
    lowercase : bool, default=True
        Whether documents are lower-cased first.
    min_df : int, default=2
        In how many documents a token must occur to be known. What occurs in one alone teaches
        nothing, but lets a network learn what an unknown token is.
    max_vocabulary : int or None, default=None
        Keep the most frequent tokens only.
    max_length : int or None, default=None
        Tokens of a document that are read, from its beginning.

    Attributes
    ----------
    classes_ : ndarray of object, shape (n_tokens,)
        All tokens; a token's number is its place. The first is the end of a document, which alone
        stands for an empty document, the second the unknown token.
    vocabulary_ : dict
        Token -> its number.

    See Also
    --------
    GRUClassifier : Reads the sequences, with ``vocabulary_size="auto"``.
    sklearn.feature_extraction.text.CountVectorizer : Documents as counts, without their order.

    Examples
    --------
    >>> from skgru import SequenceVectorizer
    >>> vectorizer = SequenceVectorizer(min_df=1).fit(["the cat sat", "the mat"])
    >>> vectorizer.classes_
    array(['', '<unk>', 'cat', 'mat', 'sat', 'the'], dtype=object)
    >>> [sequence.ravel().tolist() for sequence in vectorizer.transform(["the dog sat", ""])]
    [[5, 1, 4], [0]]
    """

    def __init__(
        self, level="word", *, lowercase=True, min_df=2, max_vocabulary=None, max_length=None
    ) -> None:
        self.level = level
        self.lowercase = lowercase
        self.min_df = min_df
        self.max_vocabulary = max_vocabulary
        self.max_length = max_length

    def fit(self, X, y=None) -> Self:
        """Learn which tokens there are.

        Parameters
        ----------
        X : iterable of str
            Documents.
        y : None
            Ignored.

        Returns
        -------
        SequenceVectorizer
            This transformer.

        Raises
        ------
        TypeError
            If something in `X` is no string.
        ValueError
            If a parameter is out of its range, or there is no document.
        """
        _parameters.check(
            type(self).__name__,
            lowercase=self.lowercase,
            min_df=self.min_df,
            max_vocabulary=self.max_vocabulary,
            max_length=self.max_length,
        )
        documents = self._read(X)
        if not documents:
            raise ValueError("A vocabulary is learnt from documents, and X has none.")
        self._vocabulary = _tokens.learn(
            _tokens.splitter(self.level), documents, self.max_vocabulary, self.min_df
        )
        self.classes_ = self._vocabulary.classes
        self.vocabulary_ = {token: i for i, token in enumerate(self.classes_)}
        return self

    def fit_transform(self, X, y=None) -> list[np.ndarray]:
        """Learn which tokens there are, and turn the documents into sequences of them.

        Parameters
        ----------
        X : iterable of str
            Documents; read once.
        y : None
            Ignored.

        Returns
        -------
        list of ndarray of int32, shape (n_tokens, 1)
            As of `transform`.
        """
        documents = self._read(X)
        return self.fit(documents).transform(documents)

    def transform(self, X) -> list[np.ndarray]:
        """Documents as sequences of token numbers.

        Parameters
        ----------
        X : iterable of str
            Documents.

        Returns
        -------
        list of ndarray of int32, shape (n_tokens, 1)
            A list of series of one channel, as `GRUClassifier` reads it.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If something in `X` is no string.
        """
        check_is_fitted(self)
        empty = np.array([_tokens.END], np.int32)
        sequences = (self._vocabulary.encode(text)[: self.max_length] for text in self._read(X))
        return [(numbers if len(numbers) else empty)[:, np.newaxis] for numbers in sequences]

    def inverse_transform(self, X) -> list[str]:
        """Sequences of token numbers as text.

        Parameters
        ----------
        X : list of array-like of int, shape (n_tokens, 1) or (n_tokens,)
            What `transform` returns.

        Returns
        -------
        list of str
            Documents; what separated tokens is not kept.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If a number is that of no token.
        """
        check_is_fitted(self)
        documents = []
        for i, sequence in enumerate(X):
            numbers = np.ravel(sequence)
            if not np.isin(numbers, np.arange(len(self.classes_))).all():
                raise ValueError(
                    f"Sequences hold whole numbers in [0, {len(self.classes_)}); sequence {i} has "
                    f"others: {numbers[:10].tolist()}."
                )
            documents.append(self._vocabulary.decode(numbers.astype(np.intp)))
        return documents

    def _read(self, X) -> list[str]:
        if isinstance(X, str):
            raise ValueError(
                "X must be a collection of documents. Got one string; put it into a list."
            )
        documents = _documents.read(X)
        return [text.lower() for text in documents] if self.lowercase else documents

    def __sklearn_is_fitted__(self) -> bool:
        return "_vocabulary" in self.__dict__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags
