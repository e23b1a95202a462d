"""Remarks on recordings are grouped by cause, faults first."""

import pandas as pd

from speech_decoding.recordings.causes import tabulate_findings
from speech_decoding.report.sections.data import Remark, list_remarks
from speech_decoding.studies import Finding

WISH = "By config.yaml: fell asleep."


def warn(name):
    parts = {"expected": "a wav", "consequence": "it is odd", "next_step": "look at it"}
    return Finding.warning(f"{name}.wav", found=f"another in {name}", **parts)


def refuse(name):
    parts = {"expected": "a file", "consequence": "it is lost", "next_step": "fetch it"}
    return Finding.fault(f"{name}.con", found="none", **parts)


def test_faults_come_first_then_wishes_then_warnings():
    verdicts = {
        "a": ("warning", warn("a").sentence),
        "b": ("excluded", WISH),
        "c": ("excluded", refuse("c").sentence),
        "d": ("warning", warn("d").sentence),
        "e": ("used", ""),
        "f": ("excluded", WISH),
    }
    checks = pd.DataFrame(
        [(name, *told) for name, told in verdicts.items()],
        columns=["recording", "verdict", "reasons"],
    )
    findings = tabulate_findings([("d", warn("d")), ("c", refuse("c")), ("a", warn("a"))])
    assert list_remarks(checks, findings) == [
        Remark(True, ("c",), refuse("c").sentence),
        Remark(True, ("b", "f"), WISH),
        Remark(False, ("a", "d"), warn("a").sentence),
    ]


def test_a_study_without_findings_has_no_remarks():
    checks = pd.DataFrame({"recording": ["a"], "verdict": ["used"], "reasons": [""]})
    assert list_remarks(checks, tabulate_findings([])) == []
