import pytest
import torch

from speech_decoding.decoder.merger import ChannelMerger
from speech_decoding.evaluation.attention import sensor_attention

LAYOUTS = [
    {
        "recordings": ["r1", "r2"],
        "sensors": ["a", "b", "c"],
        "positions": [[0.0, 0.0], [1.0, 0.5], [-0.1, -0.1]],
    },
    {"recordings": ["r3"], "sensors": ["a", "b"], "positions": [[0.0, 1.0], [1.0, 0.0]]},
]


def test_attention_is_relative_to_equal_weights():
    torch.manual_seed(0)
    merger = ChannelMerger(5)
    table = sensor_attention(merger, LAYOUTS)
    assert table["sensor"].tolist() == ["a", "b", "a", "b"]  # c has no position
    assert table["recordings"].tolist() == [2, 2, 1, 1]
    for number, layout in enumerate(LAYOUTS):
        own = table.loc[table["layout"] == number, "attention"]
        assert own.mean() == pytest.approx(1)
        weights = merger.weights(torch.tensor([layout["positions"]]))[0].mean(dim=0)
        assert own.tolist() == pytest.approx((2 * weights[:2]).tolist())


def test_a_decoder_without_attention_has_none():
    table = sensor_attention(None, LAYOUTS)
    assert table.empty and "attention" in table
