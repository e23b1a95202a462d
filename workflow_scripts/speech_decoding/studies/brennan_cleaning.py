"""What the authors of the Alice study found bad in a recording, and their independent components.

Both stand in the file of the recording's trial table (REFERENCE 1.2).
"""

from pathlib import Path

import numpy as np

from speech_decoding.studies import StoredIca, matlab


def read_bad_electrodes(path: Path) -> list[str]:
    """Read the names of the electrodes that the authors rejected; InputError if it cannot be."""
    field = "rejections.badchans"
    return _names(matlab.read_struct(path, "proc", [field])[field])


def read_ica(path: Path) -> StoredIca:
    """Read the authors' components; raises InputError if the file is damaged or has none."""
    fields = ("ica.topolabel", "ica.unmixing", "ica.rejcomp")
    channels, unmixing, rejected = matlab.read_struct(path, "proc", fields).values()
    return StoredIca(
        channels=_names(channels),
        unmixing=np.atleast_2d(unmixing).astype(float),
        rejected=[int(number) - 1 for number in np.atleast_1d(rejected)],  # MATLAB counts from 1
    )


def _names(cells: object) -> list[str]:
    return [str(name) for name in np.atleast_1d(cells)]
