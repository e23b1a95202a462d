# A story's audio files and its chunks -> embedding frames.


rule embed_speech:
    input:
        wavs=wav_files,
        chunks=results.CHUNKS,
        checkpoint=given(lambda own: speech_models.checkpoint_files(own, made=simulated_checkpoint)),
    output:
        frames=results.FRAMES,
        chunks=results.FRAME_TIMES,
        facts=results.EMBEDDING,
    log:
        results.log_of("embed_speech/{embedding}/{story}"),
    benchmark:
        results.benchmark_of("embed_speech/{embedding}/{story}")
    conda:
        "../envs/decoder.yaml"
    threads: job_cores
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        script=scripts / "embed_speech.py",
        wavs=wav_names,
        raw=raw_stamps(results.FRAMES, wav_files),
        settings=settings_of(speech_models.embedding_settings),
        code=code_of("embed_speech", target_module),
        job=job_text,
    message:
        "Embedding the speech of {wildcards.study}, {wildcards.story}, as {wildcards.embedding}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --embedding {wildcards.embedding} --story {wildcards.story} {params.wavs:q}"
        " --raw-stamps {params.raw:q} --threads {threads} --settings {params.settings:q}"
        " 2>&1 | tee {log:q}"
