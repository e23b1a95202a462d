"""A small study whose results are written in the schemas of the workflow's stages."""

import copy
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from speech_decoding.evaluation.metrics import permutation_p_value, summarise
from speech_decoding.files import replacing, write_json, write_table
from speech_decoding.report.contents import load_contents
from speech_decoding.settings import canonical_json, read_by
from speech_decoding.studies import open_study

QUALITY = {
    "bad_channels": ["MEG 007"],
    "clamp": 20.0,
    "clamped_share": 0.0123,
    "clamped_share_of_worst_channel": 0.2,
    "line_db": 12.0,
    "line_hz": 60.0,
    "worst_channel": "MEG 007",
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fcffff3f030005fe02fea72d994b0000000049454e44ae426082"
)

CONFIG = Path(__file__).parents[2] / "config.yaml"
WORDS = [
    "the",
    "old",
    "captain",
    "said",
    "that",
    "a",
    "green",
    "light",
    "moves",
    "over",
    "quiet",
    "water",
    "and",
    "every",
    "sailor",
    "knows",
    "its",
    "slow",
    "rhythm",
    "because",
    "nobody",
    "else",
    "can",
    "read",
    "what",
    "<b>storms</b>",
    "leave",
    "behind",
    "in",
    "the",
    "harbour",
]
BLOCK_S = 7.0
EXCLUDED = "sub-02_ses-1_task-1"
REASON = "meg.con: expected 208 sensors & found <none>; fetch it again."


@pytest.fixture(scope="session")
def settings():
    """The settings of a report of two experiments and three seeds, as the rule passes them."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    entry = config["studies"]["demo"]
    entry["title"] = "Demo <script>alert('title')</script>"
    entry["settings"]["report"] = {"experiments": ["main", "noise_input"], "seeds": [1, 2, 3]}
    return json.loads(canonical_json(read_by("write_report", config, study="demo")))


@pytest.fixture(scope="session")
def results(settings, tmp_path_factory):
    """The results folder of that study."""
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, settings)
    return folder


@pytest.fixture(scope="session")
def contents(results, settings):
    return load_contents(results, **copy.deepcopy(settings))


def write_results(folder, settings, *, blocks_per_story=24):
    """Write every file that a report reads."""
    generator = np.random.default_rng(0)
    entry, chosen = settings["entry"], settings["blocks"]["report"]
    checks = _checks(entry)
    write_table(folder / "checks.parquet", checks)
    used = checks[checks["verdict"] != "excluded"]
    blocks, chunks = _blocks(entry, used, blocks_per_story, generator)
    write_table(folder / "splits" / "blocks.parquet", blocks)
    write_table(folder / "splits" / "chunks.parquet", chunks)
    segments = _segments(blocks)
    write_table(folder / "segments" / "segments.parquet", segments)
    write_json(
        folder / "segments" / "proof.json",
        {"clean": True, "longest_overlap_s": 0.004, "seconds": {}, "overlaps": []},
    )
    used = checks[checks["verdict"] != "excluded"]
    lag_ms = [None if row % 3 == 0 else float(row) for row in range(len(used))]
    alignment = used[["recording", "subject"]].assign(
        lag_ms=pd.Series(lag_ms, index=used.index, dtype=float), correlation=0.9, warning=""
    )
    alignment.loc[used.index[1], "warning"] = "LAG-WARNING"
    write_table(folder / "alignment.parquet", alignment)
    for recording in used["recording"]:
        own = folder / "recordings" / recording
        write_json(own / "quality.json", QUALITY)
        (own / "quality.png").write_bytes(PNG)
    for experiment in chosen["experiments"]:
        for seed in chosen["seeds"]:
            own = folder / "experiments" / experiment / f"seed-{seed}"
            skill = 0.0 if "noise" in experiment else 0.85
            _write_run(own, segments, settings["blocks"], seed=seed, skill=skill)


def _checks(entry):
    rows = []
    for recording in open_study(entry["reader"], "", entry["layout"]).recordings():
        verdict, reasons = "used", ""
        if recording.id == EXCLUDED:
            verdict, reasons = "excluded", REASON
        elif recording.id == "sub-01_ses-0_task-0":
            verdict, reasons = "warning", "The last 3 s hold no data."
        rows.append(
            (recording.id, recording.subject, recording.session, recording.story, verdict, reasons)
        )
    columns = ["recording", "subject", "session", "story", "verdict", "reasons"]
    return pd.DataFrame(rows, columns=columns)


def _blocks(entry, used, count, generator):
    """Blocks of every recording, two sentences each, and the chunks of the audio in two files."""
    blocks, chunks = [], []
    for story in entry["layout"]["stories"]:
        splits = generator.choice(["train", "valid", "test"], count, p=[0.6, 0.15, 0.25])
        splits[:3] = ["test", "train", "valid"]
        texts = [
            ",".join(" ".join(generator.choice(WORDS, 9)) for _ in range(2)) for _ in range(count)
        ]
        for recording in used[used["story"] == story].itertuples():
            begin_s = 20.0 + BLOCK_S * np.arange(count)
            blocks.append(
                pd.DataFrame(
                    {
                        "block": np.arange(count),
                        "start_s": np.append(0.0, begin_s[1:]),
                        "stop_s": np.append(begin_s[1:], np.inf),
                        "text": texts,
                        "split": splits,
                        "recording": recording.recording,
                        "subject": recording.subject,
                        "story": story,
                    }
                )
            )
        half = count // 2
        chunks.append(
            pd.DataFrame(
                {
                    "chunk": np.arange(count),
                    "wav": [f"{story}_{block // half}.wav" for block in range(count)],
                    "start_s": BLOCK_S * (np.arange(count) % half),
                    "stop_s": BLOCK_S * (np.arange(count) % half + 1),
                    "block": np.arange(count),
                    "split": splits,
                    "story": story,
                }
            )
        )
    return pd.concat(blocks, ignore_index=True), pd.concat(chunks, ignore_index=True)


def _segments(blocks):
    """A segment per word of each block's first sentence; the first training one has no word."""
    rows = []
    for block in blocks.itertuples():
        sentence = block.text.split(",")[0].replace(",", " ")
        for index, word in enumerate(sentence.split(" ")):
            onset_s = 20.0 + BLOCK_S * block.block + 0.5 + 0.4 * index
            named = (word, index, str(block.block), sentence)
            rows.append(
                (block.recording, onset_s, round((onset_s - 0.5) * 120), block.split, block.block)
                + ((None,) * 4 if block.split == "train" and index == 0 else named)
                + (block.subject, block.story)
            )
    columns = ["recording", "onset_s", "first_sample", "split", "block", "word", "word_index"]
    columns += ["sequence_id", "sequence_text", "subject", "story"]
    return pd.DataFrame(rows, columns=columns).astype({"word_index": "Int64"})


