"""How jobs are run: launchers and options that change no result, and memory."""

from configuration.settings import Settings


def training_launcher(running: Settings) -> str:
    """Give the program that runs a training: Python, or torchrun where processes share it."""
    processes = running["processes"]
    return "python" if processes == 1 else f"torchrun --standalone --nproc-per-node {processes}"


def training_options(running: Settings, *, job_minutes: float | None) -> str:
    """Give the options of a training.

    Parameters: job_minutes, after which a cluster ends the job, None where nothing does: a training
    ends by itself before that, and is retried.
    """
    max_minutes = running["max_minutes"]
    if job_minutes is not None and max_minutes is None:
        max_minutes = job_minutes - min(10, job_minutes / 4)
    options = {
        "--checkpoint-minutes": running["checkpoint_minutes"],
        "--watch": running["watch"],
        "--max-minutes": max_minutes,
    }
    return " ".join(f"{name} {value}" for name, value in options.items() if value is not None)


def preprocessing_memory_mb(preprocess: Settings) -> int:
    """Give the memory of preprocessing: with any of its options it holds the whole recording."""
    whole = any(value for name, value in preprocess.items() if name != "rate_hz")
    return 8000 if whole else 2000
