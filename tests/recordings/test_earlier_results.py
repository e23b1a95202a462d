"""What an earlier layout left among the results is named."""

from plumbing.results import Results
from speech_decoding.recordings.earlier_results import name_earlier_results
from speech_decoding.studies import open_study

LAYOUT = {
    "subjects": ["01"],
    "sessions": ["0"],
    "absent": [],
    "stories": {"one": {"task": "0", "parts": 1}},
}
FILES = (
    "recordings/sub-01_ses-0_task-0/signal.npy",
    "audio/one.npy",
    "embeddings/mel/one.npy",
    "splits/words.parquet",
)


def lay(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_results_of_the_present_layout_are_not_named(tmp_path):
    study = open_study("gwilliams", tmp_path, LAYOUT)
    lay(tmp_path, *FILES)
    assert name_earlier_results(Results(tmp_path), study) == ""
    assert name_earlier_results(Results(tmp_path / "nothing yet"), study) == ""


def test_results_of_an_earlier_layout_are_named_until_they_are_deleted(tmp_path):
    study = open_study("gwilliams", tmp_path, LAYOUT)
    others = (
        "recordings/sub-02_ses-0_task-0/signal.npy",
        "audio/two.npy",
        "embeddings/mel/two.npy",
    )
    lay(tmp_path, *FILES, *others)
    sentence = name_earlier_results(Results(tmp_path), study)
    named = (
        "found recordings/sub-02_ses-0_task-0/signal.npy, audio/two.npy, "
        "embeddings/mel/two.npy of an earlier"
    )
    assert named in sentence and "delete them" in sentence
    for name in others:
        (tmp_path / name).unlink()
    assert name_earlier_results(Results(tmp_path), study) == ""


def test_many_are_counted(tmp_path):
    study = open_study("gwilliams", tmp_path, LAYOUT)
    lay(tmp_path, *(f"audio/story_{number}.npy" for number in range(13)))
    assert " and 3 more of an earlier one" in name_earlier_results(Results(tmp_path), study)
