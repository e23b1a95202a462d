"""The headline: accuracy of the main experiment, chance level, p-value and the paper's result."""

from typing import Any

from speech_decoding.report.contents import Contents
from speech_decoding.report.paper import TOP_10

TITLE = "Summary"
ORDER = 10

# Above this p-value the page does not say that anything was decoded.
_SIGNIFICANT = 0.05


def show(contents: Contents) -> dict[str, Any]:
    result, k = contents.main_result, contents.headline_k
    window = contents.main_run.description["window"]
    reader = contents.entry["reader"]
    accuracies = [value[f"top{k}"]["mean"] for value in result["subjects"].values()]
    return {
        "experiment": contents.main_experiment,
        "result": result,
        "k": k,
        "accuracy": result[f"top{k}"],
        "chance": result["chance"][f"top{k}"],
        "decoded": result["p_value"]["largest"] < _SIGNIFICANT,
        "window_s": window["stop_s"] - window["start_s"],
        "subject_range": (min(accuracies), max(accuracies)),
        "interval": result["interval"][f"top{k}"],
        "failed": [verdict for verdict in contents.verdicts if verdict["passed"] is False],
        "not_run": [verdict for verdict in contents.verdicts if verdict["passed"] is None],
        "paper": TOP_10.get(reader) if k == 10 else None,
        "reader": reader,
    }
