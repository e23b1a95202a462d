"""What should run again after which change, as a reader of the workflow would state it.

Nothing here is computed from the workflow: test_reruns.py compares the two. A change is stated by
the rules that it concerns first; all that follows them runs too, save what is marked with `!`.
"""

# Which rules read what a rule writes; what comes through a rule in between is left out.
NEXT = {
    "simulate_stimuli": "simulate_recording merge_audio",
    "simulate_recording": "check_recording",
    "simulate_alice_stimuli": "simulate_alice_recording merge_audio",
    "simulate_alice_recording": "check_recording",
    "simulate_checkpoint": "embed_speech compute_layers",
    "check_recording": "check_study preprocess_recording",
    "check_study": "split_blocks merge_audio",
    "preprocess_recording": "split_blocks",
    "merge_audio": "split_blocks",
    "split_blocks": "measure_alignment embed_speech compute_layers cut_segments",
    "measure_alignment": "judge_controls write_report",
    "embed_speech": "train_decoder",
    "compute_layers": "compare_with_fairseq",
    "compare_with_fairseq": "",
    "cut_segments": "prove_splits train_decoder",
    "prove_splits": "judge_controls",
    "train_decoder": "evaluate_decoder",
    "evaluate_decoder": "control_decoder write_comparison write_sweep",
    "control_decoder": "judge_controls",
    "judge_controls": "write_report",
    "write_comparison": "publish_page",
    "write_sweep": "publish_page",
    "write_report": "publish_report",
    "publish_page": "",
    "publish_report": "",
}

# Rules whose input is not kept, and the rule that makes it again.
NOT_KEPT = {"compare_with_fairseq": "compute_layers"}

_FROM_THE_START = "simulate_stimuli simulate_alice_stimuli simulate_checkpoint"
_PAGES = "write_comparison write_sweep write_report"

# Folder of workflow_scripts: names of its files (without .py), and whom a change of one of them
# concerns. "*" are the files of the folder that are not named.
LIBRARY = {
    "plumbing": {"*": ""},  # computes nothing
    "configuration": {"*": ""},  # what it gives to rules counts by its value
    "simulation": {
        "*": _FROM_THE_START,
        "brain kit_file noise sensors": "simulate_stimuli simulate_alice_stimuli",
        "gwilliams recording sidecars stimuli": "simulate_stimuli",
        "brennan matlab_file scalp": "simulate_alice_stimuli",
        "checkpoint": "simulate_checkpoint",
    },
    "download": {"*": ""},  # by name alone, and then each time
    "speech_decoding": {"__init__": "check_recording simulate_alice_stimuli simulate_checkpoint"},
    "speech_decoding/studies": {
        "__init__ presence reading": "check_recording simulate_alice_stimuli",
        "gwilliams gwilliams_tables kit megmasc_wavs.csv tsv": "check_recording",
        # The simulated study is written with the names and tables of the real one.
        "brennan brennan_cleaning brennan_signal brennan_trials brennan_subjects.csv": (
            "simulate_alice_stimuli"
        ),
        "brainvision fieldtrip matlab": "simulate_alice_stimuli",
    },
    "speech_decoding/recordings": {
        "__init__": "check_recording merge_audio",
        "apart twins": "check_recording",
        "causes checks event_checks signal_checks story_words thresholds": "check_recording",
        "earlier_results": "check_study",
        "*": "preprocess_recording",
        "audio_files": "check_recording merge_audio",
        "resampling": "preprocess_recording merge_audio",
        "alignment": "measure_alignment",
    },
    "speech_decoding/speech": {
        "__init__": "simulate_checkpoint merge_audio",
        "torchaudio_guard": "simulate_checkpoint",
        "audio": "merge_audio",
        "waveforms wav2vec2": "embed_speech compute_layers",
        "embedding finished passes speech_model": "embed_speech",
        "layers": "compute_layers",
    },
    "speech_decoding/speech/targets": {"*": "embed_speech"},
    "speech_decoding/speech/checkpoints": {"*": "embed_speech compute_layers"},
    "speech_decoding/segments": {
        "__init__ blocks splits": "split_blocks",
        "cutting scaling windows": "cut_segments",
        "leaks": "prove_splits",
        "heard_audio": "train_decoder",
    },
    "speech_decoding/dataset": {"*": "train_decoder"},
    "speech_decoding/decoder": {"*": "train_decoder"},
    "speech_decoding/training": {"*": "train_decoder"},
    "speech_decoding/evaluation": {"*": "evaluate_decoder"},
    "speech_decoding/controls": {"*": "control_decoder", "evidence judging": "judge_controls"},
    "speech_decoding/controls/at_test": {"*": "control_decoder"},
    "speech_decoding/controls/from_results": {"*": "judge_controls"},
    "speech_decoding/controls/trained": {"*": "judge_controls"},
    "speech_decoding/report": {
        "*": _PAGES,
        "comparison comparison.html.jinja": "write_comparison",
        "sweep sweep.html.jinja left_out.html.jinja": "write_sweep",
        "outcomes outcome_figures": "write_comparison write_sweep",
        "paper": "write_comparison write_report",
        "page accuracy_figures contents costs listening provenance": "write_report",
    },
    "speech_decoding/report/sections": {"*": "write_report"},
}

