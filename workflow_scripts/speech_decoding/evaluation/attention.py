"""Which sensors a decoder attends to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from speech_decoding.decoder.merger import ChannelMerger

if TYPE_CHECKING:
    import pandas as pd


@torch.no_grad()
def sensor_attention(
    merger: ChannelMerger | None, layouts: Sequence[dict[str, Any]]
) -> "pd.DataFrame":
    """Give the weight of each sensor in the virtual channels.

    Parameters: merger, the decoder's spatial attention, None if it has none; layouts, as
    `SegmentStore.describe_layouts` lists them (recordings, sensors, positions).
    Returns: a row per layout and sensor (layout, recordings, sensor, x, y, attention). attention is
    the mean weight over virtual channels, in units of that of equal weights: its mean over the
    sensors of known position is 1.
    """
    import pandas as pd

    tables = []
    for number, layout in enumerate(layouts if merger is not None else ()):
        positions = torch.tensor(layout["positions"], dtype=torch.float32)
        weights = merger.cpu().weights(positions[None])[0].mean(dim=0)  # [sensors]
        known = (positions >= 0).all(dim=1)
        table = pd.DataFrame(layout["positions"], columns=["x", "y"]).assign(
            layout=number,
            recordings=len(layout["recordings"]),
            sensor=layout["sensors"],
            attention=(weights * known.sum()).numpy(),
        )
        tables.append(table[known.numpy()])
    columns = ["layout", "recordings", "sensor", "x", "y", "attention"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]
