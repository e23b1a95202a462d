"""The configuration: complete, closed, and told in one sentence when it is wrong."""

import copy
import re

import pytest
import yaml

from configuration import settings
from configuration.check import ConfigCheck
from plumbing.errors import InputError
from tests.config_advice import ROOT, SCHEMA, check_all, repair, shipped


@pytest.fixture
def config():
    """The shipped configuration, its demo with four subjects."""
    config = shipped()
    subjects = ["01", "02", "03", "04"]
    config["studies"]["demo"]["layout"] |= {"subjects": subjects, "absent": ["04/1"]}
    return config


def change(config, path, value):
    *parents, key = path.split(".")
    for parent in parents:
        config = config.setdefault(parent, {})
    if value is ABSENT:
        del config[key]
    else:
        config[key] = value


ABSENT = object()


def test_the_shipped_configuration_is_accepted(config):
    before = copy.deepcopy(config)
    check_all(config)
    assert config == before


NO_KEY = [
    ("trainnig", {}, "'training'"),
    ("training.learning_rat", 1, "'learning_rate'"),
    ("studies.demo.settings.decoder.hiden", 1, "'hidden'"),
    ("studies.demo.layout.subject", [], "'subjects'"),
    ("studies.brennan.layout.alignmnt", "published", "'alignment'"),
    ("studies.brennan.layout.stories", {}, "studies.brennan.layout.stories"),
    ("studies.demo_eeg.simulation.duration_s", 5, "studies.demo_eeg.simulation.duration_s"),
    ("experiments.main.decodr", {}, "'decoder'"),
    ("embeddings.mel.layers", [1], "embeddings.mel.layers"),
    ("training.selection.subject", 3, "'subjects'"),
    ("sweeps.delay.value", [1], "'values'"),
    ("studies.demo.settings.running", {}, "studies.demo.settings.running"),
]
NO_VALUE = [
    ("segments.stride_s", ABSENT, "segments.stride_s"),
    ("splits", ABSENT, "splits"),
    ("splits", None, "splits: expected a block of settings, found nothing"),
    ("studies.demo.layout.sessions", ABSENT, "studies.demo.layout.sessions"),
    ("studies.demo.layout", ABSENT, "studies.demo.layout.stories"),
    ("studies.demo.layout.stories.night_ferry.task", ABSENT, "stories.night_ferry.task"),
    ("studies.demo.simulation.snr", ABSENT, "studies.demo.simulation.snr"),
    ("embeddings.mel.target", ABSENT, "embeddings.mel.target"),
    ("embeddings.wav2vec2.checkpoint", ABSENT, "embeddings.wav2vec2.checkpoint"),
    ("experiments.main.embedding", ABSENT, "experiments.main.embedding"),
    ("sweeps.delay.values", ABSENT, "sweeps.delay.values"),
    ("studies.demo.exclude", None, "studies.demo.exclude: expected a block of settings"),
    ("report.experiments", [], "a list of at least one value"),
]
NO_SUCH_VALUE = [
    ("training.learning_rate", "fast", "training.learning_rate"),
    ("training.learning_rate", "1e-3", "write 1.0e-3 (YAML wants a point"),
    ("training.learning_rate", "1.5E3", "write 1.5e+3 (YAML wants a point"),
    ("training.learning_rate", "1e-30", "write 1.0e-30 "),
    ("training.learning_rate", "1e999", "write such a value"),
    ("training.batch_size", "1e3", "write 1000."),
    ("training.learning_rate", float("nan"), "a finite number"),
    ("training.learning_rate", float("inf"), "a finite number"),
    ("training.clamp", -1, "training.clamp"),
    ("training.clamp", True, "found true"),
    ("training.batch_size", 16.0, "a whole number from 1 to 1000000000, found the number 16.0"),
    ("training.batch_size", "16", "write 16."),
    ("training.batch_size", 16.5, "found the number 16.5"),
    ("training.batch_size", 1e30, "training.batch_size"),
    ("training.batch_size", 10**30, "training.batch_size"),
    ("training.epochs", True, "training.epochs"),
    ("training.pairing", True, "heard, as it is called now, found true"),
    ("training.pairing", "true", "write heard"),
    ("studies.demo.settings.training", {"pairing": "true"}, "write heard"),
    ("sweeps.hours", {"values": [1]}, "share, as it is called now"),
    ("studies.demo.settings.sweeps.hours", {"values": [1]}, "write `share:`, or remove it"),
    ("training.compile", "true", "training.compile"),
    ("training.selection.share", 0, "a number above 0 up to 1"),
    ("audio.rate_hz", 8000, "audio.rate_hz: expected 16000, found the number 8000"),
    ("audio.rate_hz", 16000.0, "write 16000."),
    ("splits.seed", -1, "splits.seed"),
    ("report.seeds", [2036.0], "write 2036."),
    ("report.seeds", [1, 1], "every value once"),
    ("studies.demo.simulation.seed", 2**70, "studies.demo.simulation.seed"),
    ("studies.demo.simulation.snr", 1e300, "studies.demo.simulation.snr"),
    ("studies.brennan.reader", "brenan", "brennan or gwilliams"),
    ("studies.demo.title", 3, 'write "3", in quotation marks'),
    ("studies.demo.title", "two\nlines", "a text on one line"),
    ("studies.demo.title", "\ud800", "a text on one line"),
    ("studies.demo.raw_folder", "data/{demo}", "a path without braces"),
    ("studies.demo.raw_folder", "data/demo_eeg/", "a folder of its own"),
    ("studies.demo.layout", [], "studies.demo.layout: expected a block of settings"),
    ("studies.demo.layout.stories.night_ferry.task", 0, 'write "0", in quotation marks'),
    ("studies.demo.layout.stories.night_ferry.task", "1", "a task of its own"),
    ("studies.demo.layout.stories.night_ferry.parts", 2.0, "write 2."),
    ("studies.demo.layout.sessions", [0, 1], 'write "0", in quotation marks'),
    ("studies.brennan.layout.subject_set", "paper", "one of published, authors, all_usable or all"),
    ("embeddings.wav2vec2.layers", "last5", "write last4"),
    ("embeddings.wav2vec2.sha256", "abc", "null or 64 digits"),
    ("embeddings.wav2vec2.dtype", "float16", "write bfloat16"),
    ("sweeps.delay.values", "recordings", "subjects or stories or a list"),
    ("sweeps.delay.values", [0.1, "late"], "sweeps.delay.values.1 (training.delay_s)"),
    ("sweeps.batch.values", [16.0], "sweeps.batch.values.0 (training.batch_size)"),
    ("studies.demo.settings.sweeps.subjects.values", [0], "sweeps.subjects.values"),
    ("experiments.Main", {"embedding": "mel"}, "a name of a to z"),
    ("experiments.two\nlines", {"embedding": "mel"}, "a name, found"),
    ("download.api", "osf.io", "an address with http:// or https://"),
]
NOT_TOGETHER = [
    ("splits.test_share", 0.95, "test_share + valid_share below 1"),
    ("splits.valid_share", 1, "splits.valid_share"),
    ("splits.shortest_block_s", 2.5, "at least the window of 3 s"),
    ("training.delay_s", 3.0, "less than the window of 3 s"),
    ("training.stop_s", 3.5, "at most segments.stop_s of 2.5 s"),
    ("sweeps.delay.values", [0.1, 3.5], "less than the window of 3 s"),
    ("segments.stride_s", 1e-9, "at least a sample of 0.00833 s"),
    ("preprocess.rate_hz", 2000, "at most the 1000 Hz of the recordings"),
    ("preprocess.notch", [250], "frequencies below 250 Hz"),
    ("preprocess.band_pass_hz", [60, 1], "a lower and a higher frequency"),
    ("embeddings.wav2vec2.context_s", 30, "more than twice the context of 30 s"),
    ("sweeps.delay.values", "subjects", "values of training.delay_s"),
    ("sweeps.without_story.values", "subjects", "write stories"),
]
NO_SUCH_NAME = [
    ("embeddings.wav2vec2_last4.like", "wav2vec", "the nearest is 'wav2vec2'"),
    ("embeddings.wav2vec2_last4.like", "wav2vec2_features", "one of wav2vec2, mel"),
    ("embeddings.mel.like", "mel", "one of wav2vec2"),
    ("experiments.main.embedding", "wav2vec", "wav2vec2"),
    ("report.experiments", ["mian"], "'main'"),
    ("report.controls", ["shuffled"], "one of noise_input, random or shuffled_pairs"),
    ("report.controls", ["main"], "one of noise_input, random or shuffled_pairs"),
    ("sweeps.delay.setting", "training.delay", "'training.delay_s'"),
    ("sweeps.delay.setting", "training.selection", "training.selection"),
    ("sweeps.delay.setting", "segments.start_s", "a setting of decoder or training"),
    ("studies.demo.exclude", {"sub-02": "slept"}, "the nearest is '02'"),
    ("studies.demo.exclude", {"2": "slept"}, "the nearest is '02'"),
    ("studies.demo.exclude", {2: "slept"}, 'write "2", in quotation marks'),
    ("studies.demo.exclude", {"sub-02_ses-0": "slept"}, "the nearest is 'sub-02_ses-0_task-0'"),
    ("studies.brennan.exclude", {"S99": "slept"}, "the unknown name 'S99'"),
    ("studies.brennan.exclude", {"s1": "slept"}, "the nearest is 'S01'"),
    ("studies.demo.layout.absent", ["4/1"], "the nearest is '04/1'"),
    ("studies.demo.layout.absent", ["sub-04/ses-1"], "the nearest is '04/1'"),
    ("studies.gwilliams.layout.absent", ["99/1"], "studies.gwilliams.layout.absent"),
    ("studies.demo.layout.subjects", ["sub-01", "02", "04"], "a label of letters and digits"),
    ("studies.demo.layout.subjects", [1, "02", "04"], 'write "1", in quotation marks'),
    ("studies.brennan.layout.subjects", ["S50"], "studies.brennan.layout.subjects"),
    ("studies.brennan.layout.subjects", ["S02"], "the unknown name 'S02'"),  # not in that set
    ("studies.demo.settings.training.selection.without_subject", "2", "the nearest is '02'"),
    ("studies.demo.settings.training.selection.without_subject", 2, 'write "2"'),
    ("studies.demo.settings.training.selection.without_story", "ferry", "'night_ferry'"),
    ("studies.demo_eeg.settings.sweeps.without_subject.values", ["S1"], "the nearest is 'S01'"),
    ("studies.demo.settings.training.selection.subjects", 5, "at most the 4 subjects"),
    ("studies.brennan.settings.preprocess.rereference", ["029"], "the nearest is '29'"),
    ("studies.demo.settings.preprocess.rereference", "average", "null, as for all but EEG"),
]
FAULTS = [*NO_KEY, *NO_VALUE, *NO_SUCH_VALUE, *NOT_TOGETHER, *NO_SUCH_NAME]