# A setting of config.yaml, another value, and whom it concerns.
SETTINGS = [
    ("studies.demo.title", "Demo", _PAGES),
    ("studies.demo.raw_folder", "data/another", "simulate_stimuli"),
    ("studies.demo.layout.subjects", ["01", "02", "03"], "simulate_stimuli"),
    ("studies.demo.layout.stories.night_ferry.parts", 3, "simulate_stimuli"),
    ("studies.demo.simulation.snr", 0.4, "simulate_recording"),
    ("studies.demo_eeg.simulation.snr", 0.4, "simulate_alice_recording"),
    ("studies.demo_eeg.layout.alignment", "published", "check_recording"),
    ("studies.demo_eeg.layout.wav_distances_s", [15.0] * 11, "simulate_alice_stimuli"),
    ("studies.demo.exclude", {"02": "sleepy"}, "check_study"),
    ("studies.demo.settings.training.learning_rate", 0.003, "train_decoder"),
    ("studies.gwilliams.title", "Another study than that of the target", ""),
    ("download.attempts", 3, ""),
    ("check.allow_missing", True, "check_study"),
    ("preprocess.notch", "auto", "preprocess_recording"),
    ("preprocess.rate_hz", 100, "preprocess_recording"),
    ("embeddings.wav2vec2.window_s", 50, "embed_speech"),
    ("embeddings.wav2vec2.sha256", "0" * 64, "embed_speech compute_layers"),
    # Of no study's main experiment, which controls and sweeps are about.
    ("embeddings.mel.n_mels", 80, "embed_speech !write_sweep !control_decoder !judge_controls"),
    ("embeddings.wav2vec2_last4.layers", [4], "write_report"),
    ("splits.valid_share", 0.2, "split_blocks"),
    ("splits.seed", 13, ""),  # the demos have their own
    ("segments.stride_s", 0.25, "cut_segments"),
    ("segments.stop_s", 2.4, "cut_segments"),
    ("decoder.glu", False, "train_decoder"),
    ("decoder.hidden", 256, ""),
    ("studies.demo.job_cores", 2, ""),
    ("training.delay_s", 0.1, "train_decoder"),
    ("training.selection.share", 0.5, "train_decoder"),
    ("training.device", "cpu", "train_decoder"),
    ("running.checkpoint_minutes", 1, ""),
    ("experiments.main.decoder", {"glu": False}, "train_decoder"),
    (
        "experiments.deep_mel.training.delay_s",
        0.1,
        "train_decoder !write_sweep !control_decoder !judge_controls !write_report !publish_report",
    ),
    ("experiments.bfloat16.training.delay_s", 0.1, ""),  # no target asks for it
    ("experiments.another", {"embedding": "mel"}, ""),
    # The report lists what is set for the study.
    ("studies.demo.settings.experiments", {"another": {"embedding": "mel"}}, "write_report"),
    (
        "studies.demo.settings.sweeps.without_story",
        {"values": ["night_ferry"]},
        "write_sweep write_report",
    ),
    ("sweeps.delay.values", [0, 0.1], ""),  # no target asks for it
    ("evaluation.top_k", [1, 10], "evaluate_decoder"),
    ("evaluation.candidate_counts", [10, 50], "evaluate_decoder"),
    ("studies.demo.settings.report.experiments", ["main", "random"], "write_report"),
    # The controls are of the first seed, which is there already.
    (
        "studies.demo.settings.report.seeds",
        [2036, 2037],
        "train_decoder !control_decoder !judge_controls",
    ),
    ("report.controls", ["random"], "judge_controls"),
    ("report.audio", True, "write_report"),
]


def stated(concerned: str) -> set[str]:
    """Give the rules that a statement comes to: those that it names and all that follow them."""
    named = set(concerned.split())
    spared = {rule for rule in named if rule.startswith("!")}
    rules = with_followers(named - spared) - {rule[1:] for rule in spared}
    return rules | {NOT_KEPT[rule] for rule in rules & NOT_KEPT.keys()}


def with_followers(rules: set[str]) -> set[str]:
    waiting, reached = list(rules), set()
    while waiting:
        rule = waiting.pop()
        reached.add(rule)
        waiting += NEXT[rule].split()
    return reached
