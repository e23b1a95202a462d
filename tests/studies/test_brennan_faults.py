"""What can be wrong with the files of an Alice recording: each fault has its sentence."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from plumbing.errors import InputError
from simulation import matlab_file
from speech_decoding.recordings.checks import judge_study
from speech_decoding.studies.brennan import WORDS_FILE, Study
from tests.advice import follow
from tests.verdicts import sentences_of

HDF5_HEADER = b"MATLAB 7.3 MAT-file, HDF5 schema 1.0".ljust(124) + b"\x00\x02IM"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def rename(old: str, new: str):
    def change(parts):
        parts["labels"] = [new if label == old else label for label in parts["labels"]]

    return change


def drop_channel(parts):
    parts["labels"].remove("7")
    parts["data"] = np.delete(parts["data"], 6, axis=0)


def cut_samples(parts):
    parts["data"] = parts["data"][:, :-6000]


def set_samples(rows, columns, value):
    def change(parts):
        parts["data"][rows, columns] = value

    return change


def change_header(**values):
    def change(raw):
        raw["hdr"].update(values)

    return change


def change_trials(rows, column, change):
    def edit(proc):
        proc["trl"][rows, column] = change(proc["trl"][rows, column])

    return edit


def drop_trials(proc):
    proc["trl"] = proc["trl"][:-3]


def merge_wavs(proc):
    proc["trl"] = proc["trl"][proc["trl"][:, 3] != 2]


def drop_column_names(proc):
    proc["varnames"] = ["segment", "tmin"]


def widen(proc):
    """Add columns whose names do not say where they are, as in S02's table."""
    proc["trl"] = np.column_stack([proc["trl"], np.ones((len(proc["trl"]), 3))])
    proc["varnames"] = [*proc["varnames"], *"abcdef"]


FILES = [
    ("S03.mat", b"", "S03.mat: .*found an empty file"),
    (
        "S03.mat",
        HDF5_HEADER + HDF5_SIGNATURE.rjust(512),
        r"version 7\.3 \(HDF5\); it cannot be read; save it with -v7 in MATLAB",
    ),
    ("S03.mat", HDF5_SIGNATURE * 64, "S03.mat: .*a damaged or different file"),
    ("proc/S03.mat", b"no matlab" * 100, "proc/S03.mat: .*a damaged or different file"),
    (WORDS_FILE, b"Word,Segment\nAlice,1\n", "a table with the columns Word, Segment, onset"),
    (WORDS_FILE, b"\xff\xfe" * 50, "a table with the columns Word, Segment, onset"),
]

RECORDINGS = [
    (drop_channel, "the 60 electrodes 1 to 61 without 29, found no 7 among 61 channels"),
    (rename("7", "Fz"), r"found no 7 among 62 channels \(others: Fz, VEOG\)"),
    (rename("7", "8"), "channels of different names"),
    (cut_samples, r"last word has begun, found .* after which \d+ of \d+ events"),
    (set_samples(3, 5000, np.nan), "finite values, found NaN or infinite ones in 4"),
    (set_samples(3, slice(None), 0.0), "flat ones: 4"),
    (
        set_samples(slice(0, 60), slice(-2000, None), 0.0),
        r"all of them still for 4\.00 s, at its end",
    ),
]

HEADERS = [
    (change_header(Fs=250.0), r"agree on the rate, found 250 by raw\.hdr\.Fs, 500 by raw\.fsample"),
    (
        change_header(nSamples=3.0),
        r"agree on the number of samples, found 3 by raw\.hdr\.nSamples, \d+ by raw\.sampleinfo",
    ),
    (change_header(Fs="fast"), r"a number above 0 as raw\.hdr\.Fs, found 'fast'"),
    (change_header(nSamples=np.ones(2)), r"a number above 0 as raw\.hdr\.nSamples, found array"),
    (
        lambda raw: raw.update(fsample=250.0, time=np.arange(raw["trial"].shape[1]) / 250),
        r"agree on the rate, found 500 by raw\.hdr\.Fs, 250 by raw\.fsample, 250 by raw\.time",
    ),
    (
        lambda raw: raw.update(time=raw["time"][:-5]),
        r"agree on the number of samples, found \d+ by raw\.hdr\.nSamples, .* by raw\.time",
    ),
    (
        lambda raw: raw["hdr"].update(label=["A1", *raw["hdr"]["label"][1:]]),
        "agree on the names of the channels, found 1 only in label",
    ),
    (
        lambda raw: raw["hdr"].update(chanunit=["mV"] * 62),
        r"channels in uV, by hdr\.chanunit, found some in 'mV'",
    ),
    (lambda raw: raw["hdr"].pop("Fs"), r"the field raw\.hdr\.Fs, found none"),
    (lambda raw: raw.pop("trial"), r"the field raw\.trial, found none"),
    (lambda raw: raw.update(trial="EEG"), "one trial of 62 channels x samples, .* found one"),
]

