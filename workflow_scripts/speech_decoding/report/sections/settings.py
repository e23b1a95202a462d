"""Every setting of the study, and the versions of the software."""

from typing import Any

from speech_decoding.report.contents import Contents
from speech_decoding.report.formats import flatten

TITLE = "Settings and versions"
ORDER = 120


def show(contents: Contents) -> dict[str, Any]:
    cards = {f"Study {contents.study}": contents.entry, **contents.settings}
    for name, runs in contents.experiments.items():
        described = {key: value for key, value in runs[0].description.items() if key != "layouts"}
        cards[f"Experiment {name}, as trained (seed {runs[0].seed})"] = described
    cards["Software"] = contents.origin
    return {"cards": {title: list(flatten(values)) for title, values in cards.items()}}
