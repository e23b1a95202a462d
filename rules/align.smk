# The recordings' audio channels, if they have one -> how far the sound is from its events.


rule measure_alignment:
    input:
        wav_onsets=results.WAV_ONSETS,
        audio=every(results.AUDIO),
        wavs=every(results.WAVS),
    output:
        results.ALIGNMENT,
    log:
        results.log_of("measure_alignment"),
    benchmark:
        results.benchmark_of("measure_alignment")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        script=scripts / "measure_alignment.py",
        study=study_arguments,
        settings=settings_of(lambda own: own.audio_rate),
        code=code_of("measure_alignment", reader_module),
        job=job_text,
    message:
        "Measuring the alignment of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --study {params.study:q} --settings {params.settings:q} 2>&1 | tee {log:q}"
