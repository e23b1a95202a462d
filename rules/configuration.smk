# The configuration: read, merged and checked, and what wildcards may be.

import os
import re
import sys
import tempfile
from pathlib import Path

scripts = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(scripts))
# Jobs run with the interpreter that runs Snakemake, activated or not; conda goes before it.
search_path = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
os.environ.update(PATH=os.pathsep.join(search_path))
# The first temporary folder that can be written to: in a full one Snakemake itself would fail.
os.environ.update(TMPDIR=tempfile.gettempdir())

from configuration.check import COMMAND_LINE, ConfigCheck
from configuration.files import read_config_file, source_of
from plumbing.errors import InputError
from speech_decoding.report.paper import COMPARISONS, compared_experiments

# Those of the folder hold what every clone has; config.yaml counts before them.
config_files = [
    *sorted(Path(workflow.basedir, "config").glob("*.yaml")),
    Path(workflow.basedir, "config.yaml"),
]


def config_sources():
    """The contents that the configuration is merged from, by name; a later one counts."""
    given = workflow.config_settings
    own = [] if given.replace_workflow_config else config_files
    files = [*own, *map(Path, given.configfiles)]
    here = Path.cwd()
    names = [path.relative_to(here) if path.is_relative_to(here) else path for path in files]
    contents = {str(name): read_config_file(path) for name, path in zip(names, files)}
    return contents | ({COMMAND_LINE: dict(given.config)} if given.config else {})


try:
    sources = config_sources()
except InputError as error:
    sys.exit(f"Error: {error}")


# Read by Snakemake only now, which would end with a traceback for much that is refused above.
for file in config_files:

    configfile: file


try:
    check = ConfigCheck(config, Path(workflow.basedir) / "rules" / "config.schema.yaml", sources)
    check.check_values()
except InputError as error:
    sys.exit(f"Error: {error}")


# The speech model of the simulated studies; like their raw folders, a rule makes it.
simulated_checkpoint = "weights/simulated_wav2vec2.pt"
simulated_studies = {
    str(Path(entry["raw_folder"])): name
    for name, entry in config["studies"].items()
    if "simulation" in entry
}


wildcard_constraints:
    simulated="|".join(map(re.escape, simulated_studies)) or "none",
    study="[a-z0-9_]+",
    story=r"(?!fairseq\b)[a-z0-9_]+",  # fairseq.json is no story's embedding
    subject=r"\w+",
    experiment=r"[a-z0-9_]+(-[\w.-]+)?",  # the second part: a point of a sweep
    sweep="[a-z0-9_]+",
    comparison="|".join(COMPARISONS),
    page="|".join([*COMPARISONS, "sweeps/[a-z0-9_]+"]),
    embedding="[a-z0-9_]+",
    recording=r"[\w-]+",
    seed=r"\d+",
