# Raw recording -> resampled signal, sensors, events, and what its quality is.


rule preprocess_recording:
    input:
        raw=raw_files,
        verdict="results/{study}/checks/{recording}.json",
    output:
        signal="results/{study}/recordings/{recording}/signal.npy",
        sensors="results/{study}/recordings/{recording}/sensors.parquet",
        events="results/{study}/recordings/{recording}/events.parquet",
        quality="results/{study}/recordings/{recording}/quality.json",
        picture="results/{study}/recordings/{recording}/quality.png",
    log:
        "results/{study}/logs/preprocess_recording/{recording}.log",
    benchmark:
        "results/{study}/benchmarks/preprocess_recording/{recording}.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=preprocess_memory,
        runtime=growing(15),
    params:
        script=scripts / "preprocess_recording.py",
        study=recording_arguments,
        raw=raw_stamps("results/{study}/checks/{recording}.json", raw_files),
        settings=settings_of("preprocess_recording"),
        code=code_of("preprocess_recording", reader_module),
        job=job_text,
    message:
        "Preprocessing {wildcards.study}, {wildcards.recording}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.study} --recording {wildcards.recording}"
        " --verdict {input.verdict:q} --settings {params.settings:q}"
        " --folder results/{wildcards.study}/recordings/{wildcards.recording}"
        " 2>&1 | tee {log:q}"
