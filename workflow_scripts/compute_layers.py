"""Compute every layer of the speech model for a few chunks, as the embedding does."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.files import replacing
from plumbing.results import AUDIO, CHUNKS, LAYERS, WAVS


def main() -> None:
    parser = step_parser(__doc__, "embedding")
    add_settings_argument(parser)
    arguments = parser.parse_args()

    import numpy as np

    from speech_decoding.speech.checkpoints import read_checkpoint
    from speech_decoding.speech.layers import compute_layers

    results = open_results(arguments)
    chunks = results.read(CHUNKS)
    stories = sorted(chunks["story"].unique())
    layers = compute_layers(
        read_checkpoint(**arguments.settings),
        {story: results.read(AUDIO, story=story) for story in stories},
        {story: results.read(WAVS, story=story) for story in stories},
        chunks,
    )
    with replacing(results.path(LAYERS)) as temporary:  # read by fairseq, then removed: no seal
        np.savez(temporary, **layers)


if __name__ == "__main__":
    run(main)
