"""Settings read from signatures: the same as Python itself sees, with values that are accepted."""

import importlib
import inspect
from typing import Annotated, Literal, is_typeddict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configuration.schema import find_faults
from configuration.schema_file import known_modules
from configuration.signatures import block_of, read_signature, schema_of
from plumbing.errors import InputError
from plumbing.values import Count, Distinct, Items, Name, Positive, Range, Seed, Share

# A `*` stands for every module of the package that defines the class.
SIGNED = [
    "speech_decoding.recordings.preprocessing.preprocess",
    "speech_decoding.recordings.cleaning.Cleaning",
    "speech_decoding.segments.splits.split_recording",
    "speech_decoding.segments.cutting.cut_recording",
    "speech_decoding.dataset.selection.Selection",
    "speech_decoding.training.losses.build_loss",
    "speech_decoding.training.losses.ClipLoss",
    "speech_decoding.evaluation.evaluate.evaluate_decoder",
    "speech_decoding.decoder.decoder.Decoder",
    "speech_decoding.decoder.*.BrainModule",
    "speech_decoding.studies.*.Study",
    "simulation.*.Simulation",
    "speech_decoding.speech.targets.*.Target",
]
PATHS = [
    path.replace("*", name)
    for path in SIGNED
    for name in (known_modules(path) if "*" in path else [""])
]


def keywords(path: str) -> dict[str, inspect.Parameter]:
    """Give the keyword-only parameters of a class or function by importing it."""
    module, _, name = path.rpartition(".")
    signed = getattr(importlib.import_module(module), name)
    if is_typeddict(signed):
        kind = inspect.Parameter.KEYWORD_ONLY
        return {key: inspect.Parameter(key, kind) for key in signed.__annotations__}
    fields = not inspect.isfunction(signed) and "__init__" not in inspect.getsource(signed)
    return {
        key: one
        for key, one in inspect.signature(signed).parameters.items()
        if fields or one.kind is one.KEYWORD_ONLY
    }


def plain(value: object) -> object:
    """Give a default as a file of settings would hold it."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(one) for one in value] if isinstance(value, tuple | list) else value


def test_every_module_with_the_class_is_found():
    assert known_modules("speech_decoding.speech.targets.*.Target") == (
        *("mel", "wav2vec2", "wav2vec2_features"),
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_source_that_is_read_says_the_same_as_a_module_that_is_imported(path):
    found, expected = read_signature(path), keywords(path)
    assert found.names == list(expected)
    assert found.required == [key for key, one in expected.items() if one.default is one.empty]


@pytest.mark.parametrize("path", PATHS)
def test_every_default_is_a_value_that_config_may_hold(path):
    defaults = {
        key: plain(one.default)
        for key, one in keywords(path).items()
        if one.default is not one.empty
    }
    assert not find_faults(defaults, block_of([read_signature(path)], partial=True))


WORD = st.text(alphabet="abcdefgh0123456789_", min_size=1)
KINDS = [
    (Count, st.integers(1, 10**9), st.integers(max_value=0) | st.floats() | st.text()),
    (Seed, st.integers(0, 2**32 - 1), st.integers(min_value=2**32) | st.booleans()),
    (Positive, st.floats(1e-300, 1e9) | st.integers(1, 9), st.floats(max_value=0) | st.none()),
    (Share, st.floats(0, 1), st.floats(1, 10, exclude_min=True) | st.text()),
    (Name, WORD, st.sampled_from(["", "A", "a-b", "a b", 1, None])),
    (Count | None, st.none() | st.integers(1, 10**9), st.floats(max_value=0)),
    (Literal["auto", True], st.sampled_from(["auto", True]), st.text(max_size=3) | st.just(1.5)),
    (Distinct[Name], st.lists(WORD, min_size=1, unique=True), st.just([]) | st.just(["a", "a"])),
    (tuple[Positive, Positive], st.just([1, 2]), st.just([1]) | st.just([1, 2, 3])),
    (dict[Name, Count], st.dictionaries(WORD, st.integers(1, 9), min_size=1), st.just({})),
    (Annotated[list[bool], Items(least=2)], st.just([True, False]), st.just([True])),
]


@pytest.mark.parametrize(("kind", "good", "bad"), KINDS, ids=[str(kind) for kind, *_ in KINDS])
def test_an_annotation_accepts_its_values_and_no_others(kind, good, bad):
    schema = {"type": "object", "properties": {"setting": schema_of(kind)}}

    @given(good)
    def accepts(value):
        assert not find_faults({"setting": value}, schema)

    @given(bad)
    def refuses(value):
        assert find_faults({"setting": value}, schema)

    accepts()
    refuses()


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-9, 9))
def test_a_range_holds_what_lies_in_it(least, most, value):
    schema = {"properties": {"x": schema_of(Annotated[int, Range(least=least, most=most)])}}
    assert (not find_faults({"x": value}, schema)) == (least <= value <= most)


TOY = """
from dataclasses import dataclass
from typing import Literal, TypedDict
from plumbing.values import Count
import torch

Mood = Literal["dry", "wet"]

class Part(TypedDict):
    task: str
    parts: Count

class Toy:
    def __init__(self, folder: "np.ndarray", *, mood: Mood = torch.nowhere, parts: dict[str, Part]):
        pass

def bare(*, number):
    pass


def unknown(*, number: Cuont):
    pass
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    (tmp_path / "toy_of_tests.py").write_text(TOY)
    monkeypatch.setattr("configuration.signatures._SCRIPTS", tmp_path)
    return "toy_of_tests"


def test_nested_blocks_and_names_of_the_module_are_understood(toy):
    signature = read_signature(f"{toy}.Toy")
    assert signature.names == ["mood", "parts"] and signature.required == ["parts"]
    block = block_of([signature])
    assert not find_faults({"mood": "dry", "parts": {"a": {"task": "0", "parts": 2}}}, block)
    for wrong in ({"parts": {"a": {"task": "0"}}}, {"parts": {"a": {"task": 0, "parts": 1}}}, {}):
        assert find_faults(wrong, block)


@pytest.mark.parametrize("name", ["bare", "unknown", "nothing"])
def test_a_signature_that_says_nothing_is_told(toy, name):
    with pytest.raises(InputError, match=f"toy_of_tests.{name}"):
        read_signature(f"{toy}.{name}").properties()
