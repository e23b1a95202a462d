"""What the rules that simulate a study read of its entry."""

from configuration.chosen import Chosen
from configuration.settings import Settings


def stimuli(own: Chosen) -> Settings:
    """Give what the stimuli of a MEG-MASC study are simulated with."""
    layout, simulation = _entry(own)
    duration = {"duration_s": simulation["duration_s"]}
    return {
        "stories": {name: story | duration for name, story in layout["stories"].items()},
        "subjects": layout["subjects"],
        "sessions": layout["sessions"],
        "seed": simulation["seed"],
    }


def recording(own: Chosen) -> Settings:
    """Give what a recording of a MEG-MASC study is simulated with."""
    layout, simulation = _entry(own)
    stories, task = layout["stories"], own.wildcards["task"]
    name = next(name for name, story in stories.items() if story["task"] == task)
    return stories[name] | {key: simulation[key] for key in ("seed", "snr")} | {"story": name}


def alice_stimuli(own: Chosen) -> Settings:
    """Give what the stimuli of an Alice study are simulated with."""
    layout, simulation = _entry(own)
    return _wav_distances(layout) | {"seed": simulation["seed"]}


def alice_recording(own: Chosen) -> Settings:
    """Give what a recording of an Alice study is simulated with."""
    layout, simulation = _entry(own)
    return simulation | _wav_distances(layout)


def _entry(own: Chosen) -> tuple[Settings, Settings]:
    return own.study.entry["layout"], own.study.entry["simulation"]


def _wav_distances(layout: Settings) -> Settings:
    """Give the distances of a layout that has its own; without, those of the reader count."""
    return {key: layout[key] for key in ("wav_distances_s",) if key in layout}
