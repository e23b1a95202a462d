"""All layers of a speech model for a few chunks of a study, to be compared with fairseq's own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from speech_decoding.speech.checkpoints import Checkpoint
from speech_decoding.speech.wav2vec2 import build_model, conv_outputs, layer_outputs
from speech_decoding.speech.waveforms import RATE_HZ

if TYPE_CHECKING:
    import pandas as pd

# Longer chunks are left out: all layers of one minute take 300 MB.
_LONGEST_S = 30.0


def compute_layers(
    checkpoint: Checkpoint,
    audio: Mapping[str, np.ndarray],
    wavs: Mapping[str, "pd.DataFrame"],
    chunks: "pd.DataFrame",
) -> dict[str, np.ndarray]:
    """Compute every layer for a short, a middling and a long chunk, each in one pass.

    Parameters: audio, float32 [samples] at 16 kHz by story; wavs, where each file begins in it;
    chunks of all stories (story, wav, start_s, stop_s).
    Returns: for chunk number i "i/waveform" [samples], "i/conv" [frames, channels], the output of
    the convolutions, and "i/layer1" and so on [frames, features], raw outputs of the transformer's
    layers, float32; and "chunks", which chunks they are.
    """
    model = build_model(checkpoint, device="cpu")
    layers = range(1, checkpoint.architecture.encoder_num_layers + 1)
    results = {}
    chosen = _choose_chunks(chunks)
    for number, row in enumerate(chosen.itertuples()):
        (wav,) = wavs[row.story].query("wav == @row.wav").itertuples()
        begin, end = round(row.start_s * RATE_HZ), round(row.stop_s * RATE_HZ)
        own = audio[row.story][wav.first_sample :][: wav.sample_count]
        waveform = np.array(own[begin:end])
        batch = torch.from_numpy(waveform)[None]
        results[f"{number}/waveform"] = waveform
        results[f"{number}/conv"] = conv_outputs(model, batch)[0].numpy()
        for layer, output in layer_outputs(model, batch, layers=layers).items():
            results[f"{number}/layer{layer}"] = output[0].numpy()
    names = [f"{r.wav} {r.start_s:.2f} to {r.stop_s:.2f} s" for r in chosen.itertuples()]
    return results | {"chunks": np.array(names)}


def _choose_chunks(chunks: "pd.DataFrame") -> "pd.DataFrame":
    ordered = chunks.assign(length_s=chunks["stop_s"] - chunks["start_s"]).sort_values("length_s")
    count = max((ordered["length_s"] <= _LONGEST_S).sum(), 1)
    return ordered.iloc[sorted({0, (count - 1) // 2, count - 1})]
