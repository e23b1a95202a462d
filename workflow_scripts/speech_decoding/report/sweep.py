"""A sweep: accuracy against one setting, or without each subject or story in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import getitem
from pathlib import Path
from typing import Any

from plumbing.results import Results
from speech_decoding.dataset.selection import Selection
from speech_decoding.report.layout import TEMPLATES, Part, lay_out
from speech_decoding.report.outcome_figures import draw_curve, draw_left_out
from speech_decoding.report.outcomes import K, Outcome, compare, join, load_outcome
from speech_decoding.report.pictures import draw

_LEFT_OUT = {
    "training.selection.without_subject": "subject",
    "training.selection.without_story": "story",
}


@dataclass(frozen=True)
class Axis:
    """The axis of a setting: its label, and the place of an outcome on it."""

    label: str
    place: Callable[[Outcome, float], float]  # of an outcome, and the segments' stride in seconds
    logarithmic: bool = False


_AXES = {
    "training.delay_s": Axis(
        "neural delay (ms)", lambda own, _: 1000 * own.description["training"]["delay_s"]
    ),
    "training.stop_s": Axis(
        "end of the window after word onset (s)",
        lambda own, _: own.description["window"]["stop_s"],
    ),
    "training.batch_size": Axis(
        "batch size (segments)",
        lambda own, _: own.description["training"]["batch_size"],
        logarithmic=True,
    ),
    "training.learning_rate": Axis(
        "learning rate",
        lambda own, _: own.description["training"]["learning_rate"],
        logarithmic=True,
    ),
    "training.selection.subjects": Axis(
        "number of training subjects", lambda own, _: len(_trained_subjects(own))
    ),
    # Training segments begin at every stride, so that each stands for as much of a recording.
    "training.selection.share": Axis(
        "training data (hours of recording)",
        lambda own, stride_s: own.n_training_segments * stride_s / 3600,
    ),
}


def sweep_setting(
    results: Results,
    experiments: Sequence[str],
    *,
    base: str,
    setting: str,
    seeds: Sequence[int],
    stride_s: float,
) -> dict[str, Any]:
    """Collect a sweep.

    Parameters: experiments, the points, in order; base, the
    experiment of which one setting was changed; setting, its dotted name; stride_s, seconds between
    training segments.
    Returns: what all points share, and `points`: each with its place on the axis, its accuracy over
    seeds, and its difference from the base. A point that leaves out a subject or story is evaluated
    on that one alone; points with different numbers of subjects are evaluated on the subjects that
    all of them were trained on.
    Raises: InputError if a file is missing or damaged.
    """
    outcomes = [load_outcome(results, name, seeds) for name in experiments]
    reference = load_outcome(results, base, seeds)
    shared = {
        "setting": setting,
        "base": base,
        "seeds": list(seeds),
        "k": K,
        "chance": reference.chance,
        "n_candidates": reference.n_candidates,
    }
    if setting in _LEFT_OUT:
        return shared | _leave_out(outcomes, reference, setting)
    common = sorted(set.intersection(*(set(_trained_subjects(own)) for own in outcomes)))
    if setting == "training.selection.subjects":
        outcomes = [own.among("subject", common) for own in outcomes]
        reference = reference.among("subject", common)
    axis = _AXES.get(setting)
    points = [
        {
            "experiment": own.experiment,
            "value": _value(own, setting),
            "place": axis.place(own, stride_s) if axis else _value(own, setting),
            "n_training_segments": own.n_training_segments,
            "accuracy": own.accuracy(),
            "compared": None if own.experiment == base else compare(own, reference),
        }
        for own in outcomes
    ]
    return shared | {
        "points": points,
        "subjects": sorted(reference.of_subjects()),
        "n_test_segments": len(reference.found),
        "axis": axis.label if axis else setting,
        "logarithmic": axis.logarithmic if axis else False,
    }


def write_sweep(
    path: Path, name: str, numbers: dict[str, Any], *, title: str, simulated: bool
) -> None:
    """Write the page of a sweep.

    Parameters: path, of the HTML file; name, of the sweep; numbers, of `sweep_setting`; title, of
    the study; simulated, whether its recordings are.
    """
    heading = f"{title}: {name.replace('_', ' ')}"
    template, picture = _picture(numbers)
    part = Part(
        name,
        name.replace("_", " ").capitalize(),
        TEMPLATES.get_template(template),
        {**numbers, "picture": picture},
    )
    lay_out(path, heading, [part], simulated=simulated)


def _picture(numbers: dict[str, Any]) -> tuple[str, Any]:
    """Give the template of the page, and its figure."""
    points = numbers["points"]
    if numbers["setting"] in _LEFT_OUT:
        drawing = partial(
            draw_left_out,
            [point["name"] for point in points],
            [point["accuracy"]["mean"] for point in points],
            [point["trained_with"]["mean"] for point in points],
            numbers["chance"],
            k=K,
            kind=numbers["kind"],
        )
        words = "; ".join(f"{point['name']} {point['accuracy']['mean']:.1%}" for point in points)
        return "left_out.html.jinja", draw(
            drawing, f"Accuracy on each {numbers['kind']} left out of the training: {words}."
        )
    places = [point["place"] for point in points]
    numeric = all(isinstance(place, int | float) for place in places)
    own = [point["experiment"] for point in points]
    drawing = partial(
        draw_curve,
        places if numeric else range(len(places)),
        [point["accuracy"] for point in points],
        numbers["chance"],
        k=K,
        label=numbers["axis"],
        logarithmic=numbers["logarithmic"],
        own=own.index(numbers["base"]) if numbers["base"] in own else -1,
    )
    words = "; ".join(f"{point['place']} {point['accuracy']['mean']:.1%}" for point in points)
    return "sweep.html.jinja", draw(drawing, f"Accuracy against {numbers['axis']}: {words}.")


def _leave_out(outcomes: Sequence[Outcome], reference: Outcome, setting: str) -> dict[str, Any]:
    kind = _LEFT_OUT[setting]
    names = [_value(own, setting) for own in outcomes]
    without = [own.among(kind, [name]) for own, name in zip(outcomes, names, strict=True)]
    trained_with = [reference.among(kind, [name]) for name in names]
    points = [
        {
            "experiment": own.experiment,
            "name": name,
            "n_test_segments": len(own.found),
            "n_training_segments": own.n_training_segments,
            "accuracy": own.accuracy(),
            "trained_with": other.accuracy(),
            "compared": compare(own, other),
        }
        for name, own, other in zip(names, without, trained_with, strict=True)
    ]
    together, other = join(without), join(trained_with)
    return {
        "kind": kind,
        "points": points,
        "together": {
            "accuracy": together.accuracy(),
            "trained_with": other.accuracy(),
            "compared": compare(together, other),
        },
        "n_subjects": len(together.of_subjects()),
    }


def _value(outcome: Outcome, setting: str) -> Any:
    return reduce(getitem, setting.split("."), outcome.description)


def _trained_subjects(outcome: Outcome) -> list[str]:
    """Give the subjects that an experiment was trained with, sorted."""
    selection = Selection(**outcome.description["training"]["selection"])
    return selection.heard_subjects(outcome.description["subjects"])
