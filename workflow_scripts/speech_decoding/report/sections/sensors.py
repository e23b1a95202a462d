"""The spatial attention to each sensor, for the sensor layout that most recordings share."""

from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib
import mne
import numpy as np
from matplotlib.ticker import StrMethodFormatter

from speech_decoding.report.contents import Contents
from speech_decoding.report.drawing import STYLE, open_figure, to_svg
from speech_decoding.report.pictures import HALF_IN, draw

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Sensors"
ORDER = 100

_HEAD_M = 0.095


def show(contents: Contents) -> dict[str, Any]:
    run = contents.main_run
    attention = run.attention
    if attention.empty:
        return {"layouts": 0}
    own = attention[attention["layout"] == attention["layout"][attention["recordings"].idxmax()]]
    strongest = own.sort_values(["attention", "sensor"], ascending=[False, True]).head(5)
    return {
        "layouts": int(attention["layout"].nunique()),
        "recordings": int(own["recordings"].iloc[0]),
        "experiment": contents.main_experiment,
        "seed": run.seed,
        "strongest": strongest.to_dict("records"),
        "picture": draw(
            partial(draw_attention, own),
            f"Map of the spatial attention to {len(own)} sensors; the strongest are "
            + ", ".join(strongest["sensor"]),
            width_in=HALF_IN,
        ),
    }


@matplotlib.rc_context(STYLE)
def draw_attention(attention: "pd.DataFrame", *, width_in: float) -> str:
    """Draw the attention of one layout's sensors (sensor, x, y, attention) as MNE draws maps.

    Positions lie in [0, 1] (protocol 5.1); the largest one of the layout touches the head.
    """
    figure, axes = open_figure((width_in, 0.85 * width_in))
    place = attention[["x", "y"]].to_numpy() - 0.5
    place *= _HEAD_M / np.linalg.norm(place, axis=1).max()
    values = attention["attention"].to_numpy()
    image, _ = mne.viz.plot_topomap(
        values,
        place,
        axes=axes,
        show=False,
        cmap="viridis",
        contours=4,
        sphere=_HEAD_M,
        vlim=(values.min(), values.max()),
        sensors="k.",
        res=48,
    )
    axes.set_title("Spatial attention")
    bar = figure.colorbar(image, ax=axes, shrink=0.7, label="weight (1 = equal for all sensors)")
    bar.ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.2f}"))
    return to_svg(figure)
