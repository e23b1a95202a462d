"""A study of the size of Gwilliams 2022, simulated in memory, and a decoder that learns it.

196 recordings of 27 subjects, 17 minutes each with 208 sensors at 120 Hz, one hour of speech in
1024 features.
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from speech_decoding.dataset.store import Embedding, SegmentStore, StudyTables
from speech_decoding.segments.windows import Window
from speech_decoding.training.experiment import build_batch_loss

RATE_HZ, SENSORS, SUBJECTS, RECORDINGS, MINUTES = 120, 208, 27, 196, 17
FEATURES, FRAME_HZ = 1024, 50
DELAY_S, CLAMP, SCALE = 0.15, 20.0, 1.35
UPDATES_PER_EPOCH, VALIDATION_SEGMENTS = 793, 35_100


def simulate(
    recordings: int = RECORDINGS, minutes: int = MINUTES
) -> tuple[StudyTables, dict[str, np.ndarray], Embedding]:
    """Give the tables, signals and embedding; signals overlap in memory, to be made in seconds."""
    random = np.random.default_rng(0)
    length = minutes * 60 * RATE_HZ
    samples = random.standard_normal((length + recordings, SENSORS), dtype=np.float32)
    names = [f"{number:03d}" for number in range(recordings)]
    signals = {name: samples[number : number + length] for number, name in enumerate(names)}

    borders_s = {"train": (0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1)}
    chunks, segments, frame = [], [], 0
    stories = [f"story{number}" for number in range(min(4, recordings))]
    for story in stories:
        for split, (start, stop) in borders_s.items():
            start_s, stop_s = 60 * minutes * start, 60 * minutes * stop
            chunk = {"story": story, "wav": story, "split": split, "first_frame": frame}
            count = int((stop_s - start_s) * FRAME_HZ)
            chunks.append(chunk | {"start_s": start_s, "stop_s": stop_s, "frame_count": count})
            frame += count
    for number, name in enumerate(names):
        for split, (start, stop) in borders_s.items():
            first = np.arange(int(start * length), int(stop * length) - 361, RATE_HZ // 2)
            segments.append(
                pd.DataFrame({"first_sample": first}).assign(
                    recording=name,
                    subject=f"{number % SUBJECTS:02d}",
                    story=stories[number % len(stories)],
                    split=split,
                )
            )
    table = pd.concat(segments, ignore_index=True)
    table = table.assign(word_index=np.arange(len(table)), sequence_text="words", word="word")
    words = pd.DataFrame(
        {"recording": np.repeat(names, 2), "start_s": 1.0, "duration_s": 60.0 * minutes - 2}
    )
    onsets = pd.DataFrame(
        {
            "recording": names,
            "wav": [stories[n % len(stories)] for n in range(recordings)],
            "onset_s": 0.0,
        }
    )
    place = random.random((SENSORS, 2))
    sensors = pd.DataFrame({"name": range(SENSORS), "x": place[:, 0], "y": place[:, 1]})
    scalers = pd.concat(
        [sensors.assign(recording=name, center=0.0, scale=SCALE) for name in names],
        ignore_index=True,
    )
    frames = random.standard_normal((frame, FEATURES), dtype=np.float32)
    tables = StudyTables(table, words, onsets, scalers)
    return tables, signals, Embedding(frames, pd.DataFrame(chunks), silence=0.0)


def open_store(device: torch.device, *study: object) -> SegmentStore:
    """Hold a study, as `simulate` gives it, for a device."""
    return SegmentStore(
        *study,
        window=Window(-0.5, 2.5, RATE_HZ),
        delay_s=DELAY_S,
        clamp=CLAMP,
        device=device,
        embedding_scale=(0.0, 1.0),
    )


class FullSize:
    """A decoder of the study in `store`, ready for one step after the other.

    Args:
        batch: segments in it.
        precision, compilation: settings of the training.
        decoder: settings of it that differ from the published ones.
    """

    def __init__(
        self,
        store: SegmentStore,
        *,
        batch: int,
        precision: str = "float32",
        compilation: bool = False,
        **decoder: object,
    ):
        self.store = store
        self.batch_loss = build_batch_loss(
            store,
            seed=0,
            decoder=decoder,
            training={
                "batch_size": batch,
                "updates_per_epoch": UPDATES_PER_EPOCH,
                "pairing": "heard",
                "speech_module": "none",
                "loss": {"kind": "clip"},
                "negatives_per_group": batch,
                "micro_batch": None,
                "precision": precision,
                "compile": compilation,
            },
        )
        batches = self.batch_loss.batches
        self._rows = iter(batches.of_epoch(1))
        self._centres = iter(batches.centres(1).to(store.device))
        self._validation = batches.validation[0]
        parameters = self.batch_loss.decoder.parameters()
        self._optimiser = torch.optim.Adam(parameters, lr=3e-4, fused=True)

    def deliver(self) -> tuple[Tensor, Tensor]:
        """Give brain and speech of the next batch."""
        rows = next(self._rows)
        return self.store.brain(rows), self.store.speech(rows)

    def step(self) -> Tensor:
        """Learn the next batch; give its loss."""
        self.batch_loss.decoder.train()
        self._optimiser.zero_grad(set_to_none=True)
        loss = self.batch_loss.gradients(next(self._rows), next(self._centres))
        self._optimiser.step()
        return loss

    def gradients(self) -> dict[str, Tensor]:
        """Give the gradients of the last step."""
        named = self.batch_loss.decoder.named_parameters()
        return {name: values.grad for name, values in named if values.grad is not None}

    def validate(self) -> Tensor:
        """Give the loss of a validation batch."""
        self.batch_loss.decoder.eval()
        return self.batch_loss.validate(self._validation)[0]
