"""The table of faults: what is wrong, the sentence that says so, and what is done about it."""

import json
import re
import shutil
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from plumbing.errors import InputError
from simulation import kit_file
from speech_decoding.recordings.checks import judge_study
from tests.studies.small_study import SmallStudy
from tests.verdicts import sentences_of

CON, WAV = "task-0_meg.con", "tiny_tale_0.wav"
CHANNELS, EVENTS, SIDECAR = "task-0_channels.tsv", "task-0_events.tsv", "task-0_meg.json"
HEARD = "events of sub-01_ses-0_task-0"
FRAME = 512
_COUNT = 5000  # samples of a part of the recording


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def link_to(path, target):
    path.unlink()
    path.symlink_to(target)


def set_cells(column, change, rows=slice(None)):
    """Give a change of a table: `change(cell)` in some rows of a column."""

    def changed(table):
        place = table.columns.get_loc(column)
        for row in range(len(table))[rows]:
            table.iloc[row, place] = change(table.iloc[row, place])
        return table

    return changed


def move_events(small, seconds, rows=slice(None)):
    moved = set_cells("onset", lambda onset: f"{float(onset) + seconds:.3f}", rows)
    small.change_table(small.events, moved)


def repeat_row(row):
    return lambda table: table.iloc[sorted([*range(len(table)), row])]


def swap_rows(first, second):
    def swapped(table):
        order = list(range(len(table)))
        order[first], order[second] = order[second], order[first]
        return table.iloc[order]

    return swapped


def rename_wav(small):
    small.wav.rename(small.wav.with_name("Tiny_Tale_0.wav"))