@pytest.mark.parametrize(("path", "value", "told"), FAULTS)
def test_a_wrong_key_or_value_is_named_and_the_advice_helps(config, path, value, told):
    change(config, path, value)
    with pytest.raises(InputError) as caught:
        check_all(config)
    sentence, *details = str(caught.value).splitlines()
    assert told in (details or [sentence])[0]
    repair(config)


def test_all_mistakes_are_told_at_once(config):
    wrong = {
        "training.learning_rate": "3e-4",
        "training.patience": 0,
        "training.epoch": 3,
        "splits.seed": ABSENT,
        "studies.demo.layout.subject": [],
        "studies.brennan.reader": "brenan",
        "decoder.depths": 4,
        "trainnig": {},
    }
    for path, value in wrong.items():
        change(config, path, value)
    with pytest.raises(InputError) as caught:
        check_all(config)
    sentence, *details = str(caught.value).splitlines()
    assert f"found {len(wrong)} mistakes; no step was run" in sentence
    told = {re.match(r"- config\.yaml, (\S+): expected", line)[1] for line in details}
    assert told == wrong.keys()
    check_all(repair(config))


def test_all_that_does_not_fit_in_a_study_is_told_at_once(config):
    wrong = {
        "training.delay_s": 3.0,
        "training.stop_s": 2.6,
        "preprocess.rate_hz": 2000,
        "studies.demo.exclude": {"sub-02": "slept"},
        "experiments.main.embedding": "wav2vec",
        "embeddings.wav2vec2.context_s": 30,
    }
    for path, value in wrong.items():
        change(config, path, value)
    with pytest.raises(InputError) as caught:
        ConfigCheck(config, SCHEMA).check_study("demo")
    told = [re.match(r"- config\.yaml, ([^ :]+)", line)[1] for line in caught.value.details]
    assert sorted(told) == sorted(
        [
            "embeddings.wav2vec2.window_s",
            "embeddings.wav2vec2_features.window_s",
            "embeddings.wav2vec2_last4.window_s",
            "experiments.main.embedding",
            "preprocess.rate_hz",
            "studies.demo.exclude.sub-02",
            "training.stop_s",
        ]
    )


