"""Train one decoder: one experiment, one seed."""

import argparse
from dataclasses import asdict
from pathlib import Path

from speech_decoding.command import run, settings_argument
from speech_decoding.files import replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=Path, required=True, help="folder of split_blocks")
    parser.add_argument("--segments", type=Path, required=True, help="folder of cut_segments")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--embedding", type=Path, required=True, help="folder of the embedding")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, default=None, help="processor cores")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the decoder goes")
    arguments = parser.parse_args()

    import pandas as pd

    from speech_decoding.decoder.experiment import train_experiment
    from speech_decoding.decoder.saved import save_decoder

    model, description, history = train_experiment(
        splits_folder=arguments.splits,
        segments_folder=arguments.segments,
        recordings_folder=arguments.recordings,
        embedding_folder=arguments.embedding,
        seed=arguments.seed,
        threads=arguments.threads,
        **arguments.settings,
    )
    save_decoder(arguments.folder, model, description)
    with replacing(arguments.folder / "history.csv") as temporary:
        pd.DataFrame([asdict(epoch) for epoch in history]).to_csv(temporary, index=False)


if __name__ == "__main__":
    run(main)
