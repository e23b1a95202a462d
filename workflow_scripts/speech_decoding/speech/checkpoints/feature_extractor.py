"""What transformers does to a waveform before its wav2vec 2.0, told by a file beside the model.

Up to version 4 it lies in preprocessor_config.json; version 5 nests it in processor_config.json,
under the name of the part of the processor that it belongs to, and reads it from there first.
"""

import json
from pathlib import Path
from typing import Any

from speech_decoding.speech.checkpoints.errors import CheckpointError, shortened
from speech_decoding.speech.checkpoints.settings import Settings

_FILE, _NESTING_FILE = "preprocessor_config.json", "processor_config.json"
_NESTED = ("feature_extractor", "audio_processor")

# Under other values the model hears something else. What is said of padding and its attention mask
# (padding_value, padding_side, return_attention_mask) changes nothing: no waveform is padded here.
_SUPPORTED = {
    "feature_extractor_type": ("Wav2Vec2FeatureExtractor",),
    "sampling_rate": (16000,),
    "feature_size": (1,),
}


def reads_normalised(folder: Path) -> bool:
    """Tell whether the model of a folder is fed normalised waveforms, as it is without a file.

    Raises: CheckpointError where the settings ask for what is not done here, or two files
    contradict each other.
    """
    told = {}
    for path, entries in _files(folder):
        settings = Settings(path, entries)
        settings.require(_SUPPORTED)
        told[path.name] = settings.flag("do_normalize", True)
    if len(set(told.values())) > 1:
        raise CheckpointError(
            folder,
            expected=f"{' and '.join(told)} that say the same",
            found=" and ".join(
                f"do_normalize {json.dumps(value)} in {name}" for name, value in told.items()
            ),
            next_step="correct the one that is not as the model was trained, or delete it",
        )
    return all(told.values())


def _files(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """List the files that tell of a feature extractor, and what they tell."""
    found = []
    nesting, own = folder / _NESTING_FILE, folder / _FILE
    if nesting.exists():
        parts = read_object(nesting)
        for name in _NESTED:
            if name in parts:
                if not isinstance(parts[name], dict):
                    raise CheckpointError(
                        nesting, expected=f"settings under {name}", found=repr(parts[name])[:160]
                    )
                found.append((nesting, parts[name]))
                break
    if own.exists():
        found.append((own, read_object(own)))
    return found


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object; raises CheckpointError for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError(f"a {type(value).__name__}")
    except (OSError, RecursionError, ValueError) as error:
        raise CheckpointError(path, expected="a JSON object", found=shortened(error)) from error
    return value
