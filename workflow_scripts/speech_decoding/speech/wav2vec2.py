"""wav2vec 2.0: the outputs of its layers, and the targets made of them (protocol 3.1)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.nn.functional import layer_norm

from plumbing.errors import InputError
from speech_decoding.speech.checkpoints import Checkpoint, read_checkpoint
from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture
from speech_decoding.speech.checkpoints.mapping import MappedFile
from speech_decoding.speech.passes import check_window, overlapping_passes
from speech_decoding.speech.waveforms import RATE_HZ, checked_waveform

_CONVOLVED_FRAMES = 250  # 5 s in published models

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Wav2Vec2:
    """torchaudio's network with the weights of a checkpoint, ready to be asked for its layers."""

    network: torch.nn.Module
    architecture: Wav2Vec2Architecture
    device: torch.device
    dtype: torch.dtype

    def facts(self) -> dict[str, Any]:
        """What it computes with, for the record."""
        dtype = str(self.dtype).removeprefix("torch.")
        return {"device": self.device.type, "dtype": dtype}


def build_model(
    checkpoint: Checkpoint,
    *,
    depth: int | None = None,
    device: str = "cpu",
    dtype: Literal["float32", "bfloat16"] = "float32",
) -> Wav2Vec2:
    """The network of a checkpoint, computing in `dtype` on `device` ("auto": the GPU, if any).

    Only the first `depth` transformer layers are kept (all, if not given). On a CPU in float32 the
    parameters are the weights as mapped from the file, so that the network takes no memory of its
    own; otherwise weight after weight is converted and its share of the file given back. Raises
    InputError for a device or dtype that cannot be used, and for a weight that is not finite.
    """
    chosen_device, chosen_dtype = _usable_device(device), _known_dtype(dtype)
    network = checkpoint.architecture.empty_network()
    transformer = network.encoder.transformer
    transformer.layers = transformer.layers[:depth]
    file = MappedFile(checkpoint.path)
    weights = {}
    for name in network.state_dict():
        stored = checkpoint.weights[name]
        _require_finite(checkpoint.path, name, stored)
        weights[name] = stored.to(chosen_device, chosen_dtype)
        if weights[name] is not stored:
            file.give_back(stored)
    network.load_state_dict(weights, assign=True)
    network.requires_grad_(False).eval()
    return Wav2Vec2(network, checkpoint.architecture, chosen_device, chosen_dtype)


def layer_outputs(
    model: Wav2Vec2,
    waveforms: torch.Tensor,
    *,
    layers: Sequence[int],
    lengths: torch.Tensor | None = None,
) -> dict[int, torch.Tensor]:
    """Raw outputs of transformer layers: 0 is the transformer's input, i the output of layer i.

    Parameters: waveforms [batch, samples] at 16 kHz, as recorded (they are layer-normed here, each
    on its own, where the model was trained so); layers, any of 0 .. n; lengths [batch], samples of
    each waveform that are not padding (all, if not given).
    Returns: for each layer float32 [batch, frames, features], before the final layer norm of the
    encoder. Frames of the padding hold no meaning: waveform i has `n_frames(lengths[i])` frames.
    Raises: InputError for a layer that the model lacks; ValueError for waveforms shorter than one
    frame, and for padding in a model whose first convolution is normalised over time
    ("group_norm"), where padding would change all frames.
    """
    check_layers(len(model.network.encoder.transformer.layers), layers)
    return _layer_outputs(model, *_prepared(model, waveforms, lengths), layers)


def conv_outputs(
    model: Wav2Vec2, waveforms: torch.Tensor, *, lengths: torch.Tensor | None = None
) -> torch.Tensor:
    """Output of the convolutional feature extractor, float32 [batch, frames, features].

    Parameters and padding as in `layer_outputs`. It is taken before the layer norm that leads to
    the transformer.
    """
    return _conv_outputs(model, _prepared(model, waveforms, lengths)[0]).float()


def check_layers(last: int, layers: Sequence[int]) -> None:
    """Raise InputError unless `layers` is not empty and all of it lies between 0 and `last`."""
    if not layers or any(layer not in range(last + 1) for layer in layers):
        raise InputError(
            "The setting layers",
            expected=f"numbers from 0 (the transformer's input) to {last} (its last layer)",
            found=f"{list(layers)}",
            consequence="the embedding cannot be computed",
            next_step="choose layers that the checkpoint has, or another checkpoint",
        )