def test_an_embedding_like_another_has_its_settings_in_every_study(config):
    blocks = settings.study_settings(config, "demo")["embeddings"]
    assert blocks["wav2vec2_last4"] == blocks["wav2vec2"] | {"layers": "last4"}
    features = blocks["wav2vec2_features"]
    assert features["checkpoint"] == "weights/simulated_wav2vec2.pt"
    assert features["target"] == "wav2vec2_features" and "layers" not in features
    config["embeddings"]["third"] = {"like": "wav2vec2", "dtype": "bfloat16"}
    check_all(config)
    third = settings.study_settings(config, "gwilliams")["embeddings"]["third"]
    assert third == config["embeddings"]["wav2vec2"] | {"dtype": "bfloat16"}


def test_every_subject_may_be_absent_but_not_all(config):
    config["studies"]["demo"]["layout"]["absent"] = [f"0{n}/{s}" for n in range(1, 5) for s in "01"]
    with pytest.raises(InputError, match="a recording or more, found none"):
        check_all(config)
    repair(config)


def test_whoever_is_left_out_already_may_be_excluded(config):
    config["studies"]["brennan"]["exclude"] = {"S02": "slept"}  # not in the published set
    config["studies"]["demo"]["exclude"] = {"01": "slept", "sub-02_ses-0_task-1": "noise"}
    check_all(config)


