"""The settings that count for one job, of which its rule passes on what its script reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from configuration.settings import Settings
from configuration.study import ConfiguredStudy
from speech_decoding.studies import Recording


@dataclass(frozen=True)
class Chosen:
    """The blocks of settings of a job's study, or of its experiment: `own["decoder"]`.

    study; wildcards, those of the job.
    """

    study: ConfiguredStudy
    wildcards: Mapping[str, str]

    def __getitem__(self, block: str) -> Settings:
        experiment = self.wildcards.get("experiment")
        return (self.study.experiment(experiment) if experiment else self.study.blocks)[block]

    @property
    def recording(self) -> Recording:
        """The job's recording."""
        return self.study.recording(self.wildcards["recording"])

    @property
    def story(self) -> str:
        """The job's story, or that of its recording."""
        return self.wildcards.get("story") or self.recording.story

    @property
    def audio_rate(self) -> Settings:
        """The rate of merged audio."""
        return {"audio_rate_hz": self["audio"]["rate_hz"]}

    @property
    def rate(self) -> Settings:
        """The rate of the decoder's input."""
        return {"rate_hz": self["preprocess"]["rate_hz"]}

    @property
    def window(self) -> Settings:
        """The window of a segment: start_s, stop_s and rate_hz."""
        return {key: self["segments"][key] for key in ("start_s", "stop_s")} | self.rate

    @property
    def decoded_window(self) -> Settings:
        """The window that is decoded, which may end before that of a segment."""
        window = self.window
        return window | {"stop_s": self["training"]["stop_s"] or window["stop_s"]}

    @property
    def reported(self) -> Settings:
        """What the report shows of a study and its settings."""
        blocks = self.study.blocks
        return {
            "study": self.study.name,
            "entry": self.study.entry,
            # Of the others it uses only some.
            "blocks": {key: blocks[key] for key in blocks if key not in ("sweeps", "experiments")},
            "embeddings": self.study.reported_embeddings,
        }

    @property
    def shown(self) -> Settings:
        """What a page of many experiments says of the study."""
        return {
            "title": self.study.entry["title"],
            "simulated": self.study.simulated,
            "seeds": self["report"]["seeds"],
        }
