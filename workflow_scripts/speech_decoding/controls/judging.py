"""Judging a study's main experiment by every control."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plumbing.errors import InputError
from plumbing.found_by_name import modules_of
from speech_decoding.controls.comparison import compare_tables
from speech_decoding.controls.control import NOT_RUN, Control, Verdict
from speech_decoding.controls.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd


def judge(
    *,
    proof: Mapping[str, Any],
    alignment: "pd.DataFrame",
    metrics: Mapping[str, Any],
    retrieval: "pd.DataFrame",
    controls: Mapping[str, Any],
    trained: Mapping[str, "pd.DataFrame"],
    top_k: Sequence[int],
) -> list[Verdict]:
    """Judge every control: failed ones first, then those not judged, each in their ORDER.

    Parameters: proof, alignment, metrics, retrieval and top_k, as in `Evidence`; controls, of
    `measuring.measure_controls`; trained, tables of retrieved segments of the experiments that are
    controls, by name.
    Raises: InputError for two controls of the same name or ORDER.
    """
    from_results = modules_of("speech_decoding.controls.from_results")
    at_test = modules_of("speech_decoding.controls.at_test")
    of_training = modules_of("speech_decoding.controls.trained")
    evidence = Evidence(proof, alignment, metrics, retrieval, top_k)
    basis = dict.fromkeys(from_results, evidence) | controls
    basis |= {
        name: compare_tables(retrieval, table, top_k=top_k) for name, table in trained.items()
    }
    verdicts = [
        _verdict(name, control, basis.get(name))
        for name, control in judged_in_order(from_results, at_test, of_training).items()
    ]
    failed_first = [False, None, True]
    return sorted(verdicts, key=lambda verdict: failed_first.index(verdict.passed))


def judged_in_order(*kinds: Mapping[str, Control]) -> dict[str, Control]:
    """Join the controls that have a verdict, in their ORDER.

    Raises: InputError for two controls of the same name or ORDER.
    """
    controls = [(name, control) for kind in kinds for name, control in kind.items()]
    _require_different("name", controls)
    judged = {name: control for name, control in controls if hasattr(control, "judge")}
    _require_different("ORDER", [(control.ORDER, control) for control in judged.values()])
    return dict(sorted(judged.items(), key=lambda item: item[1].ORDER))


def _require_different(what: str, controls: Sequence[tuple[Any, Control]]) -> None:
    """Raise InputError if two controls have the same name or ORDER, given beside each."""
    known: dict[Any, Control] = {}
    for value, control in controls:
        if known.setdefault(value, control) is not control:
            raise InputError(
                control.__name__,
                expected=f"another {what} than those of other controls",
                found=f"{value!r}, as in {known[value].__name__}",
                consequence="no control was judged",
                next_step=f"choose another {what}",
            )


def _verdict(name: str, control: Control, basis: Any) -> Verdict:
    outcome = NOT_RUN if basis is None else control.judge(basis)
    return Verdict(
        name,
        control.TITLE,
        outcome.passed,
        outcome.found,
        control.THRESHOLD,
        control.MEANING,
        outcome.numbers,
    )