TRIALS = [
    (drop_trials, r"expected \d+ trials, one per word, found \d+"),
    (merge_wavs, r"expected \d+ trials, one per word, found \d+"),
    (change_trials(9, 4, lambda start_s: start_s + 0.1), "found trial 10 that fits none"),
    (change_trials(9, 5, lambda order: order + 1), "found trial 10 that fits none"),
    (change_trials(9, 0, lambda begin: np.nan), "finite numbers, found a NaN in trial 10"),
    (change_trials(9, 0, lambda begin: begin + 50), "trials that agree on where their wav began"),
    (drop_column_names, "columns begin, end, offset, segment, tmin and Order"),
    (widen, "the words of 4 wavs"),
    (lambda proc: proc.pop("trl"), r"the field proc\.trl, found none"),
    (lambda proc: proc.update(trl="none"), "columns begin, end, offset, segment, tmin and Order"),
]


def change_ica(**values):
    def change(proc):
        proc["ica"].update(values)

    return change


COMPONENTS = [
    (change_ica(rejcomp=np.array([0.0])), r"numbers of its components as ica\.rejcomp, found 0\.0"),
    (change_ica(rejcomp=np.array([1.0, 99.0])), r"found 1\.0 99\.0 of 56"),
    (change_ica(rejcomp=np.array([1.5])), r"found 1\.5 of 56"),
    (change_ica(rejcomp=np.nan), "found nan of 56"),
    (change_ica(rejcomp="eyes"), "found eyes of 56"),
    (change_ica(unmixing=np.ones((56, 9))), "found 56 x 9 numbers for 57 channels"),
    (change_ica(unmixing=np.full((56, 57), np.inf)), r"finite numbers as ica\.unmixing"),
    (change_ica(unmixing="none"), r"components x channels as ica\.unmixing, found 1 x 1 numbers"),
    (change_ica(topolabel=["1"] * 57), r"each channel once as ica\.topolabel"),
    (lambda proc: proc.pop("ica"), r"the field proc\.ica\.topolabel, found none"),
]

# What a line of a BrainVision header is changed to.
LINES = [
    ("[Common Infos]", "[Other Infos]", r"DataFile in its section \[Common Infos\], found no sec"),
    ("DataFormat=BINARY", "DataFormat=ASCII", "BINARY as DataFormat, found DataFormat=ASCII"),
    ("DataFormat=BINARY", "", r"DataFormat in its section \[Common Infos\], found no DataFormat"),
    ("=MULTIPLEXED", "=SORTED", "MULTIPLEXED or VECTORIZED as DataOrientation, found DataO"),
    ("=2000", "=0", "a number above 0 as SamplingInterval, found SamplingInterval=0;"),
    ("=2000", "=nan", "a number above 0 as SamplingInterval, found SamplingInterval=nan"),
    ("=2000", "=1000", "expected 500 Hz, found 1000 Hz"),
    ("=62", "=6.5", "1 to 10000 channels, found NumberOfChannels=6.5"),
    ("=62", "=1000000000", "1 to 10000 channels, found NumberOfChannels=1e"),
    ("=IEEE_FLOAT_32", "=IEEE_FLOAT_64", "INT_16 or INT_32 or IEEE_FLOAT_32 as BinaryFormat"),
    ("Ch7=7,,1,µV", "", "each channel, found 62 and no Ch7"),
    ("Ch7=7,,1,µV", "Ch7=8,,1,µV", "channels of different names, found 8 twice"),
    ("Ch7=7,,1,µV", "Ch7=7,,one,µV", "resolution and unit of each channel, found Ch7=7,,one"),
    ("Brain Vision Data", "Data", "the header of a BrainVision recording, found a file that beg"),
    ("=S03.eeg", "=S44.eeg", "found DataFile=S44.eeg beside S03.eeg; .*; edit DataFile in it"),
    ("=S03.vmrk", "=S44.vmrk", "found MarkerFile=S44.vmrk beside S03.vmrk; .*; edit MarkerFile"),
]


def judge(study, pattern: str, *, severity: str = "excluded") -> None:
    """Assert that the verdict on S03 has one such sentence, whose advice then helps."""
    verdict = study.verdict("S03")
    assert verdict["verdict"] == severity, verdict
    (sentence,) = sentences_of(verdict)
    assert re.search(pattern, sentence), sentence
    assert re.fullmatch(r".+: expected .+, found .+; .+; .+\.", sentence, flags=re.DOTALL)
    follow(sentence, actions(study))
    after = study.verdict("S03")
    assert after["verdict"] == "used", after


