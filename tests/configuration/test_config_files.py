"""Files of settings: what is in them means what it says, or is told with its line."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile

from configuration.files import read_config_file, require_options, source_of
from plumbing.errors import InputError
from tests.advice import follow
from tests.config_advice import CONFIG

FAULTS = [
    ("", "blocks of settings, found nothing"),
    ("# only a comment", "found nothing"),
    ("- a", "found a list"),
    ("3", "found the value 3"),
    ("[1]", "found a list"),
    ("a: 1\nb: 2\na: 2", "line 3: expected every key once, found a second 'a'"),
    ("on: 1", 'write "on", in quotation marks'),
    ("1: 2", 'write "1", in quotation marks'),
    ("02: slept", 'write "02", in quotation marks'),
    ("2020-01-01: x", "which YAML reads as a date"),
    ("~: x", "which YAML reads as nothing"),
    ("? [1, 2]\n: 3", "a name, found no text"),
    ("a: 2020-01-01", 'write "2020-01-01", in quotation marks'),
    ("a: 2021-13-45", "which YAML reads as a date"),
    ("a: [01, 02]", 'write 1, or "01" in quotation marks if it is a name'),
    ("a: 010", "which YAML reads as 8"),
    ("a: 1:30", "which YAML reads as 90"),
    ("a: 0x10", "which YAML reads as 16"),
    ("a: .nan", "a finite number"),
    ("a: -.inf", "a finite number"),
    ("a: 1.0e+400", "a finite number"),
    ("a: " + "9" * 5000, "expected YAML"),
    ("a: &x [*x]", "an alias of what it is part of"),
    ("a: &x {b: 1, <<: *x}", "an alias of what it is part of"),
    ("<<: 3", "an alias of a block after <<"),
    ("a: *nothing", "undefined alias"),
    ("a: !!binary zz", "which YAML reads as bytes"),
    ("a: !!python/object/apply:os.getcwd []", "remove the tag"),
    ("a: !!set {b}", "remove the tag"),
    ("a: !!bool x", "expected YAML"),
    ("a: [", "expected YAML"),
    ("a: b: c", "line 1: expected YAML"),
    ("a:\n\t- b", "line 2: expected YAML"),
    ("a: 1\n---\nb: 2", "line 2: expected YAML, found a mistake: but found another document"),
    ("a: \x00", "expected YAML"),
    ("__use_yte__: true", "to which Snakemake listens"),
    ("pathvars: 3", "to which Snakemake listens"),
    ("[" * 1000, "more than 20 inside each other"),
    ("a: " + "[" * 50 + "]" * 50, "more than 20 inside each other"),
    ('{"a": ' * 10**5, "more than 20 inside each other"),
    ('{"a": ' + "[" * 50 + "]" * 50 + "}", "more than 20 inside each other"),
    ('{"a": NaN}', "finite numbers, found NaN"),
    ('{"a": 1e999}', "finite numbers, found 1e999"),
    ('{"a": 1, "a": 2}', "a second 'a'"),
    (
        "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n" for a, b in pairwise("abcdefg")),
        "counted with what aliases repeat",
    ),
]


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_what_means_something_else_is_told(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_config_file(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}") and told in sentence
    assert "\n" not in sentence and len(sentence) < 600 + len(str(path))


QUOTED = [("02: slept", {"02": "slept"}), ("a: 2020-01-01", {"a": "2020-01-01"})]
QUOTED += [("a: 010", {"a": "010"}), ("on: 1", {"on": 1})]


@pytest.mark.parametrize(("text", "meant"), QUOTED)
def test_a_name_that_is_quoted_as_advised_is_read(tmp_path, text, meant):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_config_file(path)

    def quote(found, _):
        path.write_text(text.replace(found[1], f'"{found[1]}"'))

    advice = r'(?:write \d+, or |write )"([^"]+)",? in quotation marks(?: if it is a name)?'
    follow(str(caught.value), {advice: quote})
    assert read_config_file(path) == meant


@pytest.mark.parametrize(
    "write",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes("a: 1".encode("utf-16")),
        lambda path: path.write_bytes(b"a: \xff"),
        lambda path: path.symlink_to(path),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, write: Callable[[Path], None]):
    path = tmp_path / "mine.yaml"
    write(path)
    with pytest.raises(InputError, match=r"mine\.yaml: expected"):
        read_config_file(path)


@pytest.mark.parametrize(
    "text",
    [
        CONFIG.read_text(encoding="utf-8"),
        "\ufefftraining: {epochs: 3}",
        "a: &a {b: 1, c: 2}\nd:\n  <<: *a\n  b: 3\ne: *a",
        '{"a": [1, 2.5, null, true, "x"]}',
        "a: 1e-3\nb: 1.0e-3\nc: [yes, No, ~, null, '', 12]\nd: |\n  two\n  lines\n",
    ],
)
def test_what_is_read_is_what_snakemake_reads(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_config_file(path) == load_configfile(path)


def test_a_target_behind_configfile_is_put_in_front(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("training: {epochs: 3}")
    with pytest.raises(InputError) as caught:
        require_options([str(path), "results/demo/report.html"], [])
    assert f"write `snakemake results/demo/report.html --configfile {path}`" in str(caught.value)
    require_options([str(path)], [])
    with pytest.raises(InputError, match="no such file"):
        require_options([str(path), "another.yaml"], [])


def test_a_target_behind_config_is_put_in_front():
    entry = "report={audio: true}"
    with pytest.raises(InputError, match=r"write `snakemake all --config 'report=.*'`"):
        require_options([], [entry, "all"])
    require_options([], [entry])


@pytest.mark.parametrize("entry", ["=3", "a=3", "training.epochs=3", "pathvars=3"])
def test_a_name_that_snakemake_does_not_take_is_told(entry):
    with pytest.raises(InputError, match=r"a block of config\.yaml"):
        require_options([], [entry])


def test_the_last_source_that_holds_a_setting_is_named():
    sources = {"a": {"x": {"y": 1}, "z": [1, 2]}, "b": {"x": {"y": 2}}, "c": {"x": {}}}
    assert source_of(sources, ("x", "y")) == "b"
    assert source_of(sources, ("x",)) == "c"
    assert source_of(sources, ("z", "1")) == "a"
    assert source_of(sources, ("nowhere",)) == "a"


def test_the_file_with_the_block_that_lacks_a_setting_is_named():
    sources = {"config/demo.yaml": {"x": {}}, "config.yaml": {"y": {}}, "mine.yaml": {"y": {}}}
    assert source_of(sources, ("x", "a")) == "config/demo.yaml"
    assert source_of(sources, ("y", "a")) == "config.yaml"
    assert source_of(sources, ("z",)) == "config.yaml"


def test_a_tab_that_snakemake_does_not_take_is_told(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("training:\n  clamp: \t20\n")
    with pytest.raises(InputError, match=r"mine\.yaml, line 2: expected YAML.*no tabs"):
        read_config_file(path)
