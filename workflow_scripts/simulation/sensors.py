"""The sensors of the KIT helmet at New York University Abu Dhabi, and a head inside it.

The 208 axial gradiometers sit where KIT-AD.lout draws them, unrolled onto a helmet: the layout is
read as a map of directions from the middle of the head (azimuthal, equal distances), which keeps
the real order and neighbourhood of the channels. Lengths in metres. Device and head axes: x right,
y front, z up.
"""

from dataclasses import dataclass

import mne
import numpy as np
from scipy.spatial.transform import Rotation

from simulation.seeding import generator

GRADIOMETERS, REFERENCES, MISCELLANEOUS = 208, 16, 32
CHANNELS = GRADIOMETERS + REFERENCES + MISCELLANEOUS

# Directions at the layout's inscribed circle point this far down from the top of the head.
_RIM_DEG = 85.0
_HELMET_SEMI_AXES_M = (0.108, 0.125, 0.118)
_REFERENCE_HEIGHT_M = 0.30

# Head coordinates: the ears lie on the x axis, the nose on the y axis.
HEAD_CENTRE_M = np.array([0.0, 0.0, 0.04])
_FIDUCIALS_M = np.array([[0.0, 0.1, 0.0], [-0.075, 0.0, 0.0], [0.075, 0.0, 0.0]])
_COILS_M = np.array(
    [
        [-0.076, 0.012, 0.01],
        [0.076, 0.012, 0.01],
        [0.0, 0.098, 0.035],
        [-0.045, 0.088, 0.03],
        [0.045, 0.088, 0.03],
    ]
)
_SCALP_RADIUS_M = 0.09
_SCALP_POINTS = 400


def gradiometers() -> tuple[np.ndarray, np.ndarray]:
    """Give positions (208, 3) in metres and outward unit directions (208, 3), device axes."""
    layout = mne.channels.read_layout("KIT-AD").pos[:, :2]
    low, high = layout.min(axis=0), layout.max(axis=0)
    right, front = (2 * (layout - low) / (high - low) - 1).T
    polar = np.radians(_RIM_DEG) * np.hypot(right, front)
    azimuth = np.arctan2(front, right)
    directions = np.column_stack(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    )
    semi_axes = np.array(_HELMET_SEMI_AXES_M)
    outward = directions / semi_axes
    return directions * semi_axes, outward / np.linalg.norm(outward, axis=1, keepdims=True)


def references() -> tuple[np.ndarray, np.ndarray]:
    """Give positions (16, 3) and directions (16, 3) of the magnetometers above the helmet."""
    index = np.arange(REFERENCES)
    angle = 2 * np.pi * index / REFERENCES
    height = np.full(REFERENCES, _REFERENCE_HEIGHT_M)
    positions = np.column_stack([0.05 * np.cos(angle), 0.05 * np.sin(angle), height])
    return positions, np.eye(3)[index % 3]


@dataclass(frozen=True)
class Head:
    """What a digitiser measured on one head, and where the head lies in the helmet.

    `fiducials` (nasion, left, right ear), `coils` (5 marker coils) and `scalp` points are in head
    coordinates, (n, 3); `rotation` and `shift` bring device coordinates to head coordinates.
    """

    fiducials: np.ndarray
    coils: np.ndarray
    scalp: np.ndarray
    rotation: Rotation
    shift: np.ndarray

    @property
    def markers(self) -> np.ndarray:
        """The marker coils in device coordinates, as the helmet measures them: (5, 3)."""
        return self.rotation.inv().apply(self.coils - self.shift)


def place_head(seed: int, subject: str, session: str) -> Head:
    """Place a listener's head in the helmet, a few millimetres and degrees off from its middle."""
    random = generator(seed, "head", subject, session)
    ways = random.normal([0, 0, 0.6], [1, 1, 0.6], size=(_SCALP_POINTS, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    scalp = HEAD_CENTRE_M + _SCALP_RADIUS_M * ways
    return Head(
        fiducials=_FIDUCIALS_M,
        coils=_COILS_M,
        scalp=scalp,
        rotation=Rotation.from_euler("xyz", random.normal(0, 3, size=3), degrees=True),
        shift=HEAD_CENTRE_M + random.normal(0, 0.003, size=3),
    )
