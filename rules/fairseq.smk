# A speech model's layers, ours and fairseq's own -> how far they are from each other.
#
#   make setup-fairseq
#   snakemake --cores 2 results/demo/embeddings/wav2vec2/fairseq.json


rule compute_layers:
    input:
        audio=every(results.AUDIO),
        wavs=every(results.WAVS),
        chunks=results.CHUNKS,
        checkpoint=given(speech_models.fairseq_checkpoint),
    output:
        temp(results.LAYERS),
    log:
        results.log_of("compute_layers/{embedding}"),
    conda:
        "../envs/decoder.yaml"
    threads: all_cores
    resources:
        mem_mb=growing(8000),
        runtime=growing(30),
    params:
        script=scripts / "compute_layers.py",
        settings=settings_of(
            lambda own: {
                key: speech_models.embedding_settings(own).get(key)
                for key in ("checkpoint", "sha256")
            }
        ),
        code=code_of("compute_layers"),
        job=job_text,
    message:
        "Computing all layers of {wildcards.embedding} for a few chunks of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --embedding {wildcards.embedding} --settings {params.settings:q} 2>&1 | tee {log:q}"


rule compare_with_fairseq:
    input:
        layers=results.LAYERS,
        checkpoint=given(speech_models.fairseq_checkpoint),
    output:
        results.FAIRSEQ,
    log:
        results.log_of("compare_with_fairseq/{embedding}"),
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
