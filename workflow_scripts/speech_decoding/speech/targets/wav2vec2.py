"""The paper's target: the mean of transformer layers of a wav2vec 2.0 (protocol 3.1)."""

from typing import Annotated, Any, Literal

import torch

from plumbing.values import Distinct, FilePath, NotNegative, Positive, Range, Sha256
from speech_decoding.speech.checkpoints import read_checkpoint
from speech_decoding.speech.speech_model import SpeechModelTarget
from speech_decoding.speech.wav2vec2 import (
    Device,
    Dtype,
    after_final_norm,
    bad_setting,
    check_layers,
    prepared_layer_outputs,
)

Layer = Annotated[int, Range(least=0, most=1000)]


class Target(SpeechModelTarget):
    """The mean of the raw outputs of transformer layers."""

    def __init__(
        self,
        *,
        checkpoint: FilePath,
        sha256: Sha256 | None = None,
        layers: Literal["last4"] | Distinct[Layer] = (14, 15, 16, 17, 18),
        final_norm: Literal["before", "after"] = "before",
        window_s: Positive = 60.0,
        context_s: NotNegative = 5.0,
        device: Device = "auto",
        dtype: Dtype = "float32",
    ):
        """Read the checkpoint; raises InputError where it or a setting cannot be used.

        layers: which layers, 0 the transformer's input, i the output of layer i; each counts once;
        "last4" are the last four of the checkpoint.
        final_norm: whether the last layer, where it is among them, is taken before or after the
        final layer norm of the encoder. Other layers never pass that norm, and a model that
        normalises after each layer (`encoder_layer_norm_first` false) has none.
        sha256: see `read_checkpoint`.
        window_s, context_s, device, dtype: see `embed` and `build_model`.
        """
        if final_norm not in ("before", "after"):
            raise bad_setting("final_norm", "'before' or 'after'", final_norm)
        source = read_checkpoint(checkpoint, sha256=sha256)
        last = source.architecture.encoder_num_layers
        chosen = list(range(last - 3, last + 1)) if layers == "last4" else sorted(set(layers))
        check_layers(last, chosen)
        super().__init__(
            source,
            depth=max(1, *chosen),
            window_s=window_s,
            context_s=context_s,
            device=device,
            dtype=dtype,
        )
        self._layers = chosen
        self._final_norm = final_norm

    @property
    def features(self) -> int:
        """Dimension of the transformer's layers."""
        return self.model.architecture.encoder_embed_dim

    def facts(self) -> dict[str, Any]:
        """What the embedding is computed with, for the record."""
        return super().facts() | {"layers": self._layers, "final_norm": self._final_norm}

    def _frames(self, prepared: torch.Tensor) -> torch.Tensor:
        outputs = prepared_layer_outputs(self.model, prepared, None, self._layers)
        last = self.model.architecture.encoder_num_layers
        if last in outputs and self._final_norm == "after":
            outputs[last] = after_final_norm(self.model, outputs[last])
        return torch.stack([outputs[layer] for layer in self._layers]).mean(dim=0)
