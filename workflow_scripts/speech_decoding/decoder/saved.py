"""A trained decoder on disk: its weights, and a description from which the network is rebuilt.

decoder.json, the description, holds

* decoder, speech_module, n_subjects, n_features: what the network is made of (an earlier version
  did not write `decoder.architecture`: it is published); n_parameters;
* window (start_s, stop_s, rate_hz), training and seed: the settings that it was trained with;
* subjects, in the order of their layers, and layouts: recordings, sensors and their positions;
* embedding_scale: mean and standard deviation that standardise the speech embedding;
* loss: the learnt temperature, if there is one;
* data: hashes of the files that it was trained on.

This is enough to compute the network, and not enough to decode with it. That needs besides, from
the study's results or its settings:

* the center and scale of every sensor of a recording (segments/scalers.parquet), which are fitted
  on its training segments;
* how recordings were filtered and resampled (the block `preprocess`);
* which speech model, checkpoint and layers made the embedding, and the value that stands for
  silence (embeddings/{embedding}/{story}.json);
* which study and experiment it is: only the names of its folders tell.

What the code has as constants is in none of these: the baseline is the window up to the onset, the
delay is rounded down to whole samples, unknown sensors lie at (-0.1, -0.1).
"""

from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from plumbing.errors import InputError
from plumbing.results import DESCRIPTION, WEIGHTS, Results
from speech_decoding.decoder.decoder import Decoder


def save_decoder(results: Results, decoder: Decoder, description: dict[str, Any]) -> None:
    """Write the decoder of a run.

    Parameters: results, of the study and the run.

    `description` holds what the module tells above, at least `decoder` (the block
    of settings), `speech_module`, `n_subjects` and `n_features`; sensor positions are among the
    weights.
    """
    with results.replacing(WEIGHTS) as temporary:
        weights = {name: tensor.contiguous().cpu() for name, tensor in decoder.state_dict().items()}
        temporary.write_bytes(save(weights))
    results.write(DESCRIPTION, description)


def load_decoder(results: Results, device: str | torch.device) -> tuple[Decoder, dict[str, Any]]:
    """Rebuild the network of a run; returns it in evaluation mode, and its description.

    Parameters: results, of the study and the run.
    Raises: InputError if the weights are damaged, not finite or do not fit the description.
    """
    description = results.read(DESCRIPTION)
    try:
        with results.reading(WEIGHTS) as path:
            weights = load_file(path)
        decoder = Decoder(
            weights["brain.layout_positions"],
            n_subjects=description["n_subjects"],
            n_features=description["n_features"],
            speech_module=description["speech_module"],
            **description["decoder"],
        )
        decoder.load_state_dict(weights)
        for name, weight in weights.items():
            if not weight.isfinite().all():
                raise ValueError(f"numbers of {name} that are not finite")
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise InputError(
            results.path(WEIGHTS),
            expected="the weights that decoder.json describes",
            found=" ".join(str(error).split())[:200],
            consequence="the decoder cannot be rebuilt",
            next_step="delete the folder and give the same command again",
        ) from error
    return decoder.to(device).eval(), description
