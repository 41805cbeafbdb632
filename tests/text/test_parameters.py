import pytest

from skgru import GRULanguageModel


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", 0),
        ("units", (8, 8)),
        ("n_layers", 0),
        ("embedding_units", "wide"),
        ("tied", "yes"),
        ("max_vocabulary", 0),
        ("dropout", 1.0),
        ("recurrent_dropout", -0.1),
        ("epochs", 0),
        ("batch_size", 1.5),
        ("sequence_length", 0),
        ("learning_rate", 0),
        ("clipnorm", 0),
        ("verbose", -1),
        ("level", "sentence"),
    ],
)
def test_bad_values_are_refused(name, value):
    with pytest.raises(
        ValueError,
        match=f"The {name!r} parameter .* Got {value!r}".replace("(", r"\(").replace(")", r"\)"),
    ):
        GRULanguageModel(**{name: value}).fit("text")


@pytest.mark.parametrize(
    "bad",
    [{"n": -1}, {"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 0}],
)
def test_bad_values_of_generate(cat, bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"The {name!r} parameter of generate"):
        cat.generate(**bad)


def test_bad_k(cat):
    with pytest.raises(ValueError, match="'k' parameter of suggest"):
        cat.suggest("a", k=0)
