"""The parts of the check, in order: what would stop everything comes before any timing.

A part is a module with `LIMIT_S`, after which it is ended, and `measure`, which gives figures as
they are found, each part in a process of its own. The first line of its documentation is its title.
"""

QUICK_PARTS = ("ceilings", "single_steps", "small_study", "full_store", "eager_steps")
PARTS = (*QUICK_PARTS, "evaluation", "prototypes", "compiled_steps")
