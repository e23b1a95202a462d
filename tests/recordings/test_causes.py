"""Findings on many recordings are told once per cause, with the recordings that they concern."""

import pytest

from plumbing.errors import InputError
from speech_decoding.recordings.causes import COLUMNS, group_by_cause, tabulate_findings
from speech_decoding.recordings.checks import judge_study
from speech_decoding.studies import Finding

ADVICE = {"consequence": "it is of no use", "next_step": "fetch it again"}


def missing(number):
    return Finding.fault(f"{number}.con", expected="a file", found=f"none at {number}", **ADVICE)


def cut(number):
    return Finding.fault(f"{number}.con", expected="a whole file", found=f"{number} B", **ADVICE)


def doubtful(number):
    return Finding.warning(f"{number}.wav", expected="a file", found=f"another {number}", **ADVICE)


def verdict(number, *findings):
    faults = any(finding.severity == "fault" for finding in findings)
    return {
        "recording": f"sub-{number:02}",
        "subject": f"{number:02}",
        "session": "0",
        "story": "tale",
        "verdict": "excluded" if faults else "warning" if findings else "used",
        "findings": [vars(finding) for finding in findings],
        "bad_channels": [],
        "words": {},
        "signal_sha256": None,
    }


def refusal(verdicts) -> list[str]:
    with pytest.raises(InputError) as caught:
        judge_study(verdicts, exclude={}, allow_missing=False)
    return str(caught.value).splitlines()


def test_thirty_five_bad_recordings_are_two_causes():
    verdicts = [verdict(n, *([missing(n)] if n < 33 else [cut(n)]), doubtful(n)) for n in range(35)]
    head, first, second = refusal([*verdicts, verdict(90)])
    assert head.startswith("35 of 36 recordings: expected recordings that can be used, found ")
    assert first == (
        "- 33 recordings (sub-00, sub-01, sub-02, sub-03, sub-04 and 28 more): "
        "0.con: expected a file, found none at 0; it is of no use; fetch it again."
    )
    assert second.startswith("- 2 recordings (sub-33, sub-34): 33.con: expected a whole file, ")


def test_many_causes_are_cut_short():
    def odd(number):
        return Finding.fault("x", expected=f"{number} files", found="none", **ADVICE)

    lines = refusal([verdict(number, odd(number)) for number in range(30)])
    assert len(lines) == 1 + 20 + 1
    assert lines[-1].startswith("- 10 more causes")


def test_a_row_per_finding_and_one_per_recording():
    verdicts = [verdict(2, missing(2), doubtful(2)), verdict(1, doubtful(1)), verdict(3)]
    table, findings = judge_study(verdicts, exclude={}, allow_missing=True)
    assert list(table["recording"]) == ["sub-02", "sub-01", "sub-03"]
    assert table["reasons"][0] == f"{missing(2).sentence} {doubtful(2).sentence}"
    assert list(findings.columns) == COLUMNS
    assert findings.values.tolist() == [
        ["sub-01", *vars(doubtful(1)).values()],
        ["sub-02", *vars(missing(2)).values()],
        ["sub-02", *vars(doubtful(2)).values()],
    ]
    fault, warning = group_by_cause(findings)
    assert (fault.severity, fault.recordings) == ("fault", ("sub-02",))
    assert (warning.recordings, warning.first) == (("sub-01", "sub-02"), doubtful(1))


def test_a_recording_that_the_configuration_leaves_out_has_no_findings():
    verdicts = [verdict(1, missing(1)), verdict(2)]
    table, findings = judge_study(verdicts, exclude={"01": "asleep"}, allow_missing=False)
    assert table["reasons"][0] == "By config.yaml: asleep."
    assert len(findings) == 0


def test_the_order_of_verdicts_says_nothing():
    found = [(f"sub-{number}", doubtful(number)) for number in range(5)]
    assert tabulate_findings(found).equals(tabulate_findings(reversed(found)))


def test_none_can_be_used():
    with pytest.raises(InputError, match="found all 1 excluded") as caught:
        judge_study([verdict(1, missing(1))], exclude={}, allow_missing=True)
    assert missing(1).sentence in str(caught.value)
