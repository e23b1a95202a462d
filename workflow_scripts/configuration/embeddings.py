"""Embeddings that are written as another one with a few settings changed."""

from collections.abc import Mapping
from typing import Any

from configuration.signatures import Signature, read_signature
from speech_decoding.speech.targets import module_of

Embedding = dict[str, Any]


def target_signature(target: str) -> Signature:
    """Give the settings of a speech target."""
    return read_signature(f"{module_of(target)}.Target")


def models(embeddings: Mapping[str, Embedding]) -> list[str]:
    """Name the embeddings that others may be `like`: those that are not like one themselves."""
    return [name for name, own in embeddings.items() if "like" not in own]


def written_out(embeddings: Mapping[str, Embedding]) -> dict[str, Embedding]:
    """Write out every embedding that is `like` another one.

    It has the other's settings, as far as its own target has them, and its own before those.
    Returns: all embeddings; one that is like none of the `models` stays as it is.
    """
    known = models(embeddings)
    return {
        name: _written_out(own, embeddings[own["like"]]) if own.get("like") in known else own
        for name, own in embeddings.items()
    }


def _written_out(own: Embedding, model: Embedding) -> Embedding:
    stated = {key: value for key, value in own.items() if key != "like"}
    target = (model | stated).get("target")
    has = target_signature(target).names if target else ()
    inherited = {key: value for key, value in model.items() if key in ("target", *has)}
    return inherited | stated
