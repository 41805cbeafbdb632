import pytest

from skgru import GRULanguageModel, GRUTranscriber


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"units": 0}, "'units' parameter of GRUTranscriber must be a whole number >= 1"),
        ({"frame_stacking": 1.5}, "'frame_stacking'"),
        ({"decoder": "best"}, "'decoder' parameter of GRUTranscriber must be 'greedy' or 'beam'"),
        ({"level": "phone"}, "'level'"),
        ({"dropout": 1}, "'dropout'"),
        ({"decoder": "beam", "language_model": 3}, "classes_ and predict_proba"),
        ({"language_model": GRULanguageModel()}, "Set decoder='beam'"),
    ],
)
def test_parameters(training, parameters, words):
    with pytest.raises(ValueError, match=words):
        GRUTranscriber(**parameters).fit(*training)
