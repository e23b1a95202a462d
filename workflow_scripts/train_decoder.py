"""Train one decoder: one experiment, one seed.

An interrupted training is continued by the same command. Where the time is up (--max-minutes) or
the process is asked to end (SIGTERM), the training is saved, and the exit status is 75.
"""

import sys
from dataclasses import asdict, fields

from plumbing.command import (
    add_settings_argument,
    add_threads_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import HISTORY


def main() -> None:
    parser = step_parser(__doc__, "embedding", "experiment", "seed")
    add_threads_argument(parser)
    add_settings_argument(parser)
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

    from speech_decoding.decoder import module_of
    from speech_decoding.decoder.processes import leave_processes, process_number
    from speech_decoding.decoder.saved import save_decoder
    from speech_decoding.training.experiment import train_experiment
    from speech_decoding.training.progress import Epoch

    architecture = arguments.settings["decoder"]["architecture"]
    results = open_results(arguments, module_of(architecture))
    try:
        trained = train_experiment(
            results,
            seed=int(arguments.seed),
            threads=arguments.threads,
            checkpoint_minutes=arguments.checkpoint_minutes,
            interruption=interruption,
            watch=arguments.watch,
            **arguments.settings,
        )
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        sys.exit(EXIT_STATUS)
    if process_number() == 0:
        save_decoder(results, trained.decoder, trained.description)
        columns = [field.name for field in fields(Epoch)]
        history = pd.DataFrame([asdict(epoch) for epoch in trained.history], columns=columns)
        results.write(HISTORY, history)
        trained.checkpoints.remove()
    leave_processes()


if __name__ == "__main__":
    run(main)
