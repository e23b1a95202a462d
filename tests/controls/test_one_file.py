"""A control is one file: dropped into the folder of its kind, it is measured and judged."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from plumbing import fingerprint
from plumbing.errors import InputError
from plumbing.found_by_name import modules_of
from speech_decoding.controls.judging import judged_in_order

ROOT = Path(__file__).parents[2]

REVERSED = (ROOT / "tests/workflow/one_file/control.py").read_text()

EARLIER = '''
"""The brain taken a second earlier than the speech."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance
from speech_decoding.controls.shifting import shift_test_segments

ORDER = 46
TITLE = "Brain a second before the speech"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the decoder foresees the speech"


def further_segments(tables, lengths, window):
    return shift_test_segments(tables, lengths, window, shift_s=-1.0, at_most=100)


def measure(examiner):
    rows = examiner.store.rows("earlier")
    return examiner.compare(examiner.positions_of(rows), rows)
'''

NO_SPEECH = '''
"""Experiment `no_speech`: a decoder trained on silence."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 47
TITLE = "Training on silence"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the decoder learns without speech"
'''

MANY_WORDS = '''
"""Enough test segments."""

from speech_decoding.controls.control import Outcome

ORDER = 48
TITLE = "Number of test segments"
THRESHOLD = "a hundred or more"
MEANING = "the accuracy rests on few segments"


def judge(evidence):
    count = len(evidence.retrieval)
    return Outcome(count >= 100, f"{count} segments", {"n": count})
'''

MEASURE_AND_JUDGE = """
import json
from dataclasses import asdict

from configuration.check import ConfigCheck
from speech_decoding.controls.judging import judge
from speech_decoding.controls.measuring import measure_controls
from tests.config_advice import shipped
from tests.controls.test_controls import TOP_K, measured
from tests.listeners import AUDIO_HZ, World

world = World()
trained = world.open()
table, metrics = world.retrieve(trained)
noise = world.retrieve(world.open(signals=world.noise()))[0]
controls = measure_controls(
    trained, table, world.wavs, world.audio, audio_rate_hz=AUDIO_HZ, top_k=TOP_K
)
verdicts = judge(
    proof={"clean": True, "longest_overlap_s": 0.0, "overlaps": []},
    alignment=measured(world),
    metrics=metrics,
    retrieval=table,
    controls=controls,
    trained={"no_speech": noise},
    top_k=TOP_K,
)
config = shipped()
config["experiments"]["no_speech"] = {"embedding": "wav2vec2"}
config["report"]["controls"] = ["random", "no_speech"]
check = ConfigCheck(config, "rules/config.schema.yaml")
check.check_values()
check.check_study("gwilliams")
print(json.dumps({"controls": controls, "verdicts": [asdict(one) for one in verdicts]}))
"""


def measure_and_judge(scripts):
    """Run all controls of a copy of the code: {controls, verdicts}."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE_AND_JUDGE],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{scripts}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def scripts(tmp_path):
    """A copy of the code."""
    folder = tmp_path / "workflow_scripts"
    shutil.copytree(fingerprint.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_one_file_more_is_one_control_more(scripts):
    folder = scripts / "speech_decoding" / "controls"
    (folder / "at_test" / "reversed.py").write_text(REVERSED)
    (folder / "at_test" / "earlier.py").write_text(EARLIER)
    (folder / "trained" / "no_speech.py").write_text(NO_SPEECH)
    (folder / "from_results" / "many_words.py").write_text(MANY_WORDS)
    outcome = measure_and_judge(scripts)
    assert outcome["controls"]["reversed"]["n"] > 0 and outcome["controls"]["earlier"]["n"] > 0
    verdicts = {verdict["name"]: verdict for verdict in outcome["verdicts"]}
    passed = [name for name, verdict in verdicts.items() if verdict["passed"]]
    added = ["reversed", "earlier", "no_speech", "many_words"]
    assert passed[:9] == ["splits", "alignment", "listeners", "permuted_pairs", *added, "noise"]
    assert verdicts["reversed"]["title"] == "Brain reversed in time"


@pytest.mark.parametrize(
    ("kind", "name", "text", "concerned"),
    [
        ("at_test", "reversed", REVERSED, {"control_decoder", "judge_controls"}),
        ("trained", "no_speech", NO_SPEECH, {"judge_controls"}),
        ("from_results", "many_words", MANY_WORDS, {"judge_controls"}),
    ],
)
def test_a_new_control_is_measured_or_judged_anew(
    scripts, fresh_fingerprints, kind, name, text, concerned
):
    before = fresh_fingerprints()
    (scripts / "speech_decoding" / "controls" / kind / f"{name}.py").write_text(text)
    after = fresh_fingerprints()
    assert {script for script in before if after[script] != before[script]} == concerned


@pytest.fixture
def fresh_fingerprints(scripts, monkeypatch):
    """A function: the fingerprints of three scripts of the copy, as it is now."""
    monkeypatch.setattr(fingerprint, "SCRIPTS", scripts)

    def forget():
        fingerprint._read_module.cache_clear()
        fingerprint._data_files.cache_clear()

    def read():
        forget()
        names = ("evaluate_decoder", "control_decoder", "judge_controls")
        return {name: fingerprint.code_fingerprint(name) for name in names}

    yield read
    forget()


def control(name, **stated):
    return SimpleNamespace(__name__=f"controls.{name}", judge=len, **stated)


def test_controls_stand_in_their_order():
    kinds = {"b": control("b", ORDER=2)}, {"c": control("c", ORDER=1)}, {"a": control("a", ORDER=3)}
    assert list(judged_in_order(*kinds)) == ["c", "b", "a"]


def test_what_is_not_judged_needs_no_order():
    curve = SimpleNamespace(__name__="controls.curve", measure=len)
    assert list(judged_in_order({"curve": curve, "a": control("a", ORDER=1)})) == ["a"]


@pytest.mark.parametrize(
    ("first", "second", "mark"),
    [
        ({"a": control("a", ORDER=7)}, {"b": control("b", ORDER=7)}, r"7, as in controls\.a"),
        (
            {"b": control("a.b", ORDER=7)},
            {"b": control("b", ORDER=8)},
            r"'b', as in controls\.a\.b",
        ),
    ],
)
def test_two_controls_of_one_order_or_name_are_refused(first, second, mark):
    with pytest.raises(InputError, match=rf"controls\.b: .*found {mark}"):
        judged_in_order(first, second)


@pytest.mark.parametrize("kind", ["at_test", "from_results", "trained"])
def test_every_control_that_is_judged_describes_itself(kind):
    for module in modules_of(f"speech_decoding.controls.{kind}").values():
        assert module.__doc__.strip()
        if kind != "at_test" or hasattr(module, "judge"):
            assert isinstance(module.ORDER, int) and callable(module.judge)
            assert all([module.TITLE, module.THRESHOLD, module.MEANING])
        assert hasattr(module, "measure") == (kind == "at_test")
