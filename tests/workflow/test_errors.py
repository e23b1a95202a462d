"""Wrong input ends in one sentence and a non-zero exit, and leaves nothing half-written.

Whoever does what the sentence says, and nothing else, comes to the end.
"""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.advice import Action, follow
from tests.workflow.conftest import REPORT
from tests.workflow.workspace import Workspace

RECORDING = "sub-02_ses-0_task-1"
CON = f"data/demo/sub-02/ses-0/meg/{RECORDING}_meg.con"
REAL_REPORT = "results/gwilliams/report.html"
MOST_SENTENCES = 4


def sentence_of(result) -> str:
    assert result.returncode != 0
    assert "Traceback" not in result.stdout, result.stdout[-4000:]
    found = re.findall(r"^.*expected .*, found .*; .*; .*\.$", result.stdout, flags=re.MULTILINE)
    assert found, result.stdout[-4000:]
    return found[0]


def follow_to_the_end(
    workspace: Workspace, *arguments: str, actions: Mapping[str, Action], asked: list[str]
) -> list[str]:
    """Do what each sentence says until the same command has none to say; give the sentences.

    Parameters: asked, the targets and what stands behind them, which an action may correct.
    """
    sentences: list[str] = []
    while len(sentences) < MOST_SENTENCES:
        result = workspace.snakemake(*arguments, *asked, check=False)
        if result.returncode == 0:
            return sentences
        sentences.append(sentence_of(result))
        follow(sentences[-1], actions)
    raise AssertionError("\n".join(sentences))


# Three ways out of what is not where config.yaml looks for it.


def put_there(workspace: Workspace, asked: list[str]) -> dict[str, Action]:
    def put_checkpoint(found, sentence):
        path = workspace.folder / re.search(r"(\S+): expected the speech model", sentence)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    return {
        r"put them there or set studies\.(\w+)\.raw_folder in \S+": (
            lambda found, sentence: workspace.lay_raw_files(found[1])
        ),
        r"put it there .*": put_checkpoint,
    }


def set_in_config(workspace: Workspace, asked: list[str]) -> dict[str, Action]:
    def set_raw_folder(found, sentence):
        config = workspace.config
        config["studies"][found[1]]["raw_folder"] = "data/elsewhere"
        workspace.config = config
        workspace.lay_raw_files(found[1])

    def set_checkpoint(found, sentence):
        (workspace.folder / "elsewhere.pt").touch()
        config = workspace.config
        config["embeddings"][found[1]]["checkpoint"] = "elsewhere.pt"
        workspace.config = config

    return {
        r"put them there or set studies\.(\w+)\.raw_folder in \S+": set_raw_folder,
        r"put it there .* or set embeddings\.(\w+)\.checkpoint .*": set_checkpoint,
    }


def do_without_a_model(workspace: Workspace, asked: list[str]) -> dict[str, Action]:
    def choose(found, sentence):
        asked.extend(["--config", found[1].replace("NAME", found[2])])

    without = r"put it there .*, or do without it: .* `--config '(.+)'` with (\w+) .*"
    return {without: choose} | put_there(workspace, asked)


@pytest.mark.parametrize("way", [put_there, set_in_config, do_without_a_model])
def test_missing_raw_files_and_a_missing_checkpoint(fresh, way):
    asked = [REAL_REPORT]
    actions = way(fresh, asked)
    folder, checkpoint = follow_to_the_end(fresh, "-n", actions=actions, asked=asked)
    assert "data/gwilliams" in folder and "raw_folder" in folder
    assert "weights/xlsr_53_56k.pt" in checkpoint
    assert not (fresh.folder / "results" / "gwilliams").exists()


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("results/demmo/checks.parquet", "demo"),
        ("results/demo/experiments/mian/seed-2036/metrics.json", "main"),
        ("results/demo/experiments/delai-0.3/seed-2036/metrics.json", "delay"),
        ("results/demo/experiments/delay-0.31/seed-2036/metrics.json", "0.3"),
        ("results/demo/sweeps/dely.html", "delay"),
        ("results/demo/checks/sub-1_ses-0_task-0.json", "sub-01_ses-0_task-0"),
        ("results/demo/audio/night_fery.npy", "night_ferry"),
        ("results/demo/embeddings/mell/night_ferry.npy", "mel"),
    ],
)
def test_an_unknown_name(fresh, target, nearest):
    asked = [target]

    def correct(found, sentence):
        wrong, right = re.search(
            r"unknown name '(.+)' \(the nearest is '(.+)'\)", sentence
        ).groups()
        asked[0] = re.sub(rf"{re.escape(wrong)}(?=[/.-])", right, asked[0])

    actions = {"correct the name.*": correct}
    (sentence,) = follow_to_the_end(fresh, "-n", actions=actions, asked=asked)
    assert f"nearest is '{nearest}'" in sentence


