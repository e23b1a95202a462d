# Events -> blocks in splits and the audio's chunks -> segments and scalers.


rule split_blocks:
    input:
        checks=results.CHECKS,
        events=every(results.EVENTS),
        audio=every(results.WAVS),
    output:
        blocks=results.BLOCKS,
        chunks=results.CHUNKS,
        words=results.WORDS,
        wav_onsets=results.WAV_ONSETS,
        list=results.SPLIT_LIST,
    log:
        results.log_of("split_blocks"),
    benchmark:
        results.benchmark_of("split_blocks")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "split_blocks.py",
        settings=settings_of(lambda own: own["splits"]),
        code=code_of("split_blocks"),
        job=job_text,
    message:
        "Splitting the blocks of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule cut_segments:
    input:
        blocks=results.BLOCKS,
        words=results.WORDS,
        signals=every(results.SIGNAL),
        sensors=every(results.SENSORS),
    output:
        segments=results.SEGMENTS,
        scalers=results.SCALERS,
    log:
        results.log_of("cut_segments"),
    benchmark:
        results.benchmark_of("cut_segments")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        script=scripts / "cut_segments.py",
        settings=settings_of(lambda own: own["segments"] | own.rate),
        code=code_of("cut_segments"),
        job=job_text,
    message:
        "Cutting the segments of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule prove_splits:
    input:
        wavs=every(results.WAVS),
        segments=results.SEGMENTS,
        wav_onsets=results.WAV_ONSETS,
    output:
        results.PROOF,
    log:
        results.log_of("prove_splits"),
    benchmark:
        results.benchmark_of("prove_splits")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "prove_splits.py",
        settings=settings_of(lambda own: own.window),
        code=code_of("prove_splits"),
        job=job_text,
    message:
        "Proving the splits of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"
