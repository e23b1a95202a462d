"""KIT files: MNE reads back what was written."""

import mne
import numpy as np
import pytest

from simulation import kit_file, sensors


@pytest.fixture
def samples():
    """Arrays (256, 5000) of whole steps, as tesla and volt."""
    steps = np.random.default_rng(0).integers(-(2**15), 2**15, size=(sensors.CHANNELS, 5000))
    return steps * kit_file.units_per_step()[:, np.newaxis]


@pytest.fixture
def con(tmp_path, samples):
    path = tmp_path / "a.con"
    blocks = np.split(samples.astype(np.float32), [1, 3000], axis=1)
    kit_file.write_recording(path, blocks, sample_count=5000, rate_hz=1000)
    return path


def test_samples_come_back_exactly(con, samples):
    raw = mne.io.read_raw_kit(con, stim=None, verbose="error")
    assert raw.info["sfreq"] == 1000
    steps = kit_file.units_per_step()[:, np.newaxis]
    np.testing.assert_allclose(raw.get_data() / steps, samples / steps, atol=1e-6)


def test_channels_are_those_of_the_real_system(con):
    raw = mne.io.read_raw_kit(con, stim=None, verbose="error")
    assert raw.get_channel_types() == ["mag"] * 208 + ["ref_meg"] * 16 + ["misc"] * 32
    assert raw.ch_names[:1] + raw.ch_names[223:225] == ["MEG 001", "MEG 224", "MISC 001"]
    assert {channel["coil_type"] for channel in raw.info["chs"][:208]} == {6001}  # KIT gradiometer
    assert raw.info["kit_system_id"] == 442
    assert (raw.info["highpass"], raw.info["lowpass"]) == (0.03, 200)


def test_sensors_lie_where_they_should(con):
    raw = mne.io.read_raw_kit(con, stim=None, verbose="error")
    places = np.array([channel["loc"] for channel in raw.info["chs"]])
    for first, (positions, directions) in (
        (0, sensors.gradiometers()),
        (208, sensors.references()),
    ):
        stop = first + len(positions)
        np.testing.assert_allclose(places[first:stop, :3], positions, atol=1e-9)
        np.testing.assert_allclose(places[first:stop, 9:], directions, atol=1e-9)


def test_layout_is_the_real_one(con, pytestconfig):
    golden = np.load(pytestconfig.rootpath / "tests" / "golden" / "kit_ad.npz")
    raw = mne.io.read_raw_kit(con, verbose="error")
    layout = mne.channels.find_layout(raw.pick("mag").info)
    assert list(layout.names) == raw.ch_names == list(golden["names"])
    positions = layout.pos[:, :2]
    low, high = positions.min(axis=0), positions.max(axis=0)
    np.testing.assert_allclose((positions - low) / (high - low), golden["positions"], atol=1e-6)


def test_helmet_unrolls_to_the_layout():
    positions, directions = sensors.gradiometers()
    layout = mne.channels.read_layout("KIT-AD").pos[:, :2]
    flat = np.linalg.norm(layout[:, np.newaxis] - layout, axis=-1)
    curved = np.linalg.norm(positions[:, np.newaxis] - positions, axis=-1)
    np.fill_diagonal(flat, np.inf)
    np.fill_diagonal(curved, np.inf)
    assert curved.min() > 0.008
    nearest = np.argsort(curved, axis=1)[:, :6]
    assert np.mean([flat.argmin(axis=1)[i] in nearest[i] for i in range(208)]) > 0.95
    assert (np.sum(directions * positions, axis=1) > 0.08).all()  # they look outwards
    assert np.abs(positions).max() < 0.13


def test_values_beyond_the_range_are_clipped(tmp_path):
    block = np.full((sensors.CHANNELS, 10), 1e-6, np.float32)
    kit_file.write_recording(tmp_path / "a.con", [block], sample_count=10, rate_hz=1000)
    data = mne.io.read_raw_kit(tmp_path / "a.con", stim=None, verbose="error").get_data("mag")
    largest = (2**15 - 1) * kit_file.units_per_step()[:208]
    np.testing.assert_allclose(data, np.tile(largest[:, np.newaxis], 10))
    assert 1e-10 < largest.min() < 2e-10


def test_a_wrong_number_of_samples_leaves_no_file(tmp_path):
    block = np.zeros((sensors.CHANNELS, 10), np.float32)
    with pytest.raises(ValueError, match="10 samples came for a recording of 11"):
        kit_file.write_recording(tmp_path / "a.con", [block], sample_count=11, rate_hz=1000)
    assert not list(tmp_path.iterdir())


def test_markers_place_the_head(con, tmp_path):
    head = sensors.place_head(3, "01", "0")
    markers = tmp_path / "a.mrk"
    kit_file.write_markers(markers, head.markers)
    raw = mne.io.read_raw_kit(
        con,
        mrk=str(markers),
        elp=np.concatenate([head.fiducials, head.coils]),
        hsp=head.scalp,
        verbose="error",
    )
    transform = raw.info["dev_head_t"]["trans"]
    np.testing.assert_allclose(transform[:3, :3], head.rotation.as_matrix(), atol=1e-6)
    np.testing.assert_allclose(transform[:3, 3], head.shift, atol=1e-6)
