# A study's main experiment, put to the test -> a verdict on each control.


rule control_decoder:
    input:
        segments=results.SEGMENTS,
        scalers=results.SCALERS,
        words=results.WORDS,
        wav_onsets=results.WAV_ONSETS,
        signals=every(results.SIGNAL),
        audio=every(results.AUDIO),
        wavs=every(results.WAVS),
        embedding=every(results.FRAMES),
        chunks=every(results.FRAME_TIMES),
        facts=every(results.EMBEDDING),
        weights=results.WEIGHTS,
        description=results.DESCRIPTION,
        retrieval=results.RETRIEVAL,
    output:
        results.CONTROLS,
    log:
        results.log_of("control_decoder/{experiment}/seed-{seed}"),
    benchmark:
        results.benchmark_of("control_decoder/{experiment}/seed-{seed}")
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=growing(60),
    params:
        script=scripts / "control_decoder.py",
        embedding=embedding_of,
        settings=settings_of(
            lambda own: {
                "window": own.decoded_window,
                "device": own["training"]["device"],
                "top_k": own["evaluation"]["top_k"],
                **own.audio_rate,
            }
        ),
        code=code_of("control_decoder", architecture_module),
        job=job_text,
    message:
        "Controlling {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --embedding {params.embedding} --experiment {wildcards.experiment} --seed {wildcards.seed}"
        " --threads {threads} --settings {params.settings:q} 2>&1 | tee {log:q}"


rule judge_controls:
    input:
        proof=results.PROOF,
        alignment=results.ALIGNMENT,
        run=every(
            results.METRICS,
            results.RETRIEVAL,
            results.CONTROLS,
            of=lambda own: own.study.reported_runs[:1],
        ),
        controls=every(results.RETRIEVAL, of=lambda own: own.study.control_runs),
    output:
        results.VERDICTS,
    log:
        results.log_of("judge_controls"),
    benchmark:
        results.benchmark_of("judge_controls")
    conda:
        "../envs/decoder.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "judge_controls.py",
        main=given(lambda own: own.study.reported_runs[0]),
        controls=given(lambda own: own.study.blocks["report"]["controls"]),
        settings=settings_of(lambda own: {"top_k": own["evaluation"]["top_k"]}),
        code=code_of("judge_controls"),
        job=job_text,
    message:
        "Judging the controls of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --experiment {params.main[experiment]} --seed {params.main[seed]}"
        " --controls {params.controls} --settings {params.settings:q} 2>&1 | tee {log:q}"
