"""Train one decoder: one experiment, one seed.

An interrupted training is continued by the same command. Where the time is up (--max-minutes) or
the process is asked to end (SIGTERM), the training is saved, and the exit status is 75.
"""

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path

from plumbing.command import (
    add_data_arguments,
    add_job_argument,
    data_folders,
    run,
    settings_argument,
)
from plumbing.files import replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_data_arguments(parser)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the decoder goes")
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=10, help="between two checkpoints"
    )
    parser.add_argument(
        "--max-minutes", type=float, default=None, help="save and end with status 75 after these"
    )
    parser.add_argument(
        "--watch", choices=("none", "tensorboard", "wandb"), default="none", help="a tracker"
    )
    arguments = parser.parse_args()

    from speech_decoding.training.interruption import EXIT_STATUS, Interrupted, Interruption

    interruption = Interruption(arguments.max_minutes)  # time counts from here

    import pandas as pd

    from plumbing.fingerprint import code_fingerprint
    from speech_decoding.decoder import module_of
    from speech_decoding.decoder.processes import leave_processes, process_number
    from speech_decoding.decoder.saved import save_decoder
    from speech_decoding.training.experiment import train_experiment
    from speech_decoding.training.progress import Epoch

    architecture = arguments.settings["decoder"]["architecture"]
    try:
        trained = train_experiment(
            **data_folders(arguments),
            folder=arguments.folder,
            seed=arguments.seed,
            threads=arguments.threads,
            checkpoint_minutes=arguments.checkpoint_minutes,
            interruption=interruption,
            watch=arguments.watch,
            code=code_fingerprint(Path(__file__).stem, module_of(architecture)),
            **arguments.settings,
        )
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        sys.exit(EXIT_STATUS)
    if process_number() == 0:
        save_decoder(arguments.folder, trained.decoder, trained.description)
        with replacing(arguments.folder / "history.csv") as temporary:
            columns = [field.name for field in fields(Epoch)]
            history = pd.DataFrame([asdict(epoch) for epoch in trained.history], columns=columns)
            history.to_csv(temporary, index=False)
        trained.checkpoints.remove()
    leave_processes()


if __name__ == "__main__":
    run(main)
