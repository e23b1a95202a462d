# Raw recording -> resampled signal, sensors, events, and what its quality is.


rule preprocess_recording:
    input:
        raw=raw_files,
        verdict=results.CHECK,
    output:
        signal=results.SIGNAL,
        sensors=results.SENSORS,
        events=results.EVENTS,
        quality=results.QUALITY,
        picture=results.QUALITY_PICTURE,
    log:
        results.log_of("preprocess_recording/{recording}"),
    benchmark:
        results.benchmark_of("preprocess_recording/{recording}")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt
        * running.preprocessing_memory_mb(study_of(wildcards).blocks["preprocess"]),
        runtime=growing(15),
    params:
        script=scripts / "preprocess_recording.py",
        study=study_arguments,
        raw=raw_stamps(results.CHECK, raw_files),
        settings=settings_of(lambda own: own["preprocess"]),
        code=code_of("preprocess_recording", reader_module),
        job=job_text,
    message:
        "Preprocessing {wildcards.study}, {wildcards.recording}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --recording {wildcards.recording} --study {params.study:q}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"
