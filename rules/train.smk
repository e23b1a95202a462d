# Segments, signals and an embedding -> a trained decoder, per experiment and seed.
#
# An interrupted training leaves its checkpoint in the folder .resume beside the outputs, which
# Snakemake does not know of and so does not delete: the same command continues it.


rule train_decoder:
    input:
        segments="results/{study}/segments/segments.parquet",
        scalers="results/{study}/segments/scalers.parquet",
        words="results/{study}/splits/words.parquet",
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
        signals=of_recordings("results/{study}/recordings/{recording}/signal.npy"),
        embedding=of_embedding("results/{study}/embeddings/{embedding}/{story}.npy"),
        chunks=of_embedding("results/{study}/embeddings/{embedding}/{story}.parquet"),
        facts=of_embedding("results/{study}/embeddings/{embedding}/{story}.json"),
    output:
        weights="results/{study}/experiments/{experiment}/seed-{seed}/decoder.safetensors",
        description="results/{study}/experiments/{experiment}/seed-{seed}/decoder.json",
        history="results/{study}/experiments/{experiment}/seed-{seed}/history.csv",
    log:
        "results/{study}/logs/train_decoder/{experiment}/seed-{seed}.log",
    benchmark:
        "results/{study}/benchmarks/train_decoder/{experiment}/seed-{seed}.tsv"
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(32000),
        runtime=720,  # no more in another try, which continues this one
    params:
        script=scripts / "train_decoder.py",
        launcher=training_launcher,
        options=training_options,
        embedding=embedding_of,
        settings=settings_of("train_decoder"),
        code=code_of("train_decoder", architecture_module),
        job=job_text,
    message:
        "Training {wildcards.study}, {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "{params.launcher} {params.script:q} --job {params.job:q} {params.options}"
        " --splits results/{wildcards.study}/splits"
        " --segments results/{wildcards.study}/segments"
        " --recordings results/{wildcards.study}/recordings"
        " --embedding results/{wildcards.study}/embeddings/{params.embedding}"
        " --seed {wildcards.seed} --threads {threads} --settings {params.settings:q}"
        " --folder results/{wildcards.study}/experiments/{wildcards.experiment}/"
        "seed-{wildcards.seed} 2>&1 | tee {log:q}"
