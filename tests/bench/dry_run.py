"""A dry run of the full-size MEG-MASC tree: 196 recordings, empty files.

PYTHONPATH=workflow_scripts python -m tests.bench.dry_run
"""

import tempfile
import time
from pathlib import Path

from speech_decoding.studies.gwilliams import Study
from tests.workflow.workspace import Workspace

REPORT = "results/gwilliams/report.html"
REPEATS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace.of_the_repository(Path(name) / "clone")
        entry = workspace.config["studies"]["gwilliams"]
        study = Study(workspace.folder / entry["raw_folder"], entry["layout"])
        recordings = study.recordings()
        paths = [path for recording in recordings for path in study.raw_files(recording)]
        paths += [path for story in study.stories() for path in study.wav_files(story)]
        for path in (*paths, workspace.folder / "weights" / "xlsr_53_56k.pt"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        seconds = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            planned = workspace.planned_rules(REPORT)
            seconds.append(time.perf_counter() - began)
        print(
            f"dry run of {len(recordings)} recordings, {len(planned)} rules: {min(seconds):.1f} s"
        )


if __name__ == "__main__":
    main()
