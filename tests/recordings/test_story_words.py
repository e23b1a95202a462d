"""Every listener of a story heard its words: all of them, once, in the same sentences."""

import pytest

from plumbing.errors import InputError
from speech_decoding.recordings.checks import judge_study
from speech_decoding.recordings.event_checks import check_events
from speech_decoding.recordings.story_words import compare_words, sum_up_words


@pytest.fixture(scope="module")
def heard(intact):
    """The events of one recording, 34 words or so."""
    return intact.reader.load_events(intact.recording)


def without(events, chosen):
    """Take away some of the words: `chosen` of their number and count."""
    words = events.index[events["kind"] == "word"]
    return events.drop([row for i, row in enumerate(words) if chosen(i, len(words))])


def second_wav(events):
    return events["wav"] == sorted(events["wav"].unique())[1]


def respell(events):
    events = events.copy()
    events.loc[events.index[events["kind"] == "word"][3], "word"] = "another"
    return events


def join_sentences(events):
    events = events.copy()
    row = events.index[(events["kind"] == "word") & (events["word_index"] == 0)][1]
    events.loc[row, "word_index"] = 5
    return events


ODD = {
    "15 of all words": lambda events: without(events, lambda i, count: i % 2 and i < 30),
    "the last word": lambda events: without(events, lambda i, count: i == count - 1),
    "the first word": lambda events: without(events, lambda i, count: i == 0),
    "the second half": lambda events: without(events, lambda i, count: i > count / 2),
    "another spelling": respell,
    "another sentence": join_sentences,
}


def verdict(name, events, story="tale"):
    shared = {"recording": name, "subject": name, "session": "0", "story": story}
    seen = {"signal_sha256": f"of {name}", "words": sum_up_words(events)}
    return shared | {"verdict": "used", "findings": [], **seen}


def faults_of(*events):
    names = [f"r{number}" for number in range(len(events))]
    words = {name: sum_up_words(each) for name, each in zip(names, events, strict=True)}
    return list(compare_words(dict.fromkeys(names, "tale"), words))


def test_listeners_who_heard_the_same(heard):
    assert faults_of(heard, heard, heard) == []
    later = heard.assign(start_s=heard["start_s"] + 7, wav_start_s=heard["wav_start_s"] + 1e-5)
    assert faults_of(heard, later) == []
    phonemes = heard[heard["kind"] != "phoneme"]
    assert faults_of(heard, phonemes) == []


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("others", [2, 5])
def test_a_listener_with_other_words_is_excluded(name, others, heard):
    verdicts = [verdict(f"r{i}", heard) for i in range(others)] + [verdict("odd", ODD[name](heard))]
    with pytest.raises(InputError, match=r"- 1 recording .odd.: events of odd: .* other listeners"):
        judge_study(verdicts, exclude={}, allow_missing=False)
    table, findings = judge_study(verdicts, exclude={}, allow_missing=True)
    assert list(table["verdict"]) == ["used"] * others + ["excluded"]
    assert set(findings["recording"]) == {"odd"}
    table, _ = judge_study(verdicts, exclude={"odd": "asleep"}, allow_missing=False)
    assert list(table["verdict"]) == ["used"] * others + ["excluded"]


def test_of_two_listeners_the_one_with_fewer_words_is_at_fault(heard):
    short = ODD["15 of all words"](heard)
    assert {name for name, _ in faults_of(short, heard)} == {"r0"}
    assert {name for name, _ in faults_of(heard, short)} == {"r1"}


def test_stories_are_compared_each_by_itself(heard):
    verdicts = [verdict("a", heard), verdict("b", ODD["the last word"](heard), story="other")]
    judge_study(verdicts, exclude={}, allow_missing=False)


def test_what_was_found_is_told(heard):
    wav = sorted(heard["wav"].unique())[0]
    count = int((heard["wav"].eq(wav) & heard["kind"].eq("word")).sum())
    ((_, finding),) = faults_of(heard, heard, ODD["the first word"](heard))
    assert finding.found == f"{count - 1} words in {wav}, not the {count} of 2 of 3 recordings"


@pytest.mark.parametrize(
    ("shift_s", "severity"), [(-100, "fault"), (-20, "warning"), (100, "fault"), (None, None)]
)
def test_words_outside_the_recording(heard, shift_s, severity):
    moved = heard.assign(start_s=heard["start_s"] + (shift_s or 0))
    found = check_events(moved, "events", duration_s=39)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_recording_that_was_cut_at_its_end_is_used(heard):
    words = heard[heard["kind"] == "word"]
    (finding,) = check_events(heard, "events", duration_s=words["start_s"].iloc[-3])
    assert finding.severity == "warning"
    assert "what was heard then is not used" in finding.consequence


def test_a_long_pause_is_told(heard):
    late = heard.copy()
    moved = second_wav(late)
    late.loc[moved, ["start_s", "wav_start_s"]] += 16
    (finding,) = check_events(late, "events", duration_s=100)
    assert (finding.severity, "none for 16" in finding.found) == ("warning", True)