def test_whoever_is_excluded_cannot_be_left_out_again(config):
    demo = config["studies"]["demo"]
    demo["exclude"] = {"02": "slept"}
    demo["settings"]["training"]["selection"] = {"without_subject": "02"}
    with pytest.raises(InputError, match="one of 01, 03, 04, found the unknown name '02'"):
        check_all(config)


def test_a_mistake_in_one_study_does_not_hinder_another(config):
    config["studies"]["gwilliams"]["exclude"] = {"sub-02": "slept"}
    config["experiments"]["without_05"] = {
        "embedding": "mel",
        "training": {"selection": {"without_subject": "05"}},
    }
    check = ConfigCheck(config, SCHEMA)
    check.check_values()
    check.check_study("demo")
    check.check_experiment("demo", "main")
    with pytest.raises(InputError, match=r"studies\.gwilliams\.exclude\.sub-02"):
        check.check_study("gwilliams")
    with pytest.raises(InputError, match=r"experiments\.without_05\.training\.selection"):
        check.check_experiment("demo", "without_05")
    check.check_experiment("gwilliams", "without_05")


def test_the_smallest_entry_has_neither_exclude_nor_settings(config):
    entry = config["studies"]["gwilliams"]
    assert entry.keys() == {"title", "reader", "raw_folder", "layout"}
    del entry["layout"]
    check_all(config)
    entry["exclude"], entry["settings"] = {}, {}
    check_all(config)


def test_the_file_that_the_readme_shows_is_accepted(config):
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    mine = yaml.safe_load(text)
    merge(config, mine)
    check_all(config)
    blocks = settings.experiment_settings(config, "gwilliams", "main")
    assert blocks["decoder"]["depth"] == 8 and blocks["training"]["epochs"] == 50


def test_experiments_are_overridden_for_one_study(config):
    own = config["studies"]["demo"]["settings"]
    own["experiments"] = {
        "main": {"embedding": "mel"},
        "slow": {"embedding": "mel", "training": {"delay_s": 0.3}},
    }
    own["report"]["experiments"] = ["slow"]
    check_all(config)
    own["experiments"]["slow"]["training"]["delay_s"] = 3
    with pytest.raises(InputError) as caught:
        check_all(config)
    assert "studies.demo.settings.experiments.slow.training.delay_s" in str(caught.value)
    repair(config)


# What is given beside config.yaml, and where its mistake is told to be.
SOURCES = [
    ({"training": {"delay_s": 3}}, "mine.yaml, training.delay_s (demo, main)"),
    ({"training": {"delay_s": "late"}}, "mine.yaml, training.delay_s"),
    ({"trainnig": {}}, "mine.yaml, trainnig"),
    (
        {"experiments": {"main": {"training": {"delay_s": 3}}}},
        "mine.yaml, experiments.main.training",
    ),
    ({"studies": {"demo": {"exclude": {"2": "slept"}}}}, "mine.yaml, studies.demo.exclude.2"),
    ({"report": {"seeds": []}}, "mine.yaml, report.seeds"),
    ({"report": {"experiments": ["mian"]}}, "mine.yaml, report.experiments"),
    ({"embeddings": {"new": {"target": "wav2vec2"}}}, "embeddings.new.checkpoint"),
]


@pytest.mark.parametrize(("mine", "told"), SOURCES)
def test_the_file_that_holds_the_mistake_is_named(config, mine, told):
    merged = copy.deepcopy(config)
    merge(merged, mine)
    with pytest.raises(InputError) as caught:
        check = ConfigCheck(merged, SCHEMA, {"config.yaml": config, "mine.yaml": mine})
        check.check_values()
        check.check_study("demo")
        check.check_experiment("demo", "main")
    assert told in str(caught.value)


def merge(block, overrides):
    for key, value in overrides.items():
        if isinstance(value, dict) and key in block:
            merge(block[key], value)
        else:
            block[key] = value


def test_numbers_inside_braces_of_a_command_line_are_told_to_be_texts(config):
    given = yaml.load("training: {batch_size: 16}", Loader=yaml.BaseLoader)  # as Snakemake does
    merged = copy.deepcopy(config)
    merge(merged, given)
    with pytest.raises(InputError, match="write it into a file for --configfile"):
        check = ConfigCheck(merged, SCHEMA, {"config.yaml": config, "--config": given})
        check.check_values()


def test_a_misspelt_key_is_one_mistake(config):
    config["training"]["learning_rat"] = config["training"].pop("learning_rate")
    with pytest.raises(
        InputError, match=r"training\.learning_rat: .*write `learning_rate:`"
    ) as caught:
        check_all(config)
    assert not caught.value.details
