# A trained decoder and the test segments -> ranks, metrics, attention to sensors.


rule evaluate_decoder:
    input:
        checks=results.CHECKS,
        segments=results.SEGMENTS,
        scalers=results.SCALERS,
        words=results.WORDS,
        wav_onsets=results.WAV_ONSETS,
        signals=every(results.SIGNAL),
        wavs=every(results.WAVS),
        embedding=every(results.FRAMES),
        chunks=every(results.FRAME_TIMES),
        facts=every(results.EMBEDDING),
        weights=results.WEIGHTS,
        description=results.DESCRIPTION,
    output:
        metrics=results.METRICS,
        retrieval=results.RETRIEVAL,
        attention=results.ATTENTION,
    log:
        results.log_of("evaluate_decoder/{experiment}/seed-{seed}"),
    benchmark:
        results.benchmark_of("evaluate_decoder/{experiment}/seed-{seed}")
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=growing(60),
    params:
        script=scripts / "evaluate_decoder.py",
        embedding=embedding_of,
        settings=settings_of(
            lambda own: own["evaluation"] | own.audio_rate | {"device": own["training"]["device"]}
        ),
        code=code_of("evaluate_decoder", architecture_module),
        job=job_text,
    message:
        "Evaluating {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --embedding {params.embedding} --experiment {wildcards.experiment} --seed {wildcards.seed}"
        " --threads {threads} --settings {params.settings:q} 2>&1 | tee {log:q}"
