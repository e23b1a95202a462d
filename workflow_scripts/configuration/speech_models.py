"""The speech models that embeddings are computed with, as they are configured."""

from pathlib import Path

from configuration.chosen import Chosen
from configuration.settings import Settings, experiments_by_embedding, require_known
from plumbing.errors import InputError


def embedding_settings(own: Chosen) -> Settings:
    """Give the settings of a job's embedding; raises InputError for an unknown name."""
    known = own["embeddings"]
    return known[require_known("embeddings", own.wildcards["embedding"], known)]


def checkpoint_files(own: Chosen, *, made: str) -> list[str]:
    """Name the files of an embedding's checkpoint; none for a target without one.

    Parameters: made, the checkpoint that a rule makes.
    Raises: InputError if there is no such checkpoint.
    """
    path = embedding_settings(own).get("checkpoint")
    if path is None:
        return []
    if path != made and not Path(path).exists():
        raise _missing(own, path)
    if Path(path).is_dir():  # whose own time stamp tells nothing of the files in it
        return sorted(str(file) for file in Path(path).iterdir() if file.is_file())
    return [path]


def fairseq_checkpoint(own: Chosen) -> str:
    """Name the checkpoint of an embedding, if it is one of fairseq.

    Raises: InputError if it is another one.
    """
    path = embedding_settings(own).get("checkpoint")
    if path is None or Path(path).is_dir():
        raise InputError(
            f"embeddings.{own.wildcards['embedding']}",
            expected="a checkpoint in fairseq's layout",
            found="another one" if path else "a target without a checkpoint",
            consequence="fairseq cannot be compared with",
            next_step="choose another embedding",
        )
    return path


def compared_with_fairseq(own: Chosen) -> list[str]:
    """Name the embeddings whose distance from fairseq's own the report shows."""
    if not own["report"]["fairseq"]:
        return []
    reported = own.study.reported_embeddings
    paths = {name: own["embeddings"][name].get("checkpoint") for name in reported}
    # A folder is none of fairseq's.
    return [name for name, path in paths.items() if path and not Path(path).is_dir()]


def _missing(own: Chosen, path: str) -> InputError:
    """Give the error of a checkpoint that is not there, with what can be done without it."""
    embedding, blocks = own.wildcards["embedding"], own.study.blocks
    users = experiments_by_embedding(blocks)
    theirs = users.get(embedding, [])
    reported = [*blocks["report"]["experiments"], *blocks["report"]["controls"]]
    asking = [name for name in reported if name in theirs] or theirs
    told = f", for the experiments {', '.join(asking)}" if asking else ""
    without = [name for name in users if "checkpoint" not in blocks["embeddings"][name]]
    do_without = "".join(
        ", or do without it: behind what is to be made, `--config 'report={experiments: [NAME], "
        f"controls: []}}'` with {' or '.join(users[name])} for NAME takes the embedding {name}, "
        "which needs none"
        for name in without[:1]
    )
    key = ("embeddings", embedding, "checkpoint")
    return InputError(
        path,
        expected=f"the speech model of the embedding {embedding}{told}",
        found="no such file",
        consequence="no speech can be embedded",
        next_step="put it there (README, section 'Real studies'), or set "
        f"{'.'.join(key)} in {own.study.file_of(key)}{do_without}",
    )
