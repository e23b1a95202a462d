"""When the words of the Alice story were heard: its word table and the listeners' trial tables.

The authors cut every recording into trials around words. A trial table names, for each, its first
sample, how much later the word began, and the place of the word in its wav file; from these follows
where each wav began (protocol 1.2).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plumbing.errors import InputError
from speech_decoding.studies import Finding, matlab
from speech_decoding.studies.brennan_signal import RATE_HZ
from speech_decoding.studies.reading import reading

if TYPE_CHECKING:
    import pandas as pd

_WORD_COLUMNS = {
    "Word": "word",
    "Segment": "wav_number",
    "onset": "start_s",
    "offset": "stop_s",
    "Order": "order",
    "Position": "position",
    "Sentence": "sentence",
    "IsLexical": "lexical",
    "LogFreq": "log_frequency",
}
# Known of most words only.
_ANNOTATIONS = ["IsLexical", "LogFreq"]
# The trials of a wav agree on where it began up to the rounding of their samples, and listeners
# agree on the distances between wavs up to the jitter of the playback.
_LARGEST_SPREAD_S, _LARGEST_JITTER_S = 0.004, 0.1
_FIRST_SAMPLE = 1  # MATLAB counts samples from 1


def read_words(path: Path, *, wav_count: int | None = None) -> "pd.DataFrame":
    """Read the story's word table, in the order of the story.

    Parameters: wav_count, number of wavs that the words have to be in, if it is known.
    Returns: word (verbatim, also where an apostrophe became a control character), wav_number,
    start_s and stop_s (seconds of that wav), order, position (in its sentence), sentence, all
    numbers from 1; lexical (1 for content words, 0 for function words) and log_frequency, missing
    where the table does not tell.
    Raises: InputError if it cannot be read, lacks a column, or has the words of other wavs.
    """
    import pandas as pd

    with reading(path, f"a table with the columns {', '.join(_WORD_COLUMNS)}"):
        table = pd.read_csv(
            path,
            usecols=list(_WORD_COLUMNS),
            dtype={"Word": str, "onset": float, "offset": float},
            keep_default_na=False,
            encoding="utf-8-sig",
        )
        whole = ["Segment", "Order", "Position", "Sentence"]
        table = table.astype(dict.fromkeys(whole, "int64"))
        for name in _ANNOTATIONS:
            table[name] = pd.to_numeric(table[name], errors="coerce")
        if table["Order"].duplicated().any():
            raise ValueError("a number of Order twice")
    if wav_count and set(table["Segment"]) != set(range(1, wav_count + 1)):
        raise InputError(
            path,
            expected="words of every wav, one more than the layout's wav_distances_s",
            found=f"those of {table['Segment'].nunique()} wavs, not of {wav_count}",
            consequence="no word can be placed",
            next_step="fetch or copy the file again, or correct wav_distances_s in the layout",
        )
    return table.rename(columns=_WORD_COLUMNS)


def read_trials(path: Path) -> "pd.DataFrame":
    """Read a trial table.

    Returns: a row per trial: begin and end (samples, counted from 1), offset (samples from the word
    to begin), and of its word wav_number, start_s and order as in the word table.
    Raises: InputError if the file is damaged or of another kind.
    """
    import pandas as pd

    content = matlab.read_struct(path, "proc", ("trl", "varnames"))
    table = np.atleast_2d(content["trl"])
    names = matlab.names(content["varnames"])
    wanted = ("segment", "tmin", "Order")
    # The names end where the columns end; those of the first three columns may be left out.
    unnamed = table.shape[1] - len(names)
    if table.dtype.kind not in "fiu" or unnamed not in (0, 3) or not set(wanted) <= set(names):
        raise _unusable(
            path,
            "trials with the columns begin, end, offset, segment, tmin and Order",
            f"{table.shape[1]} columns of which {len(names)} are named {', '.join(names[:6])}",
        )
    columns = [0, 1, 2, *(unnamed + names.index(name) for name in wanted)]
    values = table[:, columns].astype(float)
    if not np.isfinite(values).all():
        raise _unusable(path, "finite numbers", f"a NaN in trial {_first(~np.isfinite(values))}")
    return pd.DataFrame(
        values, columns=["begin", "end", "offset", "wav_number", "start_s", "order"]
    )


def find_wav_onsets(
    path: Path,
    words: "pd.DataFrame",
    *,
    shifted: bool,
    distances_s: Sequence[float],
    published: bool,
) -> np.ndarray:
    """Find when each wav of the story began in a recording.

    Parameters: path, its trial table; words, the story's; shifted, whether the recording began
    after the first wav did, so that the table calls wav 2 wav 1 and so on; distances_s, from each
    wav's start to the next one's; published, whether to take the beginning of a trial for the
    beginning of its word, as the published numbers do, which is 298 ms too early.
    Returns: seconds from the recording's first sample, by wav; a repaired first one is negative.
    Raises: InputError if the table does not fit the words, itself or the distances.
    """
    wav_count = len(distances_s) + 1
    trials = read_trials(path)
    _require_words(path, trials, words, wav_count=wav_count - shifted)
    sample = trials["begin"] if published else trials["begin"] - _FIRST_SAMPLE - trials["offset"]
    onset_s = (sample / RATE_HZ - trials["start_s"]).groupby(trials["wav_number"])
    if (spread_s := onset_s.agg(np.ptp).max()) > _LARGEST_SPREAD_S:
        raise _unusable(
            path,
            "trials that agree on where their wav began",
            f"a difference of {spread_s * 1000:.0f} ms",
        )
    # Samples are 2 ms apart: finer digits would be noise of the rounding.
    onsets_s = onset_s.median().round(3).to_numpy()
    if shifted:
        onsets_s = np.insert(onsets_s, 0, onsets_s[0] - distances_s[0])
    jitter_s = np.diff(onsets_s) - distances_s
    if np.abs(jitter_s).max() > _LARGEST_JITTER_S:
        worst = int(np.abs(jitter_s).argmax())
        raise _unusable(
            path,
            f"{distances_s[worst]:.1f} s from the start of wav {worst + 1} to that of the next",
            f"{np.diff(onsets_s)[worst]:.1f} s",
        )
    return onsets_s


def check_extent(signal: Path, path: Path, sample_count: int) -> list[Finding]:
    """Look for trials that begin before their recording or end after it, and so are cut.

    Parameters: signal, the recording's file; path, its trial table; sample_count, its length.
    Raises: InputError if the table cannot be read.
    """
    trials = read_trials(path)
    early = (_FIRST_SAMPLE - trials["begin"]).clip(lower=0)
    late = (trials["end"] - sample_count).clip(lower=0)
    missing = [
        f"{(beyond > 0).sum()} up to {beyond.max() / RATE_HZ:.2f} s {where}"
        for beyond, where in ((early, "before its beginning"), (late, "after its end"))
        if beyond.any()
    ]
    if not missing:
        return []
    return [
        Finding.warning(
            signal,
            expected="a recording that holds all its trials",
            found=f"one of {sample_count} samples and {len(trials)} trials, "
            f"{' and '.join(missing)}",
            consequence="windows that reach out of the recording are not used",
            next_step="nothing needs to be done if the file is as it was published",
        )
    ]


def _require_words(
    path: Path, trials: "pd.DataFrame", words: "pd.DataFrame", *, wav_count: int
) -> None:
    """Raise InputError unless the trials are those of the words of the first `wav_count` wavs.

    Where the first wav is missing, its number is that of the second one and so on: some words of
    a longer wav have no trial then.
    """
    expected = words[words["wav_number"] <= wav_count]
    complete = wav_count == words["wav_number"].max()
    if len(trials) > len(expected) or (complete and len(trials) < len(expected)):
        raise _unusable(path, f"{len(expected)} trials, one per word", f"{len(trials)}")
    named = words.set_index("order").reindex(trials["order"])
    fits = (named["wav_number"].to_numpy() == trials["wav_number"]) & np.isclose(
        named["start_s"].to_numpy(), trials["start_s"], rtol=0, atol=1e-3
    )
    if not fits.all() or trials["wav_number"].nunique() != wav_count:
        where = f"trial {_first(~fits.to_numpy())}" if not fits.all() else "no trial of a wav"
        raise _unusable(path, f"the words of {wav_count} wavs", f"{where} that fits none of them")


def _first(wrong: np.ndarray) -> int:
    return int(np.argmax(wrong.reshape(len(wrong), -1).any(axis=1))) + 1


def _unusable(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="its words cannot be placed in the recording",
        next_step="fetch it and the word table again, or exclude the subject in config.yaml with a "
        "reason",
    )
