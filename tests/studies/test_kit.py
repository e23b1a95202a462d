"""KIT recordings: real ones are read, whole ones only."""

import shutil
import struct

import numpy as np
import pytest

from plumbing.errors import InputError
from speech_decoding.recordings.preprocessing import resample_recording, sensor_positions
from speech_decoding.recordings.signal_checks import check_signal
from speech_decoding.studies import kit
from tests import realdata

KIT = realdata.FOLDER / "kit"


@realdata.needed
@pytest.mark.parametrize(("name", "samples"), [("test.sqd", 2000), ("test_umd-raw.sqd", 100)])
def test_a_real_recording_is_as_long_as_its_header_says(name, samples):
    header = kit.read_header(KIT / name)
    assert (header.rate_hz, header.channel_count, header.sample_count) == (1000, 192, samples)
    assert header.size == header.complete_size == (KIT / name).stat().st_size


@realdata.needed
def test_a_real_recording_is_read_and_resampled():
    raw = kit.open_recording(KIT / "test.sqd").pick("mag")
    signal = resample_recording(raw, rate_hz=120)
    assert signal.shape == (240, 157)
    at_samples = raw.get_data()[:, ::25].T  # every third output sample lies on an input sample
    correlation = np.corrcoef(at_samples[:, 0], signal[::3, 0])[0, 1]
    assert correlation > 0.9
    sensors = sensor_positions(raw)
    assert sensors[["x", "y"]].to_numpy().min() == 0
    assert sensors[["x", "y"]].to_numpy().max() == 1


@realdata.needed
def test_a_recording_shorter_than_a_window_is_refused():
    path = KIT / "test_umd-raw.sqd"
    (finding,), _ = check_signal(kit.open_recording(path).pick("mag"), path)
    assert finding.severity == "fault"
    assert (
        "expected a recording longer than one window of 3 s, found 100 samples" in finding.sentence
    )


@realdata.needed
@pytest.mark.parametrize(
    ("left", "said"),
    [
        (828_852 - 1, "the tables after its samples are missing"),
        (58_996 + 384 * 1500, "between two frames"),
        (58_996 + 384 * 1500 + 2, "inside a frame"),
        (300, "expected a continuous KIT recording"),
    ],
)
def test_a_real_recording_that_was_cut_is_refused(tmp_path, left, said):
    path = shutil.copy(KIT / "test.sqd", tmp_path / "cut.sqd")
    with path.open("rb+") as stream:
        stream.truncate(left)
    with pytest.raises(InputError, match=said):
        kit.open_recording(path)


def test_a_negative_place_in_the_directory_is_told(tmp_path):
    entries = [(0, 16, 32, 32)] + [(512, 1, 1, 1)] * 31
    entries[9] = (-(2**31) + 512, 32, 1, 1)  # where the acquisition is described
    path = tmp_path / "a.con"
    path.write_bytes(b"".join(struct.pack("<4i", *entry) for entry in entries) + bytes(1000))
    with pytest.raises(InputError, match=r"a\.con: expected "):
        kit.read_header(path)
