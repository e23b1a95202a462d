"""A trained decoder together with the study that it is asked about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from plumbing.results import WAV_ONSETS, WORDS, Results
from speech_decoding.dataset.opening import Further, data_settings, open_store
from speech_decoding.dataset.store import SegmentStore
from speech_decoding.decoder.merger import ChannelMerger
from speech_decoding.decoder.saved import load_decoder
from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.segments.windows import Window
from speech_decoding.training.execution import choose_device, prepare_device
from speech_decoding.training.losses import EPSILON

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TrainedDecoder:
    """A decoder and its study on one device.

    model: estimates speech from brain windows; store: the study's segments; speech: what the
    estimates are compared with, cut from the store's rows; words and wav_onsets: the study's
    tables; merger: the decoder's spatial attention, None if it has none.
    """

    model: nn.Module
    store: SegmentStore
    speech: Callable[[Tensor], Tensor]
    words: "pd.DataFrame"
    wav_onsets: "pd.DataFrame"
    merger: ChannelMerger | None = None

    def candidates(self, rows: np.ndarray) -> CandidateSpeech:
        """Make the segments in `rows` candidates."""

        @torch.no_grad()
        def cut(positions: np.ndarray) -> Tensor:
            return self.speech(torch.tensor(rows[positions]))

        return CandidateSpeech(cut, len(rows))


class Logits(nn.Module):
    """A decoder whose products with normalised candidates are the logits it was trained with.

    Args:
        decoder: estimates speech.
        normalised: whether its loss divides estimates by their norms.
        scale: by which its loss multiplies the scores.
    """

    def __init__(self, decoder: nn.Module, *, normalised: bool, scale: float):
        super().__init__()
        self._decoder, self._normalised, self._scale = decoder, normalised, scale

    def forward(self, *inputs: Tensor) -> Tensor:
        """Estimate speech features [batch, features, time]."""
        estimates = self._decoder(*inputs)
        if self._normalised:
            norm = estimates.flatten(1).norm(dim=1) + EPSILON
            estimates = estimates / norm[:, None, None]
        return estimates if self._scale == 1 else estimates * self._scale


def open_trained(
    results: Results,
    *,
    device: str,
    threads: int | None,
    further: Further | None = None,
) -> TrainedDecoder:
    """Open a trained decoder and the study it was trained on.

    Parameters: results, of the study, its embedding and the run; device, "auto", "cpu" or
    "cuda"; threads, processor cores, None for all; further, of `open_store`.
    """
    # In full float32 the ranks are those of processors; TF32 would save seconds of a study.
    prepare_device(deterministic=True, threads=threads, tf32=False)
    chosen = choose_device(device)
    decoder, description = load_decoder(results, chosen)
    store = open_store(
        results,
        window=Window(**description["window"]),
        seed=description["seed"],
        device=chosen,
        embedding_scale=tuple(description["embedding_scale"]),
        further=further,
        **data_settings(description["training"]),
    )
    return TrainedDecoder(
        Logits(
            decoder,
            normalised=_loss_setting(description, "normalise_estimates"),
            scale=float(np.exp(description["loss"].get("log_scale", 0.0))),
        ),
        store,
        speech=lambda rows: decoder.speech(store.speech(rows)),
        words=results.read(WORDS),
        wav_onsets=results.read(WAV_ONSETS),
        merger=getattr(decoder.brain, "merger", None),
    )


def _loss_setting(description: dict[str, Any], name: str) -> bool:
    loss = description["training"]["loss"]
    return loss["kind"] == "clip" and loss[name]
