# A story's audio and its chunks -> embedding frames.


rule embed_speech:
    input:
        audio="results/{study}/audio/{story}.npy",
        wavs="results/{study}/audio/{story}.parquet",
        chunks="results/{study}/splits/chunks.parquet",
        checkpoint=checkpoint,
    output:
        frames="results/{study}/embeddings/{embedding}/{story}.npy",
        chunks="results/{study}/embeddings/{embedding}/{story}.parquet",
        facts="results/{study}/embeddings/{embedding}/{story}.json",
    log:
        "results/{study}/logs/embed_speech/{embedding}/{story}.log",
    benchmark:
        "results/{study}/benchmarks/embed_speech/{embedding}/{story}.tsv"
    conda:
        "../envs/decoder.yaml"
    threads: all_cores
    resources:
        mem_mb=8000,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=1,
    params:
        script=scripts / "embed_speech.py",
        settings=settings_of("embed_speech"),
        code=code_of("embed_speech", target_module),
    message:
        "Embedding the speech of {wildcards.study}, {wildcards.story}, as {wildcards.embedding}"
    shell:
        "python {params.script:q} --audio {input.audio:q} --wavs {input.wavs:q}"
        " --chunks {input.chunks:q} --story {wildcards.story} --settings {params.settings:q}"
        " --folder results/{wildcards.study}/embeddings/{wildcards.embedding}"
        " 2>&1 | tee {log:q}"
