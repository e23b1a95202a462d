"""A small study whose results are written in the schemas of the workflow's stages."""

import copy
import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from configuration.chosen import Chosen
from configuration.settings import canonical_json
from configuration.study import ConfiguredStudy
from plumbing.files import write
from plumbing.results import (
    ALIGNMENT,
    ATTENTION,
    AUDIO,
    BENCHMARKS,
    BLOCKS,
    CHECKS,
    CHUNKS,
    CONTROLS,
    DESCRIPTION,
    EMBEDDING,
    FAIRSEQ,
    FINDINGS,
    HISTORY,
    METRICS,
    QUALITY_PICTURE,
    RETRIEVAL,
    SEGMENTS,
    VERDICTS,
    WAV_ONSETS,
    WAVS,
    WEIGHTS,
    Results,
)
from plumbing.results import PROOF as PROOF_FILE
from plumbing.results import QUALITY as QUALITY_FILE
from plumbing.results import WORDS as WORD_TABLE
from speech_decoding.controls.judging import judge
from speech_decoding.evaluation.grouping import story_pools
from speech_decoding.evaluation.metrics import measure
from speech_decoding.recordings.causes import tabulate_findings
from speech_decoding.recordings.quality import Quality, Spectrum
from speech_decoding.recordings.quality_picture import draw_quality
from speech_decoding.report.contents import load_contents
from speech_decoding.studies import Finding, open_study
from tests.config_advice import shipped

QUALITY = {
    "bad_channels": ["MEG 007"],
    "clamp": 20.0,
    "clamped_share": 0.0123,
    "clamped_share_of_worst_channel": 0.2,
    "line_db": 12.0,
    "line_hz": 60.0,
    "worst_channel": "MEG 007",
}
PROOF = {"clean": True, "longest_overlap_s": 0.004, "seconds": {}, "overlaps": []}

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
    "The",
    "harbour",
]
BLOCK_S = 7.0
EXCLUDED = "sub-02_ses-1_task-1"
FAULT = Finding.fault(
    "meg.con",
    expected="208 sensors",
    found="<none> & nothing",
    consequence="the recording cannot be used",
    next_step="fetch it again",
)


@pytest.fixture(scope="session")
def settings():
    """The settings of a report of two experiments and three seeds, as the rule passes them."""
    config = shipped()
    entry = config["studies"]["demo"]
    entry["title"] = "Demo <script>alert('title')</script>"
    entry["layout"] |= {"subjects": ["01", "02", "03", "04"], "absent": ["04/1"]}
    entry["settings"]["report"] = {
        "experiments": ["main", "noise_input"],
        "seeds": [1, 2, 3],
        "fairseq": True,
        "audio": True,
    }
    return report_settings(config, "demo")


def report_settings(config, study):
    """The settings of a study's report, as the rule passes them."""
    return json.loads(canonical_json(Chosen(ConfiguredStudy(config, study, {}), {}).reported))


@pytest.fixture(scope="session")
def results(settings, tmp_path_factory):
    """The results of that study."""
    results = Results(tmp_path_factory.mktemp("results"))
    write_results(results, settings)
    return results


@pytest.fixture(scope="session")
def contents(results, settings):
    return load_contents(results, **copy.deepcopy(settings))


def write_results(results, settings, *, blocks_per_story=24):
    """Write every file that a report reads."""
    generator = np.random.default_rng(0)
    entry, chosen = settings["entry"], settings["blocks"]["report"]
    checks = _checks(entry)
    results.write(CHECKS, checks)
    results.write(FINDINGS, _findings(checks))
    used = checks[checks["verdict"] != "excluded"]
    blocks, chunks = _blocks(entry, used, blocks_per_story, generator)
    results.write(BLOCKS, blocks)
    results.write(CHUNKS, chunks)
    segments = _segments(blocks)
    results.write(SEGMENTS, segments)
    reader = open_study(entry["reader"], entry["raw_folder"], entry["layout"])
    _write_embedding(results.of(embedding="wav2vec2", story=reader.stories()[0]))
    results.write(PROOF_FILE, PROOF)
    used = checks[checks["verdict"] != "excluded"]
    lag_ms = [None if row % 3 == 0 else float(row) for row in range(len(used))]
    alignment = used[["recording", "subject"]].assign(
        lag_ms=pd.Series(lag_ms, index=used.index, dtype=float), correlation=0.9, warning=""
    )
    alignment.loc[used.index[1], "warning"] = "LAG-WARNING"
    results.write(ALIGNMENT, alignment)
    picture = draw_quality(_quality(generator))
    for recording in used["recording"]:
        results.write(QUALITY_FILE, QUALITY, recording=recording)
        results.write(QUALITY_PICTURE, picture, recording=recording)
    results.write(WORD_TABLE, _words(segments))
    for experiment in chosen["experiments"]:
        for seed in chosen["seeds"]:
            own = results.of(experiment=experiment, seed=seed)
            skill = 0.0 if "noise" in experiment else 0.85
            _write_run(own, segments, settings["blocks"], seed=seed, skill=skill)
    main = results.of(experiment=chosen["experiments"][0], seed=chosen["seeds"][0])
    judged = judge(
        proof=PROOF,
        alignment=alignment,
        metrics=main.read(METRICS),
        retrieval=main.read(RETRIEVAL),
        controls=main.read(CONTROLS),
        trained={},
        top_k=settings["blocks"]["evaluation"]["top_k"],
    )
    results.write(VERDICTS, [asdict(verdict) for verdict in judged])
    write_benchmark(results.path(BENCHMARKS) / "check_study.tsv", 1.5, "-")
    for recording in used["recording"]:
        write_benchmark(results.path(BENCHMARKS) / "preprocess" / f"{recording}.tsv", 60.0, 512.25)
    _write_audio(results, entry, used)


