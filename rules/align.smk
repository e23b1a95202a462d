# The recordings' audio channels, if they have one -> how far the sound is from its events.


rule measure_alignment:
    input:
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
        audio=of_stories("results/{study}/audio/{story}.npy"),
        wavs=of_stories("results/{study}/audio/{story}.parquet"),
    output:
        "results/{study}/alignment.parquet",
    log:
        "results/{study}/logs/measure_alignment.log",
    benchmark:
        "results/{study}/benchmarks/measure_alignment.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        script=scripts / "measure_alignment.py",
        study=study_arguments,
        settings=settings_of("measure_alignment"),
        code=code_of("measure_alignment", reader_module),
        job=job_text,
    message:
        "Measuring the alignment of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.study} --wav-onsets {input.wav_onsets:q}"
        " --audio results/{wildcards.study}/audio --settings {params.settings:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
