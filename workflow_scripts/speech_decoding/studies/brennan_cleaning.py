"""What the authors of the Alice study found bad in a recording, and their independent components.

Both stand in the file of the recording's trial table (protocol 1.2).
"""

from pathlib import Path

import numpy as np

from plumbing.errors import InputError
from speech_decoding.studies import StoredIca, matlab


def read_bad_electrodes(path: Path) -> list[str]:
    """Read the names of the electrodes that the authors rejected; InputError if it cannot be."""
    field = "rejections.badchans"
    return matlab.names(matlab.read_struct(path, "proc", [field])[field])


def read_ica(path: Path) -> StoredIca:
    """Read the authors' components.

    Raises: InputError if the file is damaged, has none, or has some that cannot be computed with.
    """
    fields = ("ica.topolabel", "ica.unmixing", "ica.rejcomp")
    labels, unmixing, rejected = matlab.read_struct(path, "proc", fields).values()
    channels, unmixing = matlab.names(labels), np.atleast_2d(unmixing)
    rejected = np.ravel(rejected)
    if len(set(channels)) < len(channels):
        raise _unusable(path, "each channel once as ica.topolabel", f"{len(channels)} names")
    if unmixing.dtype.kind not in "fiu" or unmixing.shape[1:] != (len(channels),):
        found = f"{' x '.join(map(str, unmixing.shape))} numbers for {len(channels)} channels"
        raise _unusable(path, "components x channels as ica.unmixing", found)
    if not np.isfinite(unmixing).all():
        raise _unusable(path, "finite numbers as ica.unmixing", "NaN or infinite ones")
    numbers = range(1, len(unmixing) + 1)  # MATLAB counts from 1
    if rejected.dtype.kind not in "fiu" or not set(rejected.tolist()) <= set(numbers):
        found = f"{' '.join(map(str, rejected[:10]))} of {len(unmixing)}"
        raise _unusable(path, "numbers of its components as ica.rejcomp", found)
    return StoredIca(
        channels=channels,
        unmixing=unmixing.astype(float),
        rejected=sorted({int(number) - 1 for number in rejected}),
    )


def _unusable(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="the components that its authors rejected cannot be subtracted",
        next_step="fetch it again, or leave preprocess.ica off",
    )
