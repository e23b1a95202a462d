import numpy as np
import pytest

from plumbing.errors import InputError
from speech_decoding.speech.targets import load_target
from tests.speech import tiny_wav2vec2 as tiny

SETTINGS = {
    "wav2vec2": {"checkpoint": tiny.XLSR_LIKE, "layers": [3, 4]},
    "wav2vec2_features": {"checkpoint": tiny.XLSR_LIKE},
    "mel": {},
}
RATES_HZ = {"wav2vec2": 50, "wav2vec2_features": 50, "mel": 125}


@pytest.mark.parametrize("kind", SETTINGS)
def test_every_target_embeds_at_its_own_rate(kind):
    target = load_target(kind, **SETTINGS[kind])
    waveform = np.random.default_rng(0).standard_normal(4 * 16000).astype(np.float32)
    embedding = target.embed(waveform)
    assert embedding.dtype == np.float32
    assert embedding.shape == (len(embedding), target.features)
    assert len(embedding) / 4 == pytest.approx(RATES_HZ[kind], abs=0.5)
    assert isinstance(target.silence, float)


def test_settings_reach_the_target_and_none_counts_as_not_given():
    assert load_target("mel", n_mels=40, checkpoint=None).features == 40
    assert load_target("mel", n_mels=None).features == 120


@pytest.mark.parametrize(
    ("kind", "settings", "found"),
    [
        ("hubert", {}, "found 'hubert'"),
        ("mel", {"layers": [1]}, "expected settings among n_mels, found layers"),
        ("wav2vec2", {}, "with checkpoint, found no setting"),
        ("wav2vec2_features", {"checkpoint": tiny.XLSR_LIKE, "layers": [1]}, "checkpoint, layers"),
    ],
)
def test_what_is_not_known_is_refused(kind, settings, found):
    with pytest.raises(InputError, match=found):
        load_target(kind, **settings)


def test_default_layers_are_refused_where_the_checkpoint_has_fewer():
    with pytest.raises(InputError, match=r"to 4 .* found \[14, 15, 16, 17, 18\]"):
        load_target("wav2vec2", checkpoint=tiny.XLSR_LIKE)
