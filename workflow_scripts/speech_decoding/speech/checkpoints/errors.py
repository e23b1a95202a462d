"""How a checkpoint is refused."""

from pathlib import Path

from plumbing.errors import InputError


class CheckpointError(InputError):
    """A checkpoint that cannot give speech embeddings, told in one sentence."""

    def __init__(
        self,
        where: object,
        *,
        expected: str,
        found: str,
        next_step: str = "give as checkpoint a complete wav2vec 2.0, a file of fairseq (such as "
        "xlsr_53_56k.pt) or a folder of transformers with config.json and the weights",
    ):
        super().__init__(
            where,
            expected=expected,
            found=found,
            consequence="no speech embedding can be computed with it",
            next_step=next_step,
        )


def missing(path: Path, expected: str) -> CheckpointError:
    """Give the error that tells what is there in place of a file: nothing, or a link to nothing."""
    if path.is_symlink():
        return CheckpointError(
            path,
            expected=expected,
            found=f"a link to {path.readlink()}, which is not there",
            next_step="copy the checkpoint again with the files that its links name (`cp -rL`)",
        )
    return CheckpointError(path, expected=expected, found="nothing")


def shortened(error: Exception) -> str:
    """The error's kind and the beginning of its text, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