def actions(study):
    """Give what the reader of an advice does, by the advice."""

    def fetch(_, sentence: str) -> None:
        study.fetch(str(place(sentence).relative_to(study.folder)))

    def fetch_with_words(_, sentence: str) -> None:
        fetch(_, sentence)
        study.fetch(WORDS_FILE)

    def fetch_three(_, sentence: str) -> None:
        for suffix in (".vhdr", ".eeg", ".vmrk"):
            study.fetch(place(sentence).with_suffix(suffix).name)

    def edit(found: re.Match, sentence: str) -> None:
        header = place(sentence)
        text = header.read_text(encoding="utf-8")
        for key, suffix in (("DataFile", ".eeg"), ("MarkerFile", ".vmrk")):
            if key in found[1].split(" and "):
                text = re.sub(f"^{key}=.*$", f"{key}={header.stem}{suffix}", text, flags=re.M)
        study.rewrite(header.name, text.encode())

    exclude = "(?:, or exclude (?:it|the recording|the subject) in config.yaml(?: with a reason)?)?"
    return {
        f"fetch (?:or copy )?(?:it|the file) again{exclude}": fetch,
        "fetch or copy the file again, or correct wav_distances_s in the layout": fetch,
        "check which file was copied here, or fetch it again": fetch,
        "fetch it again, or leave preprocess.ica off": fetch,
        "save it with -v7 in MATLAB": fetch,
        f"fetch it and the word table again{exclude}": fetch_with_words,
        "fetch or copy its three files again": fetch_three,
        "edit (.+) in it if its three files were renamed, or fetch them again": edit,
        f"fetch both again{exclude}": lambda *_: study.fetch(""),
        # A warning: the channel may stay as it is, which is shown by the recording's being used.
        "nothing needs to be done, or set preprocess.interpolate_bad": lambda *_: study.fetch(""),
    }


def place(sentence: str) -> Path:
    """Give the file that a sentence names."""
    return Path(sentence.partition(": expected ")[0])


@pytest.mark.parametrize(("name", "content", "pattern"), FILES)
def test_a_file_of_another_kind(alice, name, content, pattern):
    alice.rewrite(name, content)
    judge(alice, pattern)
    if name != WORDS_FILE:
        assert alice.verdict("S44")["verdict"] == "used"


def test_word_tables(alice):
    lines = (alice.folder / WORDS_FILE).read_bytes().splitlines(keepends=True)
    alice.rewrite(WORDS_FILE, b"".join([*lines, lines[-1]]))
    judge(alice, "a table with the columns .*, found a damaged .*a number of Order twice")
    three_wavs = [line for line in lines if line.split(b",")[1] != b"4"]
    alice.rewrite(WORDS_FILE, b"".join(three_wavs))
    judge(alice, "words of every wav, one more .*, found those of 3 wavs, not of 4")


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9999])
@pytest.mark.parametrize("name", ["S03.mat", "proc/S03.mat"])
def test_a_file_cut_off(alice, name, share):
    alice.cut(name, int((alice.folder / name).stat().st_size * share))
    judge(alice, f"{name}: expected a MATLAB file of version 5 to 7.2")


@pytest.mark.parametrize("name", ["S03.mat", "proc/S03.mat", WORDS_FILE])
def test_a_missing_file(alice, name):
    (alice.folder / name).unlink()
    judge(alice, f"{name}: expected a file that can be read, found no such file")


@pytest.mark.parametrize(("change", "pattern"), RECORDINGS)
def test_a_recording(alice, change, pattern):
    alice.change_recording(change)
    judge(alice, pattern, severity="warning" if "flat" in pattern else "excluded")


@pytest.mark.parametrize(("change", "pattern"), HEADERS)
def test_a_header(alice, change, pattern):
    alice.change_struct("S03.mat", "raw", change)
    judge(alice, pattern)


@pytest.mark.parametrize(("change", "pattern"), TRIALS)
def test_a_trial_table(alice, change, pattern):
    alice.change_struct("proc/S03.mat", "proc", change)
    judge(alice, pattern)


@pytest.mark.parametrize(("change", "pattern"), COMPONENTS)
def test_components(alice, change, pattern):
    """Few need them: the recording is used, and only a preprocessing with them refuses it."""
    alice.change_struct("proc/S03.mat", "proc", change)
    with pytest.raises(InputError, match=pattern):
        alice.reader.load_ica(alice.recording("S03"))
    judge(alice, pattern, severity="warning")


@pytest.mark.parametrize(("line", "other", "pattern"), LINES)
def test_a_brainvision_header(alice, line, other, pattern):
    alice.as_second_release()
    for name in ("S44.eeg", "S44.vmrk"):  # they are there, but another's
        alice.rewrite(name, bytes(2480))
    alice.edit("S03.vhdr", line, other)
    judge(alice, pattern)


