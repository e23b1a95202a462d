"""A small picture of a recording's quality: its spectrum, and its sensors on the flattened head."""

import io
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from speech_decoding.recordings.quality import CLAMP, Quality

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE_IN, _DOTS_PER_INCH = (6.4, 2.6), 100
_BLUE, _VERMILLION, _GREY = "#0072B2", "#D55E00", "#6b7780"
_STYLE = {"font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 8}
# What sensors are drawn in: unit and how many of it are one tesla or volt.
_UNITS = {"mag": ("fT", 1e15), "eeg": ("µV", 1e6)}
_LOWEST_HZ, _HIGHEST_HZ = 1.0, 200.0
_LEAST_SHARE = 1e-4  # top of the colour scale if hardly anything is clamped
_NAMED = 5  # bad channels that are named


@matplotlib.rc_context(_STYLE)
def draw_quality(quality: Quality | None) -> bytes:
    """Draw a recording's quality as PNG; for None, that the recording is not used."""
    figure = Figure(figsize=_SIZE_IN, dpi=_DOTS_PER_INCH, layout="constrained")
    if quality is None:
        figure.text(0.5, 0.5, "not used", ha="center", va="center", color=_GREY)
    else:
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        _draw_spectrum(left, quality)
        _draw_sensors(right, quality)
    picture = io.BytesIO()
    # Without the name of the software, which holds its version.
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _draw_spectrum(axes: "Axes", quality: Quality) -> None:
    unit, per_si = _UNITS.get(quality.kind, ("unit", 1.0))
    shown = quality.spectrum.frequency_hz >= _LOWEST_HZ
    shown &= quality.spectrum.frequency_hz <= _HIGHEST_HZ
    frequency_hz = quality.spectrum.frequency_hz[shown]
    density = np.sqrt(quality.spectrum.power[:, shown]) * per_si
    low, median, high = np.percentile(density, (5, 50, 95), axis=0)
    axes.fill_between(frequency_hz, low, high, color=_BLUE, alpha=0.25, lw=0)
    axes.plot(frequency_hz, median, color=_BLUE, lw=1)
    line_hz, line_db = quality.spectrum.find_line()
    title = "no line noise found"
    if line_hz is not None:
        axes.axvline(line_hz, color=_VERMILLION, lw=1, ls="--")
        title = f"line noise at {line_hz:g} Hz, {line_db:.0f} dB"
    axes.set(xscale="log", yscale="log", xlabel="Hz", ylabel=f"{unit}/√Hz", title=title)


def _draw_sensors(axes: "Axes", quality: Quality) -> None:
    sensors = quality.sensors
    bad = sensors["name"].isin(quality.bad_channels).to_numpy()
    share = quality.clamped_share
    top = max(share.max(), _LEAST_SHARE)
    places = axes.scatter(
        sensors["x"], sensors["y"], c=100 * share, s=14, cmap="viridis_r", vmin=0, vmax=100 * top
    )
    axes.figure.colorbar(places, ax=axes, label=f"% beyond ±{CLAMP:g}")
    axes.scatter(sensors["x"][bad], sensors["y"][bad], marker="x", s=40, c=_VERMILLION)
    names = list(quality.bad_channels)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    axes.set_title("bad: " + (", ".join(names[:_NAMED]) + more if names else "none"))
    axes.set_aspect("equal")
    axes.set_axis_off()
