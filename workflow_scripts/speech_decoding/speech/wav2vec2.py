"""wav2vec 2.0: the network of a checkpoint and the outputs of its layers (protocol 3.1)."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch.nn.functional import layer_norm

from plumbing.errors import InputError
from speech_decoding.speech.checkpoints import Checkpoint
from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture
from speech_decoding.speech.checkpoints.mapping import MappedFile

_CONVOLVED_FRAMES = 250  # 5 s in published models

Device = Literal["auto", "cpu", "cuda"]
Dtype = Literal["float32", "bfloat16"]
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
    dtype: Dtype = "float32",
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
    return prepared_layer_outputs(model, *prepare(model, waveforms, lengths), layers)


def conv_outputs(
    model: Wav2Vec2, waveforms: torch.Tensor, *, lengths: torch.Tensor | None = None
) -> torch.Tensor:
    """Output of the convolutional feature extractor, float32 [batch, frames, features].

    Parameters and padding as in `layer_outputs`. It is taken before the layer norm that leads to
    the transformer.
    """
    return prepared_conv_outputs(model, prepare(model, waveforms, lengths)[0]).float()


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


def prepare(
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
        alone, _ = prepare(model, waveforms[row : row + 1, :length], None)
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


def prepared_layer_outputs(
    model: Wav2Vec2,
    prepared: torch.Tensor,
    lengths: torch.Tensor | None,
    layers: Sequence[int],
) -> dict[int, torch.Tensor]:
    """`layer_outputs` of what `prepare` returned."""
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
        model.network.encoder(prepared_conv_outputs(model, prepared), lengths)
    return {layer: taken[layer].float() for layer in layers}


def after_final_norm(model: Wav2Vec2, last_layer: torch.Tensor) -> torch.Tensor:
    """The last layer's output after the encoder's final norm, in models that have one."""
    if not model.architecture.encoder_layer_norm_first:
        return last_layer
    norm = model.network.encoder.transformer.layer_norm
    return layer_norm(
        last_layer, norm.normalized_shape, norm.weight.float(), norm.bias.float(), norm.eps
    )


def prepared_conv_outputs(model: Wav2Vec2, prepared: torch.Tensor) -> torch.Tensor:
    """`conv_outputs` of what `prepare` returned, in the dtype of the model.

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
        raise bad_setting("device", "auto or a device that is here, cpu or cuda", name) from error
    return device


def _known_dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise bad_setting("dtype", " or ".join(_DTYPES), name)
    return _DTYPES[name]


def bad_setting(name: str, expected: str, found: object) -> InputError:
    """Give the error of a setting that cannot be used."""
    return InputError(
        f"The setting {name}",
        expected=expected,
        found=repr(found),
        consequence="the embedding cannot be computed",
        next_step="correct the setting",
    )
