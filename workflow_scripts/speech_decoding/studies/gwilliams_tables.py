"""The tables beside a MEG-MASC recording: its channels and its events.

Source: protocol 1.1. Tables come with and without a byte order mark, and events in two layouts:
described by columns, or by the text of a Python dictionary in `trial_type`.
"""

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from plumbing.errors import InputError
from speech_decoding.studies import EVENT_COLUMNS, Finding
from speech_decoding.studies.tsv import UNKNOWN, bad_table, parse_numbers, read_tsv

if TYPE_CHECKING:
    import pandas as pd

# What describes an event, as columns of its row or keys of its dictionary: always, and if spoken.
_COMMON = ("kind", "start", "sound")
_SPOKEN = ("word", "phoneme", "word_index", "sequence_id", "condition")


def read_channels(path: Path) -> "pd.DataFrame":
    """Read channels.tsv: a row per channel in the recording's order, with name, type and status.

    Raises: InputError if it cannot be read or lacks a column.
    """
    return read_tsv(path, ("name", "type", "status"))


def read_events(path: Path) -> "pd.DataFrame":
    """Read events.tsv in either layout: EVENT_COLUMNS, sorted by start.

    Raises: InputError if it cannot be read or describes events in another way; nothing in it is
    ever evaluated.
    """
    rows = read_tsv(path, ("onset", "duration", "trial_type"))
    if "kind" not in rows.columns:
        rows = rows[["onset", "duration"]].join(_parse_descriptions(path, rows["trial_type"]))
    if missing := [name for name in _COMMON if name not in rows.columns]:
        raise bad_table(path, f"events described by {', '.join(_COMMON)}", f"no {missing[0]}")
    rows = rows.reindex(columns=["onset", "duration", *_COMMON, *_SPOKEN])
    unnamed = (rows["kind"] == "word").fillna(False) & rows["word"].isna()
    if unnamed.any():
        found = f"none in row {int(unnamed.idxmax()) + 2}"
        raise bad_table(path, "a word in every row of the kind word", found)
    for column in ("onset", "duration", "start", "sequence_id"):
        rows[column] = parse_numbers(path, rows, column)
    rows["word_index"] = parse_numbers(path, rows, "word_index", whole=True)
    return _tabulate(rows.sort_values("onset", kind="stable", ignore_index=True))


def check_onsets(path: Path) -> list[Finding]:
    """Find events without an onset, before the recording, and out of the order of time."""
    import pandas as pd

    onsets = read_tsv(path, ("onset",))["onset"]
    onset_s = pd.to_numeric(onsets, errors="coerce").astype("float64")
    wrong = ~(onset_s >= 0)
    if wrong.any():
        row = int(wrong.idxmax())
        found = UNKNOWN if onsets.isna()[row] else onsets[row][:60]
        return [
            Finding.fault(
                f"{path}, row {row + 2}",
                expected="an onset in seconds from the start of the recording",
                found=f"{found} (and {int(wrong.sum()) - 1} more rows without)",
                consequence="what was heard then cannot be placed",
                next_step="fetch the file again",
            )
        ]
    if backward := int((onset_s.diff() < 0).sum()):
        row = int((onset_s.diff() < 0).idxmax())
        return [
            Finding.warning(
                f"{path}, row {row + 2}",
                expected="events in the order of time",
                found=f"{backward} that come before the event of the row above",
                consequence="they are put in order",
                next_step="fetch the file again, if it is not the published one",
            )
        ]
    return []


def wav_name(sound: str) -> str:
    """Give the name on disk of a sound named in the events.

    Sound rows insert ".0" before the extension and some stories are capitalised.
    """
    name = Path(sound).name.lower()
    return re.sub(r"\.0\.wav$", ".wav", name)


def _parse_descriptions(path: Path, descriptions: "pd.Series") -> "pd.DataFrame":
    """Parse `trial_type` texts of Python dictionaries as literals; nothing is evaluated.

    Returns: a column per key, values as texts, as the other layout has them.
    """
    import pandas as pd

    parsed = []
    for row, text in enumerate(descriptions.fillna(UNKNOWN)):
        try:
            value = ast.literal_eval(text)
            if not isinstance(value, dict):
                raise ValueError(f"{type(value).__name__}")
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise InputError(
                f"{path}, row {row + 2}",
                expected="a trial_type that is the text of a dictionary of literals",
                found=f"{str(text)[:60]!r}",
                consequence="the events cannot be trusted and nothing of the text was run",
                next_step="fetch the file again",
            ) from error
        known = {key: value for key, value in value.items() if value is not None}
        parsed.append({str(key): str(value) for key, value in known.items()})
    return pd.DataFrame(parsed, index=descriptions.index, dtype="string").replace(UNKNOWN, pd.NA)


def _tabulate(rows: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    is_word = rows["kind"] == "word"
    text = rows["word"].where(is_word, rows["phoneme"]).where(rows["kind"] != "sound")
    sequence = rows["sequence_id"].map(lambda value: f"{value:.15g}", na_action="ignore")
    sentences = rows[is_word].groupby(sequence[is_word])["word"].agg(" ".join)
    return pd.DataFrame(
        {
            "start_s": rows["onset"],
            "duration_s": rows["duration"],
            "kind": rows["kind"],
            "word": text,
            "word_index": rows["word_index"].where(is_word),
            "sequence_id": sequence,
            "sequence_text": sequence.map(sentences),
            "condition": rows["condition"],
            "word_class": pd.NA,
            "log_frequency": float("nan"),
            "wav": rows["sound"].map(wav_name, na_action="ignore"),
            "wav_start_s": rows["start"],
        }
    ).astype(EVENT_COLUMNS)
