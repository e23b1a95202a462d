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
    """Give a verdict for every control in order, but failed ones first and those not run second.

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
    """Join the controls that are judged, by their ORDER.

    Raises: InputError for two controls of the same name or ORDER.
    """
    known: dict[str | int, Control] = {}
    for name, control in (each for kind in kinds for each in kind.items()):
        for mark in (name, control.ORDER) if hasattr(control, "judge") else (name,):
            if mark in known:
                raise InputError(
                    control.__name__,
                    expected="a name and an ORDER that no other control has",
                    found=f"{mark!r}, as in {known[mark].__name__}",
                    consequence="no control was judged",
                    next_step="choose another",
                )
            known[mark] = control
    orders = sorted(mark for mark in known if isinstance(mark, int))
    return {known[order].__name__.rpartition(".")[2]: known[order] for order in orders}


def _verdict(name: str, control: Control, basis: Any) -> Verdict:
    outcome = NOT_RUN if basis is None else control.judge(basis)
    return Verdict(
        name,
        control.TITLE,
        outcome.passed,
        outcome.found,
        control.THRESHOLD.format_map(outcome.numbers or {}),
        control.MEANING,
        outcome.numbers,
    )