def _write_run(folder, segments, blocks, *, seed, skill):
    """A decoder that ranks the right candidate by a draw; `skill` 0 is guessing."""
    generator = np.random.default_rng(seed)
    test = segments[(segments["split"] == "test") & segments["word"].notna()]
    target = test.groupby(["word_index", "sequence_text"], sort=False).ngroup().to_numpy()
    words = test.drop_duplicates(["word_index", "sequence_text"])["word"].to_numpy()
    count = len(words)
    skilled = np.where(test["subject"] == "03", skill / 2, skill)
    rank = 1 + np.floor((count - 1) * generator.random(len(test)) ** (1 / (1 - skilled)))
    best = np.empty((len(test), 10), int)
    for row in range(len(test)):
        others = generator.permutation(np.delete(np.arange(count), target[row]))[:10]
        place = int(rank[row]) - 1
        best[row] = np.insert(others, min(place, 10), target[row])[:10]
    columns = ["recording", "subject", "story", "onset_s", "word", "word_index", "sequence_text"]
    table = (
        test[columns]
        .reset_index(drop=True)
        .assign(
            target=target,
            rank=rank,
            probability=1 / (1 + rank),
            best=list(best),
            best_words=[list(words[row]) for row in best],
        )
    )
    top_k = blocks["evaluation"]["top_k"]
    metrics = {
        "n_candidates": count,
        "n_test_segments": len(table),
        "n_test_words": int(table["word"].nunique()),
        "n_training_segments": int((segments["split"] == "train").sum()),
        "p_value": permutation_p_value(best, target, count),
        "subjects": {
            subject: summarise(rows["rank"].to_numpy(), count, top_k=top_k)
            for subject, rows in table.groupby("subject")
        },
        **summarise(rank, count, top_k=top_k),
    }
    training = blocks["training"]
    description = {
        "decoder": blocks["decoder"],
        "n_subjects": int(segments["subject"].nunique()),
        "n_outputs": 32,
        "subjects": sorted(segments["subject"].unique()),
        "window": {"start_s": -0.5, "stop_s": 2.5, "rate_hz": 120},
        "training": training | {"brain": "recorded" if skill else "noise"},
        "seed": seed,
        "embedding_scale": [0.0123456789, 0.25],
        "n_parameters": 1234567,
    }
    epoch = np.arange(1, 11)
    noise = 0.03 * generator.random(len(epoch))
    history = pd.DataFrame(
        {
            "epoch": epoch,
            "updates": 40,
            "train_loss": 1.2 + 2.3 * np.exp(-epoch / 3) + noise,
            "valid_loss": 1.9 + 1.6 * np.exp(-epoch / 3) + 0.004 * epoch**2 + noise,
            "valid_top10": 0.3 + 0.4 * (1 - np.exp(-epoch / 3)),
        }
    )
    write_json(folder / "decoder.json", description)
    write_json(folder / "metrics.json", metrics)
    write_table(folder / "retrieval.parquet", table)
    with replacing(folder / "history.csv") as temporary:
        history.to_csv(temporary, index=False)
