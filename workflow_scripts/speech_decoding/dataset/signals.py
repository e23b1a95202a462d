"""Recordings' signals, held where they fit best, and any windows of them as one tensor."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

Placement = Literal["auto", "device", "host"]
Storage = Literal["float32", "float16"]

# Of the GPU's free memory; the rest is left to the decoder, its activations and the embedding.
_SHARE_OF_FREE_MEMORY = 0.5
# Windows that a processor normalises at a time: few enough to stay in its cache.
_HOST_BLOCK = 16
_ALL = 2**31


class Signals(Protocol):
    """The signals of all recordings; windows of them are cut fastest `block` at a time."""

    block: int

    def cut(self, recording: Tensor, first_sample: Tensor, sample_count: int) -> Tensor:
        """Cut windows: float32 [windows, samples, sensors] on the decoder's device.

        `recording`, its number, and `first_sample` [windows] are on the host. Each sensor may be
        shifted by a constant, as by its mean; sensors that a recording does not have are 0.
        """


class HostSignals:
    """Signals that stay where they are - memory-mapped files, as a rule - and are copied in parts.

    For a GPU, windows are gathered in pinned memory and copied while it computes.
    """

    def __init__(self, signals: Sequence[np.ndarray], device: torch.device):
        self._signals = signals
        self._device = device
        self._sensor_count = max(signal.shape[1] for signal in signals)
        self.block = _HOST_BLOCK if device.type == "cpu" else _ALL

    def cut(self, recording: Tensor, first_sample: Tensor, sample_count: int) -> Tensor:
        shape = (len(recording), sample_count, self._sensor_count)
        windows = torch.empty(shape, pin_memory=self._device.type == "cuda")
        places = zip(recording.tolist(), first_sample.tolist(), strict=True)
        for window, (number, first) in zip(windows.numpy(), places, strict=True):
            signal = self._signals[number]
            window[:, : signal.shape[1]] = signal[first : first + sample_count]
            window[:, signal.shape[1] :] = 0
        return windows.to(self._device, non_blocking=True)


class DeviceSignals:
    """Signals held once in the memory of the device, one after the other.

    With storage "float16" they take half of it: each recording's sensors are standardised before
    they are rounded, because signals in tesla or volt would vanish.
    """

    block = _ALL

    def __init__(self, signals: Sequence[np.ndarray], device: torch.device, storage: Storage):
        lengths = [len(signal) for signal in signals]
        sensor_count = max(signal.shape[1] for signal in signals)
        self._device = device
        self._offset = torch.tensor([0, *lengths]).cumsum(0)
        self._scale = torch.ones(len(signals), sensor_count, device=device)
        self._samples = torch.zeros(
            sum(lengths), sensor_count, dtype=getattr(torch, storage), device=device
        )
        for number, signal in enumerate(signals):
            values = torch.from_numpy(np.array(signal)).to(device)
            if storage == "float16":
                scale, mean = torch.std_mean(values, dim=0)
                scale[scale == 0] = 1
                self._scale[number, : len(scale)] = scale
                values = (values - mean) / scale
            first, last = self._offset[number : number + 2].tolist()
            self._samples[first:last, : values.shape[1]] = values

    def cut(self, recording: Tensor, first_sample: Tensor, sample_count: int) -> Tensor:
        begin = (self._offset[recording] + first_sample).to(self._device, non_blocking=True)
        number = recording.to(self._device, non_blocking=True)
        sample = torch.arange(sample_count, device=self._device)
        windows = self._samples[begin[:, None] + sample].float()
        return windows.mul_(self._scale[number, None])


def place_signals(
    signals: Sequence[np.ndarray],
    device: torch.device,
    *,
    storage: Storage = "float32",
    placement: Placement = "auto",
) -> Signals:
    """Hold `signals`, each [samples, sensors], where the decoder's `device` reads them fastest.

    Placement "auto" is the memory of a GPU if they fit into half of what is free there, else the
    host; a processor reads them from the host. `storage` is that in the device's memory.
    """
    if placement == "auto":
        fits = device.type == "cuda" and _size(signals, storage) < _room(device)
        placement = "device" if fits else "host"
    if placement == "device":
        return DeviceSignals(signals, device, storage)
    return HostSignals(signals, device)


def _size(signals: Sequence[np.ndarray], storage: Storage) -> int:
    sensor_count = max(signal.shape[1] for signal in signals)
    samples = sum(len(signal) for signal in signals)
    return samples * sensor_count * getattr(torch, storage).itemsize


def _room(device: torch.device) -> float:
    return _SHARE_OF_FREE_MEMORY * torch.cuda.mem_get_info(device)[0]