def test_a_renamed_brainvision_recording(alice):
    alice.as_second_release()
    alice.edit("S03.vhdr", "DataFile=S03.eeg", "DataFile=first.eeg")
    alice.edit("S03.vhdr", "MarkerFile=S03.vmrk", "MarkerFile=first.vmrk")
    judge(alice, "; edit DataFile and MarkerFile in it if its three files were renamed, or fetch")


def test_a_listener_under_the_name_of_another(alice):
    """Nothing is wrong with the file itself, here one that was even written anew."""
    content = loadmat(alice.folder / "S03.mat", struct_as_record=False)["raw"]
    (alice.folder / "S44.mat").unlink()
    savemat(alice.folder / "S44.mat", {"raw": content})
    verdicts = [alice.verdict(subject) for subject in ("S03", "S26", "S44")]
    assert [verdict["verdict"] for verdict in verdicts] == ["used", "warning", "warning"]
    table, findings = judge_study(verdicts, exclude={}, allow_missing=True)
    assert list(table["verdict"]) == ["excluded", "warning", "excluded"]
    faults = findings[findings["severity"] == "fault"].set_index("recording")
    assert faults["found"].to_dict() == {"S03": "that of S44", "S44": "that of S03"}
    with pytest.raises(InputError, match="expected a signal of its own, found that of S44; one"):
        judge_study(verdicts, exclude={}, allow_missing=False)
    # Both ways out that the sentence names.
    assert set(faults["next_step"]) == {
        "fetch all of them again, or name the copy under `exclude`",
    }
    table, _ = judge_study(verdicts, exclude={"S44": "a copy of S03"}, allow_missing=False)
    assert list(table["verdict"]) == ["used", "warning", "excluded"]
    alice.fetch("S44.mat")
    table, _ = judge_study([*verdicts[:2], alice.verdict("S44")], exclude={}, allow_missing=False)
    assert list(table["verdict"]) == ["used", "warning", "used"]


def test_another_struct(alice):
    matlab_file.write_struct(alice.folder / "S03.mat", "data", {"trial": np.ones((62, 5))})
    judge(alice, r"the field raw\.hdr\.Fs, found none")


def test_a_listener_whose_wavs_are_at_other_distances(alice):
    """A shifted table that nobody listed as such shows by its distances."""
    (alice.folder / "proc/S03.mat").unlink()
    (alice.folder / "proc/S26.mat").rename(alice.folder / "proc/S03.mat")
    judge(alice, "trials, one per word")

    def stretch(proc):
        table = proc["trl"]
        table[table[:, 3] >= 3, :2] += 1000

    (alice.folder / "proc/S44.mat").rename(alice.folder / "proc/S03.mat")
    alice.change_struct("proc/S03.mat", "proc", stretch)
    judge(alice, r"expected 11\.0 s from the start of wav 2 to that of the next, found 13\.0 s")


def test_another_word_table_than_the_published_one(alice):
    study = type(alice.reader)(alice.folder, **alice.layout, words_sha256="0" * 64)
    (found,) = study.check(alice.recording("S03"))
    assert found.severity == "warning"
    assert "the published table with SHA-256 000000000000" in found.sentence


@pytest.mark.parametrize(
    ("name", "size", "pattern"),
    [
        ("S03.eeg", -10, r"S03\.eeg: expected whole frames of 62 channels, 248 bytes each, found"),
        (
            "S03.eeg",
            -248 * 6000,
            r"last word has begun, found .* after which \d+ of \d+ events",
        ),
        ("S03.vhdr", 300, r"an entry in \[Channel Infos\] for each channel, found 62 and no Ch4"),
    ],
)
def test_a_brainvision_file_cut_off(alice, name, size, pattern):
    alice.as_second_release()
    alice.cut(name, size)
    judge(alice, pattern)


@pytest.mark.parametrize("name", ["S03.eeg", "S03.vmrk"])
def test_a_missing_brainvision_file(alice, name):
    alice.as_second_release()
    (alice.folder / name).unlink()
    judge(alice, f"{name}: expected a file that can be read, found no such file")


def test_a_listener_who_is_refused(intact_alice):
    verdict = intact_alice.verdict("S02")
    assert verdict["verdict"] == "excluded"
    (sentence,) = sentences_of(verdict)
    assert "its trial table holds the trials of S10; it is refused" in sentence

    def choose(*_):
        layout = intact_alice.layout | {"subject_set": "all_usable"}
        chosen = Study(intact_alice.folder, **layout).recordings()
        assert [one.subject for one in chosen] == ["S01", "S03", "S26", "S44"]

    follow(sentence, {"choose a subject set without it or name it under `exclude`": choose})
