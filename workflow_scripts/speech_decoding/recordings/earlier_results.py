"""Results of recordings and stories that a study no longer has."""

from pathlib import Path

from plumbing.errors import InputError
from speech_decoding.studies import StudyReader

_NAMED = 10


def name_earlier_results(results: Path, study: StudyReader) -> str:
    """Tell what lies among a study's results from an earlier layout.

    Parameters: results, the study's results folder.
    Returns: one sentence, empty if there is nothing to say: no step reads such files.
    """
    recordings = {recording.id for recording in study.recordings()}
    earlier = [
        path
        for path in sorted((results / "recordings").glob("*"))
        if path.is_dir() and path.name not in recordings
    ]
    for kind in ("audio", "embeddings/*"):
        stored = sorted(results.glob(f"{kind}/*.npy"))
        earlier += [path for path in stored if path.stem not in study.stories()]
    if not earlier:
        return ""
    named = ", ".join(str(path.relative_to(results)) for path in earlier[:_NAMED])
    more = f" and {len(earlier) - _NAMED} more" if len(earlier) > _NAMED else ""
    return str(
        InputError(
            results,
            expected="results of the recordings and stories in the study's layout",
            found=f"{named}{more} of an earlier one",
            consequence="no step reads them",
            next_step="delete them, or give the layout its recordings and stories back",
        )
    )
