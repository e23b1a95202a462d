# Segments, signals and an embedding -> a trained decoder, per experiment and seed.
#
# An interrupted training leaves its checkpoint in the folder .resume beside the outputs, which
# Snakemake does not know of and so does not delete: the same command continues it.


rule train_decoder:
    input:
        segments=results.SEGMENTS,
        scalers=results.SCALERS,
        words=results.WORDS,
        wav_onsets=results.WAV_ONSETS,
        signals=every(results.SIGNAL),
        embedding=every(results.FRAMES),
        chunks=every(results.FRAME_TIMES),
        facts=every(results.EMBEDDING),
    output:
        weights=results.WEIGHTS,
        description=results.DESCRIPTION,
        history=results.HISTORY,
    log:
        results.log_of("train_decoder/{experiment}/seed-{seed}"),
    benchmark:
        results.benchmark_of("train_decoder/{experiment}/seed-{seed}")
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=720,  # no more in another try, which continues this one
    params:
        script=scripts / "train_decoder.py",
        # Not tracked, because they are asked for resources: they change no result.
        launcher=lambda wildcards, resources: running.training_launcher(config["running"]),
        options=lambda wildcards, resources: running.training_options(
            config["running"], job_minutes=resources.runtime if workflow.remote_exec else None
        ),
        embedding=embedding_of,
        settings=settings_of(
            lambda own: {
                "window": own.decoded_window,
                "decoder": own["decoder"],
                "training": own["training"],
            }
        ),
        code=code_of("train_decoder", architecture_module),
        job=job_text,
    message:
        "Training {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "{params.launcher} {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --embedding {params.embedding} --experiment {wildcards.experiment} --seed {wildcards.seed}"
        " --threads {threads} {params.options} --settings {params.settings:q} 2>&1 | tee {log:q}"
