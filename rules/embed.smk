# A story's audio files and its chunks -> embedding frames.


rule embed_speech:
    input:
        wavs=wav_files,
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
    threads: job_cores
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        script=scripts / "embed_speech.py",
        wavs=wav_names,
        raw=raw_stamps("results/{study}/embeddings/{embedding}/{story}.npy", wav_files),
        settings=settings_of("embed_speech"),
        code=code_of("embed_speech", target_module),
        job=job_text,
    message:
        "Embedding the speech of {wildcards.study}, {wildcards.story}, as {wildcards.embedding}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.wavs:q} --chunks {input.chunks:q}"
        " --story {wildcards.story} --raw-stamps {params.raw:q}"
        " --threads {threads} --settings {params.settings:q}"
        " --folder results/{wildcards.study}/embeddings/{wildcards.embedding}"
        " 2>&1 | tee {log:q}"