def shorten_wav(small):
    waveform, rate_hz = soundfile.read(small.wav)
    small.wav.unlink()
    soundfile.write(small.wav, waveform[: len(waveform) // 2], rate_hz)


def lengthen_wav(small):
    waveform, rate_hz = soundfile.read(small.wav)
    small.wav.unlink()
    soundfile.write(small.wav, np.append(waveform, np.zeros(8 * rate_hz)), rate_hz)


def with_sizes(wav, riff_size, data_size):
    """Give the content of a WAV file with other sizes in its header."""
    content = bytearray(wav.read_bytes())
    content[4:8], content[40:44] = struct.pack("<I", riff_size), struct.pack("<I", data_size)
    return bytes(content)


def with_rate(wav, rate_hz):
    content = bytearray(wav.read_bytes())
    content[24:28] = struct.pack("<I", rate_hz)
    return bytes(content)


def write_nan(small):
    waveform, rate_hz = soundfile.read(small.wav, dtype="float32")
    waveform[1000] = np.nan
    small.wav.unlink()
    soundfile.write(small.wav, waveform, rate_hz, subtype="FLOAT")


def write_short_recording(small):
    block = np.random.default_rng(0).normal(0, 1e-12, (256, 2500)).astype(np.float32)
    small.con.unlink()
    kit_file.write_recording(small.con, [block], sample_count=2500, rate_hz=1000)


def set_samples(rows, columns, value=0):
    def change(samples):
        samples[rows, columns] = value

    return change


class Fault(NamedTuple):
    """How a study is broken, the verdict, the file or place that the sentence names, its words."""

    broken_by: Callable[[SmallStudy], object]
    verdict: str
    place: str
    words: str


FAULTS = {
    # ------------------------------------------------------------------------------- files
    "no subject at all": Fault(
        lambda s: shutil.rmtree(s.folder / "sub-01"),
        "excluded",
        "study",
        "no such folder; no recording is there; .* set the study's raw_folder",
    ),
    "missing session of several": Fault(
        lambda s: s.con.parent.parent.rename(s.con.parent.parent.with_name("ses-1")),
        "excluded",
        "ses-0/meg",
        'found no such folder for session "01/0"; .* name it under `absent`',
    ),
    "damaged sidecar": Fault(
        lambda s: s.rewrite(s.sidecar, b"[" * 100_000), "warning", SIDECAR, "RecursionError|JSON"
    ),
    "sidecar of odd numbers": Fault(
        lambda s: s.rewrite(
            s.sidecar, b'{"SamplingFrequency": 1' + b"0" * 400 + b', "RecordingDuration": NaN}'
        ),
        "warning",
        SIDECAR,
        "rate and duration, found",
    ),
    "missing recording": Fault(lambda s: s.con.unlink(), "excluded", CON, "found no such file"),
    "missing events": Fault(lambda s: s.events.unlink(), "excluded", EVENTS, "found no such file"),
    "missing channel table": Fault(
        lambda s: s.channels.unlink(),
        "excluded",
        CHANNELS,
        "found no such file",
    ),
    "missing sidecar": Fault(
        lambda s: s.sidecar.unlink(), "warning", SIDECAR, "found no such file"
    ),
    "missing wav": Fault(lambda s: s.wav.unlink(), "excluded", WAV, "found no such file"),
    "wrong case": Fault(rename_wav, "excluded", WAV, r"found Tiny_Tale_0\.wav, whose case differs"),
    "empty recording": Fault(
        lambda s: s.rewrite(s.con, b""), "excluded", CON, "found an empty file"
    ),
    "empty events": Fault(lambda s: s.rewrite(s.events, b""), "excluded", EVENTS, "an empty file"),
    "empty wav": Fault(lambda s: s.rewrite(s.wav, b""), "excluded", WAV, "found an empty file"),
    "unreadable recording": Fault(
        lambda s: replace_by_folder(s.con),
        "excluded",
        CON,
        "expected a file that can be read, found a folder",
    ),
    "link loop": Fault(
        lambda s: link_to(s.con, s.con.name), "excluded", CON, "leads back to itself"
    ),
    "link to nothing": Fault(
        lambda s: link_to(s.con, "annex/object"),
        "excluded",
        CON,
        "symbolic link to annex/object, which is missing",
    ),
    # ------------------------------------------------------------------------------- recording
    "cut at a frame boundary": Fault(
        lambda s: s.cut(s.con, s.con.stat().st_size - 100 * FRAME),
        "excluded",
        CON,
        "found .* of .* bytes .*; .* between two frames, .* read as zeros",
    ),
    "cut inside a frame": Fault(
        lambda s: s.cut(s.con, s.con.stat().st_size - 100 * FRAME - 7),
        "excluded",
        CON,
        "found .* of .* bytes .*; it was cut off inside a frame",
    ),
    "cut inside the header": Fault(
        lambda s: s.cut(s.con, 900),
        "excluded",
        CON,
        "expected a continuous KIT recording",
    ),
    "another format": Fault(
        lambda s: s.rewrite(s.con, s.wav.read_bytes()),
        "excluded",
        CON,
        r"a damaged or different file \(no KIT directory at its start\)",
    ),
    "bytes after the end": Fault(
        lambda s: s.rewrite(s.con, s.con.read_bytes() + b"more"),
        "warning",
        CON,
        "what follows the recording is not read",
    ),
    "wrong rate": Fault(
        lambda s: s.patch_con(8, 4, struct.pack("<d", 500)),
        "excluded",
        CON,
        "expected 1000 Hz, found 500 Hz",
    ),
    "shorter than a window": Fault(
        write_short_recording,
        "excluded",
        CON,
        r"longer than one window of 3 s, found 2500 samples, 2\.5 s",
    ),
    "zero tail": Fault(
        lambda s: s.change_samples(set_samples(slice(-_COUNT, None), slice(None))),
        "excluded",
        CON,
        r"found all of them still for 5\.00 s, at its end; windows there",
    ),
    "held tail": Fault(
        lambda s: s.change_samples(set_samples(slice(-_COUNT, None), slice(None), 77)),
        "excluded",
        CON,
        r"found all of them still for 5\.00 s, at its end",
    ),
    "zero stretch": Fault(
        lambda s: s.change_samples(set_samples(slice(7000, 7300), slice(None))),
        "warning",
        CON,
        r"found all of them still for 0\.30 s, from 7\.0 s on; windows there",
    ),
    "NaN": Fault(
        lambda s: s.patch_con(5, 16 * 4 + 8, struct.pack("<d", np.nan)),
        "excluded",
        CON,
        "expected finite values, found NaN or infinite ones in MEG 005;",
    ),
    "flat channel": Fault(
        lambda s: s.change_samples(set_samples(slice(None), 6)),
        "warning",
        CON,
        "flat ones: MEG 007;",
    ),
    "channel flat for most of the time": Fault(
        lambda s: s.change_samples(set_samples(slice(12_000, None), 6, -3)),
        "warning",
        CON,
        "flat ones: MEG 007;",
    ),
    "many flat channels": Fault(
        lambda s: s.change_samples(set_samples(slice(None), slice(10, 40))),
        "excluded",
        CON,
        "flat ones: MEG 011, MEG 012, .* and 25 more;",
    ),
    # ------------------------------------------------------------------------------- sidecars
    "missing channel": Fault(
        lambda s: s.change_table(s.channels, lambda table: table.drop(index=6)),
        "excluded",
        CHANNELS,
        "expected 208 axial gradiometers, found 207",
    ),
    "renamed channel": Fault(
        lambda s: s.change_table(s.channels, set_cells("name", lambda _: "MEG 7", slice(6, 7))),
        "excluded",
        CHANNELS + ", row 8",
        "found MEG 7 in place of MEG 007",
    ),
    "channels in another order": Fault(
        lambda s: s.change_table(s.channels, swap_rows(6, 7)),
        "excluded",
        CHANNELS + ", row 8",
        "found MEG 008 in place of MEG 007",
    ),
    "channels of another kind": Fault(
        lambda s: s.change_table(s.channels, set_cells("type", lambda _: "MISC", slice(6, 7))),
        "excluded",
        CHANNELS,
        "expected 208 axial gradiometers, found 207",
    ),
    "sidecar of another recording": Fault(
        lambda s: s.rewrite(
            s.sidecar, b'{"SamplingFrequency": 1000.0, "RecordingDuration": 366.999}'
        ),
        "warning",
        SIDECAR,
        r"found 1000 Hz and 366\.999 s, not 1000 Hz and 38\.\d+ s",
    ),
    "sidecar without a duration": Fault(
        lambda s: s.rewrite(s.sidecar, b'{"SamplingFrequency": 1000.0}'),
        "warning",
        SIDECAR,
        "KeyError: 'RecordingDuration'",
    ),
    # ------------------------------------------------------------------------------- events
    "events after the end": Fault(
        lambda s: move_events(s, 30),
        "excluded",
        HEARD,
        r"within the recording, found \d+ of \d+ after its end at 38\.\d+ s, the first",
    ),
    "one event past the end": Fault(
        lambda s: move_events(s, 600, slice(-1, None)),
        "excluded",
        HEARD,
        r"found a difference of 600000\.0 ms",
    ),
    "negative onset": Fault(
        lambda s: move_events(s, -60, slice(3, 4)),
        "excluded",
        EVENTS + ", row 5",
        r"from the start of the recording, found -\d+",
    ),
    "NaN onset": Fault(
        lambda s: s.change_table(s.events, set_cells("onset", lambda _: "n/a", slice(3, 4))),
        "excluded",
        EVENTS + ", row 5",
        r"found n/a \(and 0 more",
    ),
    "onset that is no number": Fault(
        lambda s: s.change_table(s.events, set_cells("onset", lambda _: "soon", slice(3, 4))),
        "excluded",
        EVENTS + ", row 5",
        r"found soon \(and 0 more",
    ),
    "onsets out of order": Fault(
        lambda s: s.change_table(s.events, swap_rows(3, 20)),
        "warning",
        EVENTS,
        "expected events in the order of time, found 2 .*; they are put in",
    ),
    "duplicate event": Fault(
        lambda s: s.change_table(s.events, repeat_row(8)),
        "excluded",
        HEARD,
        "expected each event once, found 1 repeated, the first ",
    ),
    "shifted event": Fault(
        lambda s: move_events(s, 0.05, slice(9, 10)),
        "excluded",
        HEARD,
        r"agree on when their .*, found .* of 50\.0 ms for tiny_tale_0\.wav",
    ),
    "slightly shifted event": Fault(
        lambda s: move_events(s, 0.003, slice(9, 10)),
        "warning",
        HEARD,
        r"agree on when their .*, found .* of 3\.0 ms for tiny_tale_0\.wav",
    ),
    "code for an event": Fault(
        lambda s: s.change_table(
            s.events,
            set_cells("trial_type", lambda _: "__import__('os').mkdir('run')", slice(5, 6)),
        ),
        "excluded",
        EVENTS + ", row 7",
        "dictionary of literals, .* nothing of the text was run",
    ),
    "events of another kind": Fault(
        lambda s: s.change_table(
            s.events,
            set_cells("trial_type", lambda text: text.replace("'phoneme'", "'click'"), slice(5, 6)),
        ),
        "excluded",
        HEARD,
        "the kinds sound, word, phoneme, found 1 of",
    ),
    "events without a column": Fault(
        lambda s: s.change_table(s.events, lambda table: table.drop(columns="duration")),
        "excluded",
        EVENTS,
        "expected the columns onset, duration, trial_type, found no duration",
    ),
    "events cut off": Fault(
        lambda s: s.cut(s.events, s.events.stat().st_size // 3),
        "excluded",
        EVENTS + ", row",
        "expected as many cells as the header has, found 2, not 5",
    ),
    # ------------------------------------------------------------------------------- text
    "row without a cell": Fault(
        lambda s: s.change_line(s.events, 3, lambda line: line.replace("\t", "", 1)),
        "excluded",
        EVENTS + ", row 3",
        "expected as many cells as the header has, found 4, not 5",
    ),
    "row with one cell too many": Fault(
        lambda s: s.change_line(s.channels, 257, lambda line: line + "\tmore"),
        "excluded",
        CHANNELS + ", row 257",
        "expected as many cells as the header has, found",
    ),
    "empty row": Fault(
        lambda s: s.change_line(s.events, 3, lambda line: ""),
        "excluded",
        EVENTS + ", row 3",
        "found 1, not 5",
    ),
    "column named twice": Fault(
        lambda s: s.change_line(s.events, 1, lambda line: line.replace("value", "onset")),
        "excluded",
        EVENTS,
        "expected each column once, found 'onset' twice",
    ),
    "another encoding": Fault(
        lambda s: s.rewrite(s.events, s.events.read_bytes() + b"caf\xe9"),
        "excluded",
        EVENTS + ", row",
        "expected text in UTF-8, found the byte 0xe9",
    ),
    "UTF-16": Fault(
        lambda s: s.rewrite(s.events, s.events.read_text("utf-8-sig").encode("utf-16")),
        "excluded",
        EVENTS,
        "expected text in UTF-8, found text in UTF-16",
    ),
    "zero bytes": Fault(
        lambda s: s.rewrite(s.channels, s.channels.read_bytes() + bytes(512)),
        "excluded",
        CHANNELS + ", row 258",
        "a zero byte, as in a damaged file",
    ),
    "no events in the second wav": Fault(
        lambda s: s.change_table(
            s.events, lambda table: table[~table["trial_type"].str.contains(r"_1(?:\.0)?\.wav")]
        ),
        "excluded",
        HEARD,
        r"found none in tiny_tale_1\.wav",
    ),
    "no words": Fault(
        lambda s: s.change_table(
            s.events, lambda table: table[~table["trial_type"].str.contains("'kind': 'word'")]
        ),
        "excluded",
        HEARD,
        "expected words, found none",
    ),
    "events of another story": Fault(
        lambda s: s.change_table(
            s.events,
            set_cells("trial_type", lambda text: text.replace("Tiny_Tale", "Long_Tale")),
        ),
        "excluded",
        EVENTS,
        r"found events in long_tale_0\.wav, .* gives task 0 to tiny_tale; another story",
    ),
    "some events of another story": Fault(
        lambda s: s.change_table(
            s.events,
            set_cells("trial_type", lambda text: text.replace("Tiny_Tale", "Long_Tale"), slice(9)),
        ),
        "excluded",
        HEARD,
        r"found some in long_tale_0\.wav; another story",
    ),
    # ------------------------------------------------------------------------------- audio
    "short wav": Fault(shorten_wav, "excluded", WAV, "as long as its events, found .* shorter"),
    "wav cut off": Fault(
        lambda s: s.cut(s.wav, s.wav.stat().st_size // 2),
        "excluded",
        WAV,
        "as many samples as its header promises, found .* bytes of samples",
    ),
    "wav without samples": Fault(
        lambda s: s.cut(s.wav, 44), "excluded", WAV, "expected as many samples as its header"
    ),
    "wav of a pipe": Fault(
        lambda s: s.rewrite(s.wav, with_sizes(s.wav, 0xFFFFFFFF, 0xFFFFFFFF)),
        "warning",
        WAV,
        "found one as of a file written to a pipe",
    ),
    "wav of a pipe, cut off": Fault(
        lambda s: s.rewrite(s.wav, with_sizes(s.wav, 0x7FFFF024, 0x7FFFF000)[:90_000]),
        "excluded",
        WAV,
        "as long as its events, found .* shorter",
    ),
    "wav with a damaged rate": Fault(
        lambda s: s.rewrite(s.wav, with_rate(s.wav, 2_000_000_000)),
        "excluded",
        WAV,
        "between 4000 and 192000 samples per second, found 2000000000",
    ),
    "wav with a NaN": Fault(write_nan, "excluded", WAV, "expected finite samples, found a NaN"),
    "long wav": Fault(lengthen_wav, "warning", HEARD, "events may be missing"),
    "another format for a wav": Fault(
        lambda s: s.rewrite(s.wav, b"no audio at all"),
        "excluded",
        WAV,
        "expected an audio file",
    ),
}


def test_an_intact_recording_is_used(intact):
    verdict = intact.verdict()
    assert (verdict["verdict"], verdict["findings"], verdict["bad_channels"]) == ("used", [], [])


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, small, tmp_path, monkeypatch):
    fault = FAULTS[name]
    fault.broken_by(small)
    monkeypatch.chdir(tmp_path)
    verdict = small.verdict()
    assert verdict["verdict"] == fault.verdict
    pattern = f"(?:{fault.place}).*: expected .*, found .*; .*; .*\\."
    sentences = sentences_of(verdict)
    said = [sentence for sentence in sentences if re.search(fault.words, sentence)]
    assert said, sentences
    assert re.search(pattern, said[0]), said[0]
    assert not (tmp_path / "run").exists()  # no text of a file was run
    json.dumps(verdict, allow_nan=False)
    what_the_study_does(verdict, said[0])


def what_the_study_does(verdict, sentence):
    """An excluded recording ends the study with its sentence, unless it may be missing."""
    other = verdict | {"recording": "other", "subject": "02", "findings": []}
    other["signal_sha256"] = "of another signal"
    if verdict["verdict"] == "excluded":
        with pytest.raises(InputError) as caught:
            judge_study([verdict, other], exclude={}, allow_missing=False)
        assert sentence in str(caught.value)
    table, _ = judge_study([verdict, other], exclude={}, allow_missing=True)
    assert list(table["verdict"]) == [verdict["verdict"], "used"]
    assert sentence in table["reasons"][0]
