"""The decoder: what estimates speech from the brain, and what makes speech comparable with it."""

from importlib import import_module
from typing import Literal

from torch import Tensor, nn

from plumbing.values import Count, Name
from speech_decoding.decoder import module_of
from speech_decoding.decoder.convolution_stack import ConvolutionStack

SpeechModule = Literal["none", "deep_mel"]


class Decoder(nn.Module):
    """A brain module and a speech module, trained together.

    Args:
        layout_positions: [layouts, sensors, 2], as BrainModule takes them.
        n_subjects: number of subjects.
        n_features: number of features of the speech embedding.
        speech_module: "none" compares estimates with the embedding as it is; "deep_mel" with
            features that are learnt from it (protocol 3.3).
        architecture: the module of this package that defines the brain module.
        learnt_features: the number of features that a deep mel learns.
        settings: of the architecture; if `hidden` is among them, it is the number of channels of a
            deep mel's convolutions, too.
    """

    def __init__(
        self,
        layout_positions: Tensor,
        n_subjects: int,
        n_features: int,
        speech_module: SpeechModule = "none",
        *,
        architecture: Name = "published",
        learnt_features: Count = 768,
        **settings: object,
    ):
        super().__init__()
        deep = speech_module == "deep_mel"
        n_outputs = learnt_features if deep else n_features
        brain_module = import_module(module_of(architecture)).BrainModule
        self.brain = brain_module(layout_positions, n_subjects, n_outputs, **settings)
        common = {key: settings[key] for key in ("hidden",) if key in settings}
        learnt = {"n_mels": n_features, "n_outputs": n_outputs} | common
        self.speech = DeepMel(**learnt) if deep else nn.Identity()

    @property
    def learns_speech(self) -> bool:
        """Whether the speech module has anything to learn."""
        return not isinstance(self.speech, nn.Identity)

    def forward(
        self,
        brain: Tensor,
        subject_index: Tensor,
        layout_index: Tensor,
        dropout_centre: Tensor | None = None,
    ) -> Tensor:
        """Estimate speech features [batch, features, time], as BrainModule does."""
        return self.brain(brain, subject_index, layout_index, dropout_centre)


class DeepMel(ConvolutionStack):
    """Convolutions over the mel spectrogram, trained together with the brain module.

    Maps [batch, n_mels, time] to [batch, n_outputs, time] (protocol 3.3).
    """

    def __init__(
        self, *, n_mels: int = 120, n_outputs: int = 768, hidden: int = 320, depth: int = 10
    ):
        super().__init__(n_mels, hidden=hidden, depth=depth, n_outputs=n_outputs, activation="relu")