def test_an_embedding_that_fairseq_does_not_know(fresh):
    asked = ["results/demo/embeddings/mel/fairseq.json"]

    def choose(found, sentence):
        asked[0] = asked[0].replace("/mel/", "/wav2vec2/")

    actions = {"choose another embedding.*": choose}
    (sentence,) = follow_to_the_end(fresh, "-n", actions=actions, asked=asked)
    assert "embeddings.mel" in sentence


def test_an_unknown_key(fresh):
    fresh.edit("config.yaml", "learning_rate: 0.0003", "learning_rat: 0.0003")

    def correct(found, sentence):
        fresh.edit("config.yaml", "learning_rat: 0.0003", "learning_rate: 0.0003")

    actions = {"write `learning_rate:`, or remove it": correct}
    (sentence,) = follow_to_the_end(fresh, "-n", actions=actions, asked=[REPORT])
    assert "'learning_rate'" in sentence


def test_a_mistake_beside_config_yaml_is_told_with_its_file(fresh):
    mine = fresh.folder / "mine.yaml"
    mine.write_text("studies: {demo: {exclude: {sub-02: slept}}}")

    def correct(found, sentence):
        mine.write_text(mine.read_text().replace("sub-02", found[1]))

    asked = [REPORT, "--configfile", "mine.yaml"]
    actions = {'write (".*")': correct}
    (sentence,) = follow_to_the_end(fresh, "-n", actions=actions, asked=asked)
    assert "mine.yaml, studies.demo.exclude.sub-02: " in sentence
    assert not (fresh.folder / "results").exists()
    # The entry of another study hinders nobody.
    mine.write_text("studies: {gwilliams: {exclude: {sub-02: slept}}}")
    fresh.snakemake("-n", *asked)


def test_a_target_behind_the_options_that_take_it_for_settings(fresh):
    (fresh.folder / "mine.yaml").write_text("training: {epochs: 1}")
    for option, given in (("--configfile", "mine.yaml"), ("--config", "report={audio: true}")):
        sentence = sentence_of(fresh.snakemake("-n", option, given, REPORT, check=False))
        command = shlex.split(re.search("write `snakemake (.*)`", sentence)[1])
        assert command == [REPORT, option, given]
        if option == "--configfile":
            fresh.snakemake("-n", *command)


def test_a_missing_checkpoint_names_who_asks_for_it_and_who_needs_none(fresh):
    fresh.lay_raw_files("brennan")
    target = "results/brennan/report.html"
    sentence = sentence_of(fresh.snakemake("-n", target, check=False))
    assert "for the experiments main, random, noise_input, shuffled_pairs" in sentence
    option, given = re.search("`(--config) '(.*)'`", sentence).groups()
    for name in re.search(r"with (.*) for NAME", sentence)[1].split(" or "):
        assert name in ("base", "contrastive", "deep_mel")
    planned = fresh.snakemake("-n", target, option, given.replace("NAME", name))
    assert "train_decoder" in planned.stdout and "xlsr" not in planned.stdout


# What Snakemake itself would end with a traceback for.
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("on: 1\n", "line 1: expected a name, found on, which YAML reads as true or false"),
        ("training: {learning_rate: .nan}\n", "a finite number"),
        ("a: 2021-13-45\n", "which YAML reads as a date"),
        ("- 3\n", "found a list"),
        ("pathvars: 3\n", "to which Snakemake listens"),
    ],
)
def test_a_file_that_is_no_settings(fresh, text, told):
    (fresh.folder / "mine.yaml").write_text(text)
    option = ("--configfile", "mine.yaml")
    assert told in sentence_of(fresh.snakemake("-n", REPORT, *option, check=False))
    (fresh.folder / "config.yaml").write_text(text)
    assert told in sentence_of(fresh.snakemake("-n", REPORT, check=False))


