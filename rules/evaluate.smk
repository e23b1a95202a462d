# A trained decoder and the test segments -> ranks, metrics, attention to sensors.


rule evaluate_decoder:
    input:
        checks="results/{study}/checks.parquet",
        segments="results/{study}/segments/segments.parquet",
        scalers="results/{study}/segments/scalers.parquet",
        words="results/{study}/splits/words.parquet",
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
        signals=of_recordings("results/{study}/recordings/{recording}/signal.npy"),
        wavs=of_stories("results/{study}/audio/{story}.parquet"),
        embedding=of_embedding("results/{study}/embeddings/{embedding}/{story}.npy"),
        chunks=of_embedding("results/{study}/embeddings/{embedding}/{story}.parquet"),
        facts=of_embedding("results/{study}/embeddings/{embedding}/{story}.json"),
        weights="results/{study}/experiments/{experiment}/seed-{seed}/decoder.safetensors",
        description="results/{study}/experiments/{experiment}/seed-{seed}/decoder.json",
    output:
        metrics="results/{study}/experiments/{experiment}/seed-{seed}/metrics.json",
        retrieval="results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet",
        attention="results/{study}/experiments/{experiment}/seed-{seed}/attention.parquet",
    log:
        "results/{study}/logs/evaluate_decoder/{experiment}/seed-{seed}.log",
    benchmark:
        "results/{study}/benchmarks/evaluate_decoder/{experiment}/seed-{seed}.tsv"
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=growing(60),
    params:
        script=scripts / "evaluate_decoder.py",
        embedding=embedding_of,
        settings=settings_of("evaluate_decoder"),
        code=code_of("evaluate_decoder", architecture_module),
        job=job_text,
    message:
        "Evaluating {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --job {params.job:q} --checks {input.checks:q}"
        " --splits results/{wildcards.study}/splits"
        " --segments results/{wildcards.study}/segments"
        " --recordings results/{wildcards.study}/recordings"
        " --audio results/{wildcards.study}/audio"
        " --embedding results/{wildcards.study}/embeddings/{params.embedding}"
        " --decoder results/{wildcards.study}/experiments/{wildcards.experiment}/"
        "seed-{wildcards.seed} --threads {threads} --settings {params.settings:q}"
        " --folder results/{wildcards.study}/experiments/{wildcards.experiment}/"
        "seed-{wildcards.seed} 2>&1 | tee {log:q}"
