"""Results of recordings and stories that a study no longer has."""

from plumbing.errors import InputError
from plumbing.results import AUDIO, FRAMES, SIGNAL, Results
from speech_decoding.studies import StudyReader

_NAMED = 10


def name_earlier_results(results: Results, study: StudyReader) -> str:
    """Tell what lies among a study's results from an earlier layout.

    Returns: one sentence, empty if there is nothing to say: no step reads such files.
    """
    recordings, stories = {one.id for one in study.recordings()}, set(study.stories())
    known = (
        (SIGNAL, "recording", recordings),
        (AUDIO, "story", stories),
        (FRAMES, "story", stories),
    )
    earlier = [
        path
        for name, kind, present in known
        for path, which in results.stored(name)
        if which[kind] not in present
    ]
    if not earlier:
        return ""
    named = ", ".join(earlier[:_NAMED])
    more = f" and {len(earlier) - _NAMED} more" if len(earlier) > _NAMED else ""
    return str(
        InputError(
            results.folder,
            expected="results of the recordings and stories in the study's layout",
            found=f"{named}{more} of an earlier one",
            consequence="no step reads them",
            next_step="delete them, or give the layout its recordings and stories back",
        )
    )