class _Wav2Vec2Target(ABC):
    """A target read off a wav2vec 2.0, whole chunk at once or in overlapping passes."""

    silence = 0.0

    def __init__(
        self,
        source: Checkpoint,
        *,
        depth: int,
        window_s: float,
        context_s: float,
        device: str,
        dtype: Literal["float32", "bfloat16"],
    ):
        check_window(window_s=window_s, context_s=context_s)
        self.model = build_model(source, depth=depth, device=device, dtype=dtype)
        self._window_s = window_s
        self._context_s = context_s
        self._checkpoint = source.facts()

    @property
    @abstractmethod
    def features(self) -> int:
        """Dimension of the embedding."""

    @property
    def frame_step_s(self) -> float:
        """Seconds from the middle of what one frame sees to that of the next."""
        return self.model.architecture.stride_samples / RATE_HZ

    @property
    def first_frame_s(self) -> float:
        """Seconds from the beginning of a chunk to the middle of what its first frame sees."""
        return (self.model.architecture.receptive_field_samples - 1) / 2 / RATE_HZ

    def facts(self) -> dict[str, Any]:
        """What the embedding is computed with, for the record."""
        return {"checkpoint": self._checkpoint} | self.model.facts()

    @abstractmethod
    def _frames(self, prepared: torch.Tensor) -> torch.Tensor:
        """Embedding [1, frames, features] of one pass [1, samples]."""

    def embed(self, waveform: np.ndarray) -> np.ndarray:
        """Embed a chunk of speech: float32 [samples] at 16 kHz to float32 [frames, features].

        The waveform is normalised over the whole chunk. A chunk up to window_s is one forward pass,
        as published; of a longer one each frame is computed with at least context_s of audio on
        both its sides. Silence is embedded like any sound. Raises InputError where the chunk is
        shorter than one frame (25 ms) or not finite.
        """
        architecture = self.model.architecture
        waveform = checked_waveform(waveform, minimum_samples=architecture.receptive_field_samples)
        prepared, _ = _prepared(self.model, torch.from_numpy(waveform)[None], None)
        passes = overlapping_passes(
            architecture.n_frames(len(waveform)),
            stride_samples=architecture.stride_samples,
            window_s=self._window_s,
            context_s=self._context_s,
        )
        shares = []
        for one in passes:
            seen = prepared[:, architecture.samples_of(one.first, one.last, len(waveform))]
            shares.append(self._frames(seen)[0, one.start - one.first : one.stop - one.first].cpu())
        return torch.cat(shares).numpy()


