"""What a wav2vec 2.0 is made of, and an empty network of that make."""

import math
from dataclasses import asdict, dataclass

import torch

from speech_decoding.speech.torchaudio_guard import torchaudio


@dataclass(frozen=True)
class Wav2Vec2Architecture:
    """The settings of torchaudio's `wav2vec2_model` under its own names, and what it is fed.

    Dropouts are left out: no network is trained here.
    """

    extractor_mode: str  # "layer_norm" or "group_norm"
    extractor_conv_layer_config: tuple[tuple[int, int, int], ...]  # (channels, kernel, stride)
    extractor_conv_bias: bool
    encoder_embed_dim: int
    encoder_pos_conv_kernel: int
    encoder_pos_conv_groups: int
    encoder_num_layers: int
    encoder_num_heads: int
    encoder_ff_interm_features: int
    encoder_layer_norm_first: bool
    normalize_waveform: bool  # the waveform is layer-normed, each utterance on its own

    @property
    def stride_samples(self) -> int:
        """Samples from one frame to the next (320, or 20 ms, in all published models)."""
        return math.prod(stride for _, _, stride in self.extractor_conv_layer_config)

    @property
    def receptive_field_samples(self) -> int:
        """Samples that one frame of the convolutions sees (400, or 25 ms, in published models)."""
        samples, stride_so_far = 1, 1
        for _, kernel, stride in self.extractor_conv_layer_config:
            samples += (kernel - 1) * stride_so_far
            stride_so_far *= stride
        return samples

    def n_frames(self, n_samples: int) -> int:
        """Frames that `n_samples` samples give; 0 if they are fewer than the receptive field."""
        return max(0, (n_samples - self.receptive_field_samples) // self.stride_samples + 1)

    def samples_of(self, first: int, last: int, n_samples: int) -> slice:
        """The samples, out of `n_samples`, that the frames [first, last) are computed from.

        The very last frames come with the samples that are left over, which a norm over time sees.
        """
        stop = (last - 1) * self.stride_samples + self.receptive_field_samples
        return slice(
            first * self.stride_samples, stop if last < self.n_frames(n_samples) else n_samples
        )

    def empty_network(self) -> torch.nn.Module:
        """torchaudio's network on the meta device: all names and shapes, no memory."""
        settings = asdict(self)
        del settings["normalize_waveform"]
        with torch.device("meta"):
            return torchaudio.models.wav2vec2_model(
                **settings,
                encoder_projection_dropout=0.0,
                encoder_attention_dropout=0.0,
                encoder_ff_interm_dropout=0.0,
                encoder_dropout=0.0,
                encoder_layer_drop=0.0,
                aux_num_out=None,
            )
