"""Which part of a study a decoder is trained on; all of it is tested."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbing.errors import InputError
from plumbing.values import Count, SomeShare

if TYPE_CHECKING:
    import pandas as pd

UNUSED = "unused"


@dataclass(frozen=True)
class Selection:
    """A part of a study's training and validation segments.

    What is left out of it is neither trained nor validated with. Test segments stay as they are, so
    that the candidates are the same for every part. The scaler of a recording that is left out
    knows its training segments, as that of any other: their scale, but not what was heard.

    Args:
        subjects: the first so many subjects, in sorted order; all if None.
        share: of the training blocks that are not left out, chosen by a hash of their names, the
            same for all listeners; a smaller share is a part of a larger one. Validation blocks
            all stay.
        without_subject: a subject to be left out.
        without_story: a story to be left out; nothing of its audio is then trained with.
    """

    subjects: Count | None = None
    share: SomeShare = 1.0
    without_subject: str | None = None
    without_story: str | None = None

    def apply(self, segments: "pd.DataFrame") -> "pd.DataFrame":
        """Give `segments` with the split "unused" for those that are left out.

        Raises: InputError if a subject or a story is unknown, or nothing is left of a split.
        """
        test = segments["split"] == "test"
        kept = segments["subject"].isin(self.heard_subjects(segments["subject"]))
        if self.without_story is not None:
            _require("story", self.without_story, segments["story"])
            kept &= segments["story"] != self.without_story
        if self.share < 1:
            kept &= self._chosen_blocks(segments, kept & (segments["split"] == "train"))
        selected = segments.assign(split=segments["split"].where(kept | test, UNUSED))
        for split in ("train", "valid"):
            if not (selected["split"] == split).any():
                raise _impossible(f"segments of the split {split}", "none that is left")
        return selected

    def heard_subjects(self, subjects: Iterable[str]) -> list[str]:
        """Give those of the study's subjects that are trained with, sorted."""
        subjects = sorted(set(subjects))
        if self.without_subject is not None:
            _require("subject", self.without_subject, subjects)
            subjects.remove(self.without_subject)
        return subjects[: self.subjects]

    def _chosen_blocks(self, segments: "pd.DataFrame", training: "pd.Series") -> "pd.Series":
        """Tell which segments are in a chosen block, or in none of the `training` blocks."""
        names = segments["story"] + "/" + segments["block"].astype(str)
        order = sorted(
            names[training].unique(), key=lambda name: hashlib.sha256(name.encode()).digest()
        )
        return ~training | names.isin(order[: max(1, round(self.share * len(order)))])


def _require(column: str, name: str, known: "list[str] | pd.Series") -> None:
    names = sorted(set(known))
    if name not in names:
        raise _impossible(
            f"a {column} among {', '.join(names)}",
            repr(name),
            f"correct the experiment in config.yaml or, where no recording of the {column} can be "
            "used, name them under `exclude`",
        )


def _impossible(
    expected: str, found: str, next_step: str = "correct the experiment in config.yaml"
) -> InputError:
    return InputError(
        "training.selection",
        expected=expected,
        found=found,
        consequence="the decoder cannot be trained",
        next_step=next_step,
    )
