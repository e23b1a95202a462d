"""Recordings whose signals are the same: one of them is a copy under another name."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from speech_decoding.studies import Finding


def find_twins(signals: Mapping[str, str | None]) -> Iterator[tuple[str, Finding]]:
    """Find recordings that have the samples of another, which cannot be both listeners' own.

    Parameters: signals, SHA-256 of each recording's samples, None where they were not read.
    Yields: a recording and its fault, which names the others.
    """
    alike = defaultdict(list)
    for name, sha256 in signals.items():
        if sha256 is not None:
            alike[sha256].append(name)
    for group in alike.values():
        for name in group if len(group) > 1 else ():
            others = ", ".join(other for other in group if other != name)
            yield (
                name,
                Finding.fault(
                    f"recording {name}",
                    expected="a signal of its own",
                    found=f"that of {others}",
                    consequence="one of them is a copy under another name, it is not known which",
                    next_step="fetch all of them again, or name the copy under `exclude`",
                ),
            )