class MeanOfLayers(_Wav2Vec2Target):
    """Target "wav2vec2": the mean of the raw outputs of transformer layers (protocol 3.1)."""

    def __init__(
        self,
        checkpoint: str | Path,
        *,
        sha256: str | None = None,
        layers: Sequence[int] | Literal["last4"] = (14, 15, 16, 17, 18),
        final_norm: Literal["before", "after"] = "before",
        window_s: float = 60.0,
        context_s: float = 5.0,
        device: str = "auto",
        dtype: Literal["float32", "bfloat16"] = "float32",
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
            raise _bad_setting("final_norm", "'before' or 'after'", final_norm)
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
        outputs = _layer_outputs(self.model, prepared, None, self._layers)
        last = self.model.architecture.encoder_num_layers
        if last in outputs and self._final_norm == "after":
            outputs[last] = _after_final_norm(self.model, outputs[last])
        return torch.stack([outputs[layer] for layer in self._layers]).mean(dim=0)


class ConvolutionalFeatures(_Wav2Vec2Target):
    """Target "wav2vec2_features": the output of the convolutional feature extractor."""

    def __init__(
        self,
        checkpoint: str | Path,
        *,
        sha256: str | None = None,
        window_s: float = 60.0,
        context_s: float = 5.0,
        device: str = "auto",
        dtype: Literal["float32", "bfloat16"] = "float32",
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
        return _conv_outputs(self.model, prepared).float()


def _prepared(
    model: Wav2Vec2, waveforms: torch.Tensor, lengths: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """What the network is fed: normalised as in its training, padding set to zero.

    The norm is a layer norm over the samples of one utterance, as in fairseq, whatever the layout;
    the 1e-5 that it adds to the variance keeps silence zero. (transformers adds 1e-7, which tells
    in very quiet audio alone.)
    """
    waveforms = waveforms.float()
    if lengths is None:
        normalised = waveforms
        if model.architecture.normalize_waveform:
            normalised = layer_norm(waveforms, waveforms.shape[-1:])
        return normalised, None
    if model.architecture.extractor_mode == "group_norm" and (lengths != waveforms.shape[1]).any():
        raise ValueError("a group_norm feature extractor takes waveforms of one length only")
    normalised = torch.zeros_like(waveforms)
    for row, length in enumerate(lengths.tolist()):
        alone, _ = _prepared(model, waveforms[row : row + 1, :length], None)
        normalised[row, :length] = alone[0]
    return normalised, lengths


@contextmanager
def _faithful() -> Iterator[None]:
    """Compute without gradients, and on a GPU reproducibly and in full float32.

    By default cuDNN rounds the input of float32 convolutions to 10 bits (TF32).
    """
    with (
        torch.inference_mode(),
        torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False),
    ):
        yield


def _layer_outputs(
    model: Wav2Vec2,
    prepared: torch.Tensor,
    lengths: torch.Tensor | None,
    layers: Sequence[int],
) -> dict[int, torch.Tensor]:
    """`layer_outputs` of what `_prepared` returned."""
    taken: dict[int, torch.Tensor] = {}
    blocks = model.network.encoder.transformer.layers
    # Hooks keep the layers asked for alone; torchaudio's extract_features would hold them all.
    with ExitStack() as hooks, _faithful():
        for layer in layers:
            if layer == 0:
                hook = blocks[0].register_forward_pre_hook(
                    lambda _, given: taken.update({0: given[0]})
                )
            else:
                hook = blocks[layer - 1].register_forward_hook(
                    lambda _, __, output, layer=layer: taken.update({layer: output[0]})
                )
            hooks.enter_context(hook)
        if lengths is not None:
            frames = [model.architecture.n_frames(length) for length in lengths.tolist()]
            lengths = torch.tensor(frames, device=model.device)
        model.network.encoder(_conv_outputs(model, prepared), lengths)
    return {layer: taken[layer].float() for layer in layers}


def _after_final_norm(model: Wav2Vec2, last_layer: torch.Tensor) -> torch.Tensor:
    """The last layer's output after the encoder's final norm, in models that have one."""
    if not model.architecture.encoder_layer_norm_first:
        return last_layer
    norm = model.network.encoder.transformer.layer_norm
    return layer_norm(
        last_layer, norm.normalized_shape, norm.weight.float(), norm.bias.float(), norm.eps
    )


def _conv_outputs(model: Wav2Vec2, prepared: torch.Tensor) -> torch.Tensor:
    """`conv_outputs` of what `_prepared` returned, in the dtype of the model.

    Where the convolutions are normalised frame by frame they are run over a few seconds at a time,
    which changes nothing: in one piece they would take far more memory than the transformer.
    """
    architecture = model.architecture
    n_samples = prepared.shape[1]
    n_frames = architecture.n_frames(n_samples)
    if n_frames == 0:
        raise ValueError(f"{n_samples} samples are too few for one frame")
    piece = _CONVOLVED_FRAMES if architecture.extractor_mode == "layer_norm" else n_frames
    pieces = []
    with _faithful():
        for first in range(0, n_frames, piece):
            seen = prepared[
                :, architecture.samples_of(first, min(first + piece, n_frames), n_samples)
            ]
            features, _ = model.network.feature_extractor(seen.to(model.device, model.dtype), None)
            pieces.append(features)
        return torch.cat(pieces, dim=1)


def _require_finite(path: Path, name: str, weight: torch.Tensor) -> None:
    if count := weight.numel() - int(weight.isfinite().sum()):
        raise InputError(
            path,
            expected="weights that are finite numbers",
            found=f"{count} of {weight.numel()} numbers of {name} that are not",
            consequence="all that is embedded with them would be undefined",
            next_step="fetch or copy the checkpoint again, or give another one",
        )


def _usable_device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise _bad_setting("device", "auto or a device that is here, cpu or cuda", name) from error
    return device


def _known_dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise _bad_setting("dtype", " or ".join(_DTYPES), name)
    return _DTYPES[name]


def _bad_setting(name: str, expected: str, found: object) -> InputError:
    return InputError(
        f"The setting {name}",
        expected=expected,
        found=repr(found),
        consequence="the embedding cannot be computed",
        next_step="correct the setting",
    )
