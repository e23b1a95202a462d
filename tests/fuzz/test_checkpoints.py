"""Whatever a checkpoint holds, its readers embed with it or refuse it in one sentence."""

import argparse
import contextlib
import io
import json
import os
import pickle
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.speech.targets import load_target
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate
from tests.speech import tiny_wav2vec2 as tiny

WAVEFORM = np.random.default_rng(0).standard_normal(2000).astype(np.float32)
SETTING_FILES = ("config.json", "preprocessor_config.json", "processor_config.json")
# What a setting may be changed to; sizes that are only claimed must cost nothing.
ODD = (
    *(0, -1, 1, 2, 7, 10**6, 2**31, 2**63, 10**30, 1.5, 64.0, 1e308),
    *(float("inf"), float("-inf"), float("nan"), True, False, None),
    *("", "64", "layer", "[(32, 10, 5)] * 99 * 99 * 99", "(" * 500, "\x00", "é" * 3000),
    *([], [0], [[]], [10**9] * 7, {}, {"a": {}}),
)


class Calls:
    """Pickled as a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> list[Path]:
    """A checkpoint in every layout; one of them would run a command if it could."""
    folder = tmp_path_factory.mktemp("intact")
    files = [Path(shutil.copy(path, folder)) for path in tiny.LAYOUTS.values()]
    files.append(tiny.save_fine_tuned(folder / "fine_tuned.pt", layout="args"))
    state = tiny.state()
    settings = {**state["cfg"]["model"], "arch": "wav2vec2", "normalize": True}
    old = {"args": argparse.Namespace(**settings), "model": state["model"]}
    torch.save(old, folder / "old.pt", _use_new_zipfile_serialization=False)
    command = f"touch {folder / 'executed'}"
    torch.save(state | {"extra": Calls(os.system, command)}, folder / "calls.pt")
    torch.save(
        old | {"extra": Calls(os.system, command)},
        folder / "old_calls.pt",
        _use_new_zipfile_serialization=False,
    )
    files += [folder / "old.pt", folder / "calls.pt", folder / "old_calls.pt"]
    for safetensors in (True, False):
        model = tiny.save_huggingface(folder / f"model-{safetensors}", safetensors=safetensors)
        told = {"do_normalize": True, "feature_size": 1, "sampling_rate": 16000}
        (model / "preprocessor_config.json").write_text(json.dumps(told))
        (model / "processor_config.json").write_text(json.dumps({"feature_extractor": told}))
        files.append(model)
    return files


@pytest.mark.long
def test_no_checkpoint_is_more_than_a_sentence(intact, tmp_path):
    torch.set_num_threads(1)
    for path in intact:
        with contextlib.suppress(InputError):  # those that would run a command are refused
            _embed(path)  # what is imported late is imported now
    outcomes = {"embedded": 0, "refused": 0}
    for number, draw in tries(longest_try_s=60):
        changed = tmp_path / f"try-{number}"
        original = draw.choice(intact)
        (shutil.copytree if original.is_dir() else shutil.copy)(original, changed)
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            _change(changed, draw)
        try:
            _embed(changed)
            outcomes["embedded"] += 1
        except InputError as error:
            assert "\n" not in str(error) and len(str(error)) < 1500, f"try {number}"
            outcomes["refused"] += 1
        except Exception as error:
            raise AssertionError(f"try {number} of {original.name}: {error!r}") from error
        assert not (intact[0].parent / "executed").exists(), f"try {number} ran a command"
        (shutil.rmtree if changed.is_dir() else os.unlink)(changed)
    assert min(outcomes.values()) > 0, outcomes


def _embed(checkpoint: Path) -> None:
    load_target("wav2vec2", checkpoint=str(checkpoint), layers=[1, 2]).embed(WAVEFORM)


def _change(checkpoint: Path, draw: random.Random) -> None:
    """Change a checkpoint at one place."""
    if checkpoint.is_dir():
        path = draw.choice(sorted(checkpoint.iterdir()))
        if path.name in SETTING_FILES and draw.random() < 0.8:
            return _change_file(path, _change_settings, draw)
    else:
        path = checkpoint
    content = path.read_bytes()
    if path.suffix == ".safetensors" and draw.random() < 0.7:
        return _change_file(path, _change_header, draw)
    if zipfile.is_zipfile(io.BytesIO(content)) and draw.random() < 0.7:
        return _change_file(path, _change_pickle, draw)
    _change_file(path, _change_bytes, draw)


def _change_file(
    path: Path, change: Callable[[bytes, random.Random], bytes], draw: random.Random
) -> None:
    path.write_bytes(change(path.read_bytes(), draw))


def _change_bytes(content: bytes, draw: random.Random) -> bytes:
    """Change bytes anywhere, half of the time near the beginning."""
    near = 4096 if draw.random() < 0.5 else len(content)
    return mutate(draw, content[:near]) + content[near:]


def _change_settings(content: bytes, draw: random.Random) -> bytes:
    """Give one setting an odd value, rename it or take it away."""
    try:
        settings = json.loads(content)
        key = draw.choice(sorted(settings))
    except (ValueError, IndexError, TypeError, RecursionError):  # changed before
        return _change_bytes(content, draw)
    where = settings
    if isinstance(settings[key], dict) and settings[key] and draw.random() < 0.8:
        where, key = settings[key], draw.choice(sorted(settings[key]))
    match draw.randrange(8):
        case 0:
            where[f"{key}_"] = where.pop(key)
        case 1:
            del where[key]
        case _:
            where[key] = draw.choice(ODD)
    return json.dumps(settings).encode()


def _change_header(content: bytes, draw: random.Random) -> bytes:
    """Change what a file of safetensors says of one of its arrays."""
    (length,) = struct.unpack("<Q", content[:8].ljust(8, b"\0"))
    try:
        header = json.loads(content[8 : 8 + length])
        entry = header[draw.choice(sorted(header))]
        entry[draw.choice(sorted(entry))] = draw.choice(
            (
                *ODD,
                "F16",
                "BF16",
                "I64",
                "F8_E4M3",
                "BOOL",
                [64],
                [0, 0],
                [0, 2**40],
                [2**31, 2**31],
            )
        )
    except (ValueError, IndexError, TypeError, KeyError, OverflowError):  # changed before
        return _change_bytes(content, draw)
    text = json.dumps(header).encode()
    text = text.ljust(length if len(text) <= length else len(text))
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def _change_pickle(content: bytes, draw: random.Random) -> bytes:
    """Change the part of a file of torch.save that tells what it holds, by byte or by opcode."""
    changed = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as old,
            zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as new,
        ):
            for name in old.namelist():
                entry = old.read(name)
                if name.endswith("data.pkl"):
                    entry = _change_opcode(entry, draw)
                elif draw.random() < 0.02:
                    entry = _change_bytes(entry, draw)
                new.writestr(name, entry)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):  # changed before
        return _change_bytes(content, draw)
    return changed.getvalue()


_OPCODES = [
    value for name, value in vars(pickle).items() if isinstance(value, bytes) and len(value) == 1
]


def _change_opcode(content: bytes, draw: random.Random) -> bytes:
    if draw.random() < 0.5 or not content:
        return _change_bytes(content, draw)
    place = draw.randrange(len(content))
    return content[:place] + draw.choice(_OPCODES) + content[place + draw.randrange(2) :]
