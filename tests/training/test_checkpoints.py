import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.training.checkpoints import Checkpoints

KEY = "ab" * 32
STATE = {"weights": torch.arange(5.0), "epoch": 3, "history": [{"loss": 0.5}]}


def test_what_was_saved_is_loaded(tmp_path):
    checkpoints = Checkpoints(tmp_path, KEY)
    assert checkpoints.load("cpu") is None
    checkpoints.save({"epoch": 2})
    checkpoints.save(STATE)
    loaded = Checkpoints(tmp_path, KEY).load("cpu")
    assert torch.equal(loaded.pop("weights"), STATE["weights"])
    assert loaded == {"epoch": 3, "history": [{"loss": 0.5}]}
    checkpoints.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["one bit", "cut short", "empty", "no checkpoint"])
def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path, damage):
    checkpoints = Checkpoints(tmp_path, KEY)
    checkpoints.save(STATE)
    content = bytearray(checkpoints.path.read_bytes())
    match damage:
        case "one bit":
            content[len(content) // 2] ^= 1
        case "cut short":
            del content[-1]
        case "empty":
            content.clear()
        case "no checkpoint":
            content[:] = b"something else altogether, and long enough to hold a digest"
    checkpoints.path.write_bytes(content)
    with pytest.raises(InputError, match=r"was not resumed; delete the file"):
        checkpoints.load("cpu")
    assert checkpoints.path.read_bytes() == content


def test_another_trainings_checkpoint_is_not_found_and_refused_under_this_ones_name(tmp_path):
    other = Checkpoints(tmp_path, "cd" * 32)
    other.save(STATE)
    checkpoints = Checkpoints(tmp_path, KEY)
    assert checkpoints.load("cpu") is None
    other.path.rename(checkpoints.path)
    with pytest.raises(InputError, match="found that of another one"):
        checkpoints.load("cpu")


def test_half_written_files_are_swept_up(tmp_path):
    checkpoints = Checkpoints(tmp_path, KEY)
    checkpoints.save(STATE)
    half = checkpoints.path.with_name(".abab.123.partial.checkpoint")
    half.write_bytes(b"half")
    assert checkpoints.load("cpu")["epoch"] == 3
    assert not half.exists()
