# Decoding heard speech from M/EEG: raw recordings in, a report out.
#
#   snakemake --cores 8 results/gwilliams/report.html
#   snakemake --cores 8 results/gwilliams/report.html --configfile mine.yaml
#
# The files below are in the order in which data flow through them.

from snakemake.utils import min_version

min_version("9.27")


include: "rules/configuration.smk"
include: "rules/common.smk"
include: "rules/download.smk"
include: "rules/simulate.smk"
include: "rules/check.smk"
include: "rules/preprocess.smk"
include: "rules/audio.smk"
include: "rules/segment.smk"
include: "rules/align.smk"
include: "rules/embed.smk"
include: "rules/fairseq.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/controls.smk"
include: "rules/compare.smk"
include: "rules/report.smk"
include: "rules/publish.smk"


# Before the first job; each of them would end with a traceback of Snakemake.
onstart:
    stop_unless_writable(Path("results"))


# The target without a name: the study that every clone can make.
rule demo:
    default_target: True
    input:
        "results/demo/report.html",
