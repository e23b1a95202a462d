"""How a checkpoint is refused."""

from speech_decoding.errors import InputError


class CheckpointError(InputError):
    """A checkpoint that cannot give speech embeddings, told in one sentence."""

    def __init__(self, where: object, *, expected: str, found: str):
        super().__init__(
            where,
            expected=expected,
            found=found,
            consequence="no speech embedding can be computed with it",
            next_step="give as checkpoint a complete wav2vec 2.0, a file of fairseq (such as "
            "xlsr_53_56k.pt) or a folder of transformers with config.json and the weights",
        )


def shortened(error: Exception) -> str:
    """The error's kind and the beginning of its text, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