def write_benchmark(path, seconds, memory_mib):
    """A benchmark file as Snakemake writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = "s h:m:s max_rss max_vms max_uss max_pss io_in io_out mean_load cpu_time"
    values = f"{seconds} 0:01:00 {memory_mib} 1 1 1 0 0 90 {seconds / 2}"
    path.write_text("\t".join(columns.split()) + "\n" + "\t".join(values.split()) + "\n")


def _write_audio(results, entry, used):
    """Noise for each story, heard 20 s after each recording began."""
    rate_hz = 16000
    for story in open_study(entry["reader"], "", entry["layout"]).stories():
        waveform = np.random.default_rng(3).normal(0, 0.1, 170 * rate_hz).astype(np.float32)
        results.write(AUDIO, waveform, story=story)
        table = pd.DataFrame({"wav": [f"{story}_0.wav"], "first_sample": [0]})
        results.write(WAVS, table, story=story)
    onsets = used[["recording", "story"]].assign(wav=used["story"] + "_0.wav", onset_s=20.0)
    results.write(WAV_ONSETS, onsets)


def _quality(generator):
    """A spectrum and sensors as a recording of MEG-MASC has them."""
    frequency_hz = np.arange(0, 500.5, 0.5)
    power = generator.lognormal(0, 0.3, (208, len(frequency_hz))) * 1e-28 / (1 + frequency_hz)
    sensors = pd.DataFrame(generator.random((208, 2)), columns=["x", "y"])
    sensors["name"] = [f"MEG {number:03d}" for number in range(1, 209)]
    share = generator.random(208) ** 9 / 50
    return Quality(Spectrum(frequency_hz, power), "mag", sensors, ["MEG 007"], share)


def warning(recording):
    """What every used recording of the first story is warned of."""
    return Finding.warning(
        f"{recording}/events.tsv",
        expected="events up to about the end of each audio file",
        found=f"the last one of {recording} long before",
        consequence="events may be missing",
        next_step="compare the file with the published one",
    )


def _checks(entry):
    rows = []
    reader = open_study(entry["reader"], "", entry["layout"])
    first = min(reader.stories())
    for recording in reader.recordings():
        verdict, reasons = "used", ""
        if recording.id == EXCLUDED:
            verdict, reasons = "excluded", FAULT.sentence
        elif recording.story == first:
            verdict, reasons = "warning", warning(recording.id).sentence
        rows.append(
            (recording.id, recording.subject, recording.session, recording.story, verdict, reasons)
        )
    columns = ["recording", "subject", "session", "story", "verdict", "reasons"]
    return pd.DataFrame(rows, columns=columns)


def _findings(checks):
    warned = checks.loc[checks["verdict"] == "warning", "recording"]
    return tabulate_findings([(EXCLUDED, FAULT), *((name, warning(name)) for name in warned)])


def _blocks(entry, used, count, generator):
    """Blocks of every recording, two sentences each, and the chunks of the audio in two files."""
    blocks, chunks = [], []
    for story in open_study(entry["reader"], "", entry["layout"]).stories():
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


def _write_embedding(results):
    """What the speech was embedded with, and how far that is from fairseq."""
    checkpoint = {"path": "weights/<model>.pt", "layout": "fairseq cfg", "size_bytes": 1083941}
    facts = {
        "target": "wav2vec2",
        "features": 64,
        "frame_hz": 50.0,
        "silence": 0.0,
        "checkpoint": checkpoint | {"sha256": "ab" * 32},
        "layers": [3, 4, 5],
        "final_norm": "before",
        "device": "cpu",
        "dtype": "float32",
    }
    results.write(EMBEDDING, facts)
    compared = {"largest_difference": 5.7e-5, "largest_relative_difference": 1.6e-6}
    compared["differences"] = {"conv": 1.9e-6, "layer1": 3.8e-5, "layer2": 5.7e-5}
    write(results.path(FAIRSEQ), compared | {"fairseq": "0.12.2", "chunks": ["a", "b"]})


def controls(skill):
    """What the controls of a decoder found."""
    decoder = 0.1 + 0.6 * skill
    control = {"n": 400, "k": 10, "n_candidates": 50.5, "chance": 0.2, "decoder": decoder}
    control |= {"n_sentences": 12}
    at_chance = {"accuracy": 0.2, "p_value": 0.5, "interval": [0.18, 0.23], "lead": [0.4, 0.6]}
    return {
        "noise": control | at_chance,
        "shifted": control | at_chance,
        "silence": None,
        "timing": control | {"accuracy": 0.3, "p_value": 1e-4, "lead": [skill - 0.1, skill]},
        "matched": {
            "n": 400,
            "k": 5,
            "n_candidates": 50,
            "accuracy": 0.1 + skill,
            "chance": 0.1,
            "interval": [0.05 + skill, 0.2 + skill],
            "n_sentences": 12,
        },
        "delays": [
            {"shift_s": shift_s, "n": 200, "k": 10, "n_candidates": 100}
            | {"accuracy": 0.1 + skill * np.exp(-9 * abs(shift_s))}
            for shift_s in (-0.5, -0.1, 0.0, 0.1, 0.5)
        ],
    }


def _words(segments):
    """The words that name segments, as the splits' table of words has them."""
    words = segments.dropna(subset=["word"])
    condition = np.where(words["word"].str.len() > 5, "word_list", "sentence")
    return words.assign(
        start_s=words["onset_s"],
        duration_s=0.3,
        wav=words["story"] + "_0.wav",
        wav_start_s=words["onset_s"] - 20,
        condition=condition,
        word_class=np.where(words["word"].str.len() > 3, "content", "function"),
        log_frequency=words["word"].str.len().astype(float),
    )


