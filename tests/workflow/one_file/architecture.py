"""One convolution over all sensors, the same for every subject."""

from torch import Tensor, nn

from plumbing.values import Count


class BrainModule(nn.Module):
    """A linear filter of the sensors in time."""

    def __init__(self, layout_positions: Tensor, n_subjects: int, n_outputs: int, *, taps: Count):
        super().__init__()
        self.register_buffer("layout_positions", layout_positions)
        sensors = layout_positions.shape[1]
        self.filter = nn.Conv1d(sensors, n_outputs, taps, padding="same")

    def forward(self, brain, subject_index, layout_index, dropout_centre=None):
        return self.filter(brain)

    def fill_unheard(self, heard):
        """There is nothing that belongs to a subject."""
