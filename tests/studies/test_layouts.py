"""Every study that is shipped, opened by its layout as text: as jobs do, and as the rules do."""

import json
from typing import Any

import pytest

from configuration.settings import canonical_json
from speech_decoding.studies import open_study
from tests.config_advice import shipped

STUDIES = shipped()["studies"]


def backwards(value: Any) -> Any:
    """Give a layout with its keys in another order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return value


@pytest.mark.parametrize("name", STUDIES)
def test_no_order_depends_on_that_of_keys(name):
    entry = STUDIES[name]
    layouts = (
        entry["layout"],
        backwards(entry["layout"]),
        json.loads(canonical_json(entry["layout"])),
    )
    one, *others = (open_study(entry["reader"], entry["raw_folder"], it) for it in layouts)
    for other in others:
        assert other.stories() == one.stories()
        assert other.recordings() == one.recordings()
        assert [other.wav_files(story) for story in other.stories()] == [
            one.wav_files(story) for story in one.stories()
        ]