# A recording that cannot be used, and the three ways out that the sentence tells.


def cut_short(workspace: Workspace) -> bytes:
    path = workspace.folder / CON
    content = path.read_bytes()
    path.unlink()  # it is linked to the original
    path.write_bytes(content[: len(content) // 2])
    return content


def repair(workspace: Workspace, content: bytes) -> None:
    (workspace.folder / CON).write_bytes(content)


def leave_out(workspace: Workspace, content: bytes) -> None:
    config = workspace.config
    config["studies"]["demo"]["exclude"] = {RECORDING: "cut short"}
    workspace.config = config


def allow_missing(workspace: Workspace, content: bytes) -> None:
    config = workspace.config
    config["studies"]["demo"]["settings"]["check"] = {"allow_missing": True}
    workspace.config = config


def test_a_recording_cut_short(workspace):
    cut_short(workspace)
    others = [p for p in (workspace.folder / "results").rglob("*.npy") if RECORDING not in str(p)]
    before = [p.stat().st_mtime_ns for p in others]
    result = workspace.snakemake(REPORT, "--rerun-triggers", "mtime", check=False)
    assert "exclude" in sentence_of(result)
    (cause,) = re.findall(r"^- 1 recording \(.+\): .+$", result.stdout, flags=re.MULTILINE)
    assert CON in cause and "bytes" in cause
    assert not list(workspace.folder.rglob("*.partial*"))
    assert not (workspace.folder / "results/demo/checks.parquet").exists()
    assert [p.stat().st_mtime_ns for p in others] == before
    assert (workspace.folder / REPORT).is_file()  # an earlier one


@pytest.mark.parametrize("way_out", [repair, leave_out, allow_missing])
def test_a_recording_cut_short_has_three_ways_out(workspace, way_out):
    content = cut_short(workspace)
    actions = {
        r"repair .*, name .* under `exclude` with a reason, or set check\.allow_missing .*": (
            lambda found, sentence: way_out(workspace, content)
        )
    }
    asked = ["results/demo/splits/blocks.parquet"]
    assert len(follow_to_the_end(workspace, actions=actions, asked=asked)) == 1


# A damaged result.


def damage(path: Path) -> bytes:
    """Change a byte of a file; gives what it was."""
    content = path.read_bytes()
    path.unlink()  # it is linked to the original
    path.write_bytes(content.replace(content[-9:-8], b"?"))
    return content


@pytest.mark.parametrize("damaged", ["verdicts.json", "alignment.parquet"])
def test_a_damaged_result_is_told_and_the_earlier_report_stays(workspace, damaged):
    path, report = workspace.folder / "results/demo" / damaged, workspace.folder / REPORT
    page, content = report.read_bytes(), damage(path)

    def delete(found, sentence):
        assert damaged in sentence
        path.unlink()

    actions = {"delete the file and give the same command again": delete}
    assert len(follow_to_the_end(workspace, actions=actions, asked=[REPORT])) == 1
    assert report.read_bytes() == page
    workspace.snakemake(f"results/demo/{damaged}")
    assert path.read_bytes() == content


def test_a_damaged_draft_is_drawn_again(workspace):
    path, report = workspace.folder / "results/demo/drafts/report.html", workspace.folder / REPORT
    damage(path)
    actions = {"delete the file and give the same command again": lambda *_: path.unlink()}
    assert len(follow_to_the_end(workspace, actions=actions, asked=[REPORT])) == 1
    assert report.read_bytes() == path.read_bytes()


def test_a_report_that_could_not_be_drawn_is_not_up_to_date(workspace):
    config = workspace.config
    config["studies"]["demo"]["title"] = "Another title"
    workspace.config = config
    verdicts = workspace.folder / "results/demo/verdicts.json"
    earlier = verdicts.stat()
    content = damage(verdicts)
    assert "verdicts.json" in sentence_of(workspace.snakemake(REPORT, check=False))
    verdicts.write_bytes(content)
    os.utime(verdicts, ns=(earlier.st_atime_ns, earlier.st_mtime_ns))
    assert workspace.planned_rules(REPORT) == {"write_report", "publish_report"}
