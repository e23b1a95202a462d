"""The output of the convolutions of a wav2vec 2.0, the embedding of many later works."""

import torch

from plumbing.values import FilePath, NotNegative, Positive, Sha256
from speech_decoding.speech.checkpoints import read_checkpoint
from speech_decoding.speech.speech_model import SpeechModelTarget
from speech_decoding.speech.wav2vec2 import Device, Dtype, prepared_conv_outputs


class Target(SpeechModelTarget):
    """The output of the convolutional feature extractor, before the transformer."""

    def __init__(
        self,
        *,
        checkpoint: FilePath,
        sha256: Sha256 | None = None,
        window_s: Positive = 60.0,
        context_s: NotNegative = 5.0,
        device: Device = "auto",
        dtype: Dtype = "float32",
    ):
        """Read the checkpoint; raises InputError where it or a setting cannot be used.

        sha256: see `read_checkpoint`.
        window_s, context_s, device, dtype: see `embed` and `build_model`.
        """
        super().__init__(
            read_checkpoint(checkpoint, sha256=sha256),
            depth=0,
            window_s=window_s,
            context_s=context_s,
            device=device,
            dtype=dtype,
        )

    @property
    def features(self) -> int:
        """Channels of the last convolution."""
        return self.model.architecture.extractor_conv_layer_config[-1][0]

    def _frames(self, prepared: torch.Tensor) -> torch.Tensor:
        return prepared_conv_outputs(self.model, prepared).float()
