# A speech model's layers, ours and fairseq's own -> how far they are from each other.
#
#   make setup-fairseq
#   snakemake --cores 2 results/demo/embeddings/wav2vec2/fairseq.json


rule compute_layers:
    input:
        audio=of_stories("results/{study}/audio/{story}.npy"),
        wavs=of_stories("results/{study}/audio/{story}.parquet"),
        chunks="results/{study}/splits/chunks.parquet",
        checkpoint=fairseq_file,
    output:
        temp("results/{study}/embeddings/{embedding}/layers.npz"),
    log:
        "results/{study}/logs/compute_layers/{embedding}.log",
    conda:
        "../envs/decoder.yaml"
    threads: all_cores
    resources:
        mem_mb=growing(8000),
        runtime=growing(30),
    params:
        script=scripts / "compute_layers.py",
        settings=settings_of("compute_layers"),
        code=code_of("compute_layers"),
        job=job_text,
    message:
        "Computing all layers of {wildcards.embedding} for a few chunks of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --audio results/{wildcards.study}/audio"
        " --chunks {input.chunks:q} --settings {params.settings:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule compare_with_fairseq:
    input:
        layers="results/{study}/embeddings/{embedding}/layers.npz",
        checkpoint=fairseq_file,
    output:
        "results/{study}/embeddings/{embedding}/fairseq.json",
    log:
        "results/{study}/logs/compare_with_fairseq/{embedding}.log",
    conda:
        "../envs/fairseq.yaml"
    threads: all_cores
    resources:
        mem_mb=growing(8000),
        runtime=growing(30),
    params:
        script=scripts / "compare_with_fairseq.py",
        programs=Path(workflow.basedir) / ".venv-fairseq/bin",
        code=code_of("compare_with_fairseq"),
    message:
        "Comparing {wildcards.embedding} of {wildcards.study} with fairseq"
    shell:
        # The environment of `make setup-fairseq` goes before all others.
        'PATH={params.programs:q}:"$PATH"'
        " python {params.script:q} --layers {input.layers:q}"
        " --checkpoint {input.checkpoint:q} --output {output:q} 2>&1 | tee {log:q}"
