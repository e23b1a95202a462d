"""Wrong input ends in one sentence and a non-zero exit, and leaves nothing half-written."""

import re

import pytest

REPORT = "results/demo/report.html"
RECORDING = "sub-02_ses-0_task-1"
CON = f"data/demo/sub-02/ses-0/meg/{RECORDING}_meg.con"


def sentence_of(result) -> str:
    assert result.returncode != 0
    assert "Traceback" not in result.stdout, result.stdout[-4000:]
    found = re.findall(r"^.*expected .*, found .*; .*; .*\.$", result.stdout, flags=re.MULTILINE)
    assert found, result.stdout[-4000:]
    return found[0]


def test_a_missing_raw_folder(fresh):
    result = fresh.snakemake("results/gwilliams/report.html", check=False)
    sentence = sentence_of(result)
    assert "data/gwilliams" in sentence and "raw_folder" in sentence
    assert not (fresh.folder / "results" / "gwilliams").exists()


def test_a_missing_checkpoint(fresh):
    (fresh.folder / "data/gwilliams").mkdir(parents=True)
    sentence = sentence_of(fresh.snakemake("results/gwilliams/report.html", check=False))
    assert "weights/xlsr_53_56k.pt" in sentence


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("results/gwiliams/report.html", "gwilliams"),
        ("results/demo/experiments/mian/seed-2036/metrics.json", "main"),
        ("results/demo/checks/sub-1_ses-0_task-0.json", "sub-01_ses-0_task-0"),
        ("results/demo/audio/night_fery.npy", "night_ferry"),
    ],
)
def test_an_unknown_name(fresh, target, nearest):
    sentence = sentence_of(fresh.snakemake(target, check=False))
    assert f"nearest is '{nearest}'" in sentence


def test_an_unknown_key(fresh):
    fresh.edit("config.yaml", "learning_rate:", "learning_rat:")
    sentence = sentence_of(fresh.snakemake(REPORT, check=False))
    assert "'learning_rate'" in sentence


def test_a_recording_cut_short(workspace):
    path = workspace.folder / CON
    content = path.read_bytes()
    path.unlink()  # it is linked to the original
    path.write_bytes(content[: len(content) // 2])
    others = [p for p in (workspace.folder / "results").rglob("*.npy") if RECORDING not in str(p)]
    before = [p.stat().st_mtime_ns for p in others]
    result = workspace.snakemake(REPORT, "--rerun-triggers", "mtime", check=False)
    sentence = sentence_of(result)
    assert CON in sentence and "bytes" in sentence and "exclude" in sentence
    assert not list(workspace.folder.rglob("*.partial*"))
    assert not (workspace.folder / "results/demo/checks.parquet").exists()
    assert [p.stat().st_mtime_ns for p in others] == before


def test_a_recording_cut_short_can_be_left_out(workspace):
    path = workspace.folder / CON
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    config = workspace.config
    config["studies"]["demo"]["settings"]["check"] = {"allow_missing": True}
    workspace.config = config
    workspace.snakemake("results/demo/splits/blocks.parquet")
