"""The trainable speech features of the "deep mel" model."""

from speech_decoding.decoder.convolution_stack import ConvolutionStack


class DeepMel(ConvolutionStack):
    """Convolutions over the mel spectrogram, trained together with the brain module.

    Maps [batch, n_mels, time] to [batch, n_outputs, time] (protocol 3.3).
    """

    def __init__(
        self, *, n_mels: int = 120, n_outputs: int = 768, hidden: int = 320, depth: int = 10
    ):
        super().__init__(n_mels, hidden=hidden, depth=depth, n_outputs=n_outputs, activation="relu")
