"""Checkpoints of wav2vec 2.0: read, checked, never executed."""

from speech_decoding.speech.checkpoints.reader import Checkpoint, read_checkpoint

__all__ = ["Checkpoint", "read_checkpoint"]
