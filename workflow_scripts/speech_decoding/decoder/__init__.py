"""Decoders: what estimates speech from the brain, one module per architecture.

An architecture is a module here with a class `BrainModule`, a `torch.nn.Module`. Its name is
`decoder.architecture` in config.yaml, and the keywords of `__init__` are the other settings of the
block `decoder`. It has

* `__init__(layout_positions, n_subjects, n_outputs, *, ...)`, which registers the first as a buffer
  of that name: [layouts, sensors, 2], each distinct layout of sensors once, in [0, 1];
* `forward(brain, subject_index, layout_index, dropout_centre)`, from [batch, sensors, time] to
  [batch, n_outputs, time], as `published.BrainModule`;
* `fill_unheard(heard)`, which gives subjects that were not trained something to be tested with;
* if it attends to the sensors, a `ChannelMerger` as `merger`, whose weights the report then shows.
"""


def module_of(architecture: str) -> str:
    """Name the module of an architecture, for the code fingerprints of the rules that build it."""
    return f"{__name__}.{architecture}"
