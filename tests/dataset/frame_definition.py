"""The frame of every sample, as protocol 3.1 defines it, written with torch's interpolation."""

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import interpolate

RATE_HZ, SAMPLES = 120, 361


def by_definition(first_sample: int, chunks: pd.DataFrame) -> np.ndarray:
    """Interpolate each chunk's frame numbers to its part of one window.

    Parameters: first_sample of the window; chunks of its split, with onset_s (of their wav in the
    recording), start_s, stop_s, first_frame and frame_count.
    Returns: float64 [samples], -1 where there is no frame.
    """
    begin_s = first_sample / RATE_HZ
    end_s = begin_s + SAMPLES / RATE_HZ
    values = np.full(SAMPLES, -1.0)
    touched = (chunks["onset_s"] + chunks["start_s"] < end_s) & (
        chunks["onset_s"] + chunks["stop_s"] > begin_s
    )
    for row in chunks[touched].itertuples():
        chunk_s = row.onset_s + row.start_s
        from_s, to_s = max(begin_s, chunk_s), min(end_s, row.onset_s + row.stop_s)
        rate_hz = row.frame_count / (row.stop_s - row.start_s)
        first = min(round((from_s - chunk_s) * rate_hz), row.frame_count - 1)
        count = max(round((to_s - chunk_s) * rate_hz) - first, 1)
        begin, end = round((from_s - begin_s) * RATE_HZ), round((to_s - begin_s) * RATE_HZ)
        if begin < end:
            numbers = torch.arange(count, dtype=torch.float32)[None, None]
            nearest = interpolate(numbers, size=end - begin, mode="nearest")[0, 0].numpy()
            values[begin:end] = row.first_frame + first + nearest
    return values
