# A story's audio files -> one waveform at 16 kHz, and where each file begins in it.
# Both are empty for a story that no used recording heard.


rule merge_audio:
    input:
        wavs=wav_files,
        checks="results/{study}/checks.parquet",
    output:
        audio="results/{study}/audio/{story}.npy",
        table="results/{study}/audio/{story}.parquet",
    log:
        "results/{study}/logs/merge_audio/{story}.log",
    benchmark:
        "results/{study}/benchmarks/merge_audio/{story}.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        script=scripts / "merge_audio.py",
        wavs=wav_names,
        raw=raw_stamps("results/{study}/audio/{story}.npy", wav_files),
        settings=settings_of("merge_audio"),
        code=code_of("merge_audio"),
        job=job_text,
    message:
        "Merging the audio of {wildcards.study}, {wildcards.story}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.wavs:q} --story {wildcards.story}"
        " --checks {input.checks:q} --settings {params.settings:q}"
        " --raw-stamps {params.raw:q} --audio {output.audio:q} --table {output.table:q} 2>&1 | tee {log:q}"