def _write_run(run, segments, blocks, *, seed, skill):
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
    pool, members = story_pools(target, test["story"].to_numpy())
    size = members.sum(axis=1)[pool[target]]
    columns = ["recording", "subject", "story", "block", "onset_s"]
    table = (
        test[[*columns, "word", "word_index", "sequence_text"]]
        .reset_index(drop=True)
        .assign(
            session=test["recording"].str.extract(r"ses-(\d)")[0].to_numpy(),
            segment=[f"{own:016x}" for own in target],
            target=target,
            rank=rank,
            tied=1,
            words_rank=np.minimum(rank, 20),
            words_tied=1,
            sentences_rank=np.minimum(rank, 6),
            sentences_tied=1,
            apart_rank=np.where(target % 9 == 0, np.ceil(rank / 9), np.nan),
            apart_tied=(target % 9 == 0).astype(int),
            within_story_rank=np.ceil(rank * size / count),
            within_story_tied=1,
            place_s=test["onset_s"].to_numpy() - 20.0,
            probability=1 / (1 + rank),
            best=list(best),
            best_words=[list(words[row]) for row in best],
        )
    )
    candidates = test.drop_duplicates(["word_index", "sequence_text"]).assign(
        apart=np.arange(count) % 9 == 0
    )
    chosen = blocks["evaluation"]
    metrics = measure(
        table,
        candidates,
        **{key: chosen[key] for key in ("top_k", "candidate_counts")},
    )
    metrics["n_training_segments"] = int((segments["split"] == "train").sum())
    angle = np.arange(40) * 2.4
    radius = 0.5 * np.sqrt(np.arange(40) / 39)
    attention = pd.DataFrame(
        {
            "layout": 0,
            "recordings": 13,
            "sensor": [f"MEG {number:03d}" for number in range(40)],
            "x": 0.5 + radius * np.cos(angle),
            "y": 0.5 + radius * np.sin(angle),
            "attention": 1 + 0.5 * np.cos(angle),
        }
    )
    run.write(ATTENTION, attention)
    if seed == blocks["report"]["seeds"][0]:
        run.write(CONTROLS, controls(skill))
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
    run.write(DESCRIPTION, description)
    run.write(WEIGHTS, bytes(100))
    run.write(METRICS, metrics)
    run.write(RETRIEVAL, table)
    run.write(HISTORY, history)
