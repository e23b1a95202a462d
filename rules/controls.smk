# A study's main experiment, put to the test -> a verdict on each control.


rule control_decoder:
    input:
        segments="results/{study}/segments/segments.parquet",
        scalers="results/{study}/segments/scalers.parquet",
        words="results/{study}/splits/words.parquet",
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
        signals=of_recordings("results/{study}/recordings/{recording}/signal.npy"),
        audio=of_stories("results/{study}/audio/{story}.npy"),
        wavs=of_stories("results/{study}/audio/{story}.parquet"),
        embedding=of_embedding("results/{study}/embeddings/{embedding}/{story}.npy"),
        chunks=of_embedding("results/{study}/embeddings/{embedding}/{story}.parquet"),
        facts=of_embedding("results/{study}/embeddings/{embedding}/{story}.json"),
        weights="results/{study}/experiments/{experiment}/seed-{seed}/decoder.safetensors",
        description="results/{study}/experiments/{experiment}/seed-{seed}/decoder.json",
        retrieval="results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet",
    output:
        "results/{study}/experiments/{experiment}/seed-{seed}/controls.json",
    log:
        "results/{study}/logs/control_decoder/{experiment}/seed-{seed}.log",
    benchmark:
        "results/{study}/benchmarks/control_decoder/{experiment}/seed-{seed}.tsv"
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=growing(60),
    params:
        script=scripts / "control_decoder.py",
        embedding=embedding_of,
        settings=settings_of("control_decoder"),
        code=code_of("control_decoder", architecture_module),
        job=job_text,
    message:
        "Controlling {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --job {params.job:q} --splits results/{wildcards.study}/splits"
        " --segments results/{wildcards.study}/segments"
        " --recordings results/{wildcards.study}/recordings"
        " --audio results/{wildcards.study}/audio"
        " --embedding results/{wildcards.study}/embeddings/{params.embedding}"
        " --decoder results/{wildcards.study}/experiments/{wildcards.experiment}/"
        "seed-{wildcards.seed} --retrieval {input.retrieval:q} --threads {threads}"
        " --settings {params.settings:q} --output {output:q} 2>&1 | tee {log:q}"


rule judge_controls:
    input:
        proof="results/{study}/segments/proof.json",
        alignment="results/{study}/alignment.parquet",
        run=main_run(
            [
                "results/{study}/experiments/{experiment}/seed-{seed}/metrics.json",
                "results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet",
                "results/{study}/experiments/{experiment}/seed-{seed}/controls.json",
            ]
        ),
        controls=control_runs(
            "results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet"
        ),
    output:
        "results/{study}/verdicts.json",
    log:
        "results/{study}/logs/judge_controls.log",
    benchmark:
        "results/{study}/benchmarks/judge_controls.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "judge_controls.py",
        run=main_run("results/{study}/experiments/{experiment}/seed-{seed}"),
        controls=control_runs("results/{study}/experiments/{experiment}/seed-{seed}"),
        settings=settings_of("judge_controls"),
        code=code_of("judge_controls"),
        job=job_text,
    message:
        "Judging the controls of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --proof {input.proof:q}"
        " --alignment {input.alignment:q} --run {params.run:q} --controls {params.controls:q}"
        " --settings {params.settings:q} --output {output:q} 2>&1 | tee {log:q}"
