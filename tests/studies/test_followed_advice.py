"""Whoever follows the advice of a verdict on a MEG-MASC tree ends with a study that is used."""

import re
import shutil
from pathlib import Path

import pytest

from plumbing.errors import InputError
from speech_decoding.recordings.checks import judge_recording, judge_study
from speech_decoding.studies.gwilliams import Study
from tests.advice import follow
from tests.studies.small_study import SmallStudy
from tests.studies.test_faults import FAULTS
from tests.verdicts import sentences_of

OR_EXCLUDE = r"(?:, or exclude (?:it|the recording) in config\.yaml with a reason)?"
IF_OTHER = r"(?:, if (?:it is not the published one|they are not the published ones))?"
MOST_ROUNDS = 5


class Reader:
    """Somebody who knows nothing but the sentences, and where whole files are to be had."""

    def __init__(self, small: SmallStudy, intact: SmallStudy):
        self.small, self.intact = small, intact
        self.layout = dict(small.layout)
        self.content = False
        fetch = self.fetch_named
        self.actions = {
            rf"fetch (?:or copy )?(?:it|the file|the table) again{OR_EXCLUDE}{IF_OTHER}": fetch,
            rf"fetch the events again{OR_EXCLUDE}{IF_OTHER}": self.fetcher("*_events.tsv"),
            rf"fetch the recording and its events again{OR_EXCLUDE}": self.fetcher(
                "*_meg.con", "*_events.tsv"
            ),
            rf"fetch the events and the audio file again{IF_OTHER}": self.fetcher(
                "*_events.tsv", "*.wav"
            ),
            "fetch the table and the recording again": self.fetcher("*_channels.tsv", "*_meg.con"),
            rf"fetch both files again{IF_OTHER}": self.fetcher("*_meg.json", "*_meg.con"),
            r"rename it to (\S+)": self.rename,
            r"fetch it, or name it under `absent` in .* if it was never recorded": self.fetcher(
                "*"
            ),
            "put the tree there, or set the study's raw_folder to where it is": self.fetcher("*"),
            r"set layout\.stories\.(\w+)\.parts to (\d+), or fetch the file again": self.set_parts,
            "fetch the file again, or correct the name or the task of the story under "
            r"layout\.stories": fetch,
            "nothing needs to be done.*": self.be_content,
        }

    def verdict(self):
        study = Study(self.small.folder, **self.layout)
        return judge_recording(study, study.recordings()[0])

    def restore(self, path: Path) -> None:
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(self.intact.folder / path.relative_to(self.small.folder), path)

    def fetch_named(self, found, sentence: str) -> None:
        """Fetch the file that the sentence begins with."""
        self.restore(Path(re.match(r"(\S+?)(?:, row \d+)?: expected", sentence)[1]))

    def fetcher(self, *patterns: str):
        def fetch(found, sentence: str) -> None:
            for pattern in patterns:
                for path in self.intact.folder.rglob(pattern):
                    if path.is_file():
                        self.restore(self.small.folder / path.relative_to(self.intact.folder))

        return fetch

    def rename(self, found, sentence: str) -> None:
        there = re.match(r"(\S+): expected .* found (\S+), whose case differs", sentence)
        path = Path(there[1])
        path.with_name(there[2]).rename(path.with_name(found[1]))

    def set_parts(self, found, sentence: str) -> None:
        story = self.layout["stories"][found[1]] | {"parts": int(found[2])}
        self.layout["stories"] = {found[1]: story}

    def be_content(self, found, sentence: str) -> None:
        self.content = True

    def follow_all(self) -> dict:
        """Follow the first sentence of a verdict until there is none; gives the last verdict."""
        for _ in range(MOST_ROUNDS):
            verdict = self.verdict()
            if not verdict["findings"] or self.content:
                return verdict
            follow(sentences_of(verdict)[0], self.actions)
        raise AssertionError(f"still not used: {sentences_of(self.verdict())}")


@pytest.mark.parametrize("name", FAULTS)
def test_the_advice_helps(name, small, intact):
    FAULTS[name].broken_by(small)
    verdict = Reader(small, intact).follow_all()
    assert verdict["verdict"] in ("used", "warning")


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name].verdict == "excluded"])
def test_the_other_ways_out_help(name, small, intact):
    """Those that are told at the end of the checks, and in the sentences themselves."""
    FAULTS[name].broken_by(small)
    verdict = small.verdict()
    other = intact.verdict() | {"recording": "other", "subject": "02", "signal_sha256": None}
    with pytest.raises(InputError, match="name them under `exclude` with a reason, or set check"):
        judge_study([verdict, other], exclude={}, allow_missing=False)
    table, _ = judge_study(
        [verdict, other], exclude={verdict["recording"]: "x"}, allow_missing=False
    )
    assert list(table["verdict"]) == ["excluded", "used"]
    table, _ = judge_study([verdict, other], exclude={}, allow_missing=True)
    assert list(table["verdict"]) == ["excluded", "used"]


@pytest.mark.parametrize("parts", [1, 3])
def test_a_wrong_number_of_parts_is_named_and_corrected(parts, small, intact):
    reader = Reader(small, intact)
    reader.layout["stories"] = {"tiny_tale": {"task": "0", "parts": parts}}
    (sentence,) = sentences_of(reader.verdict())
    assert f"found 2, where layout.stories.tiny_tale.parts is {parts}" in sentence
    assert reader.follow_all()["verdict"] == "used"


def test_a_wrong_name_of_a_story_is_told(small):
    layout = small.layout | {"stories": {"tiny_tail": {"task": "0", "parts": 2}}}
    study = Study(small.folder, **layout)
    (sentence,) = sentences_of(judge_recording(study, study.recordings()[0]))
    assert (
        "events in tiny_tale_0.wav, tiny_tale_1.wav, where layout.stories gives task 0" in sentence
    )
    assert "correct the name or the task of the story under layout.stories" in sentence


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"subjects": ["sub-01"]}, "write '01' in its place"),
        ({"sessions": ["ses-0"]}, "write '0' in its place"),
        ({"stories": {"tiny_tale": {"task": "task-0", "parts": 2}}}, "write '0' in its place"),
    ],
)
def test_a_label_with_its_name_is_refused(change, advice, small):
    with pytest.raises(InputError, match=advice):
        Study(small.folder, **(small.layout | change)).recordings()


def test_a_session_that_was_never_recorded_is_no_recording(small):
    assert Study(small.folder, **(small.layout | {"absent": ["01/0"]})).recordings() == []


def test_a_wrong_folder_is_told_once(tmp_path, intact):
    subjects = [f"{number:02}" for number in range(1, 28)]
    study = Study(tmp_path, **(intact.layout | {"subjects": subjects, "sessions": ["0", "1"]}))
    verdicts = [judge_recording(study, recording) for recording in study.recordings()]
    with pytest.raises(InputError) as caught:
        judge_study(verdicts, exclude={}, allow_missing=False)
    head, line = str(caught.value).splitlines()
    assert head.startswith("54 of 54 recordings: ")
    assert line.startswith("- 54 recordings (sub-01_ses-0_task-0, ")
    assert f"{tmp_path}: expected a BIDS tree with a folder sub-... for each subject" in line
