# Everything before -> one page and one table of numbers.


rule write_report:
    input:
        checks="results/{study}/checks.parquet",
        findings="results/{study}/findings.parquet",
        blocks="results/{study}/splits/blocks.parquet",
        chunks="results/{study}/splits/chunks.parquet",
        segments="results/{study}/segments/segments.parquet",
        proof="results/{study}/segments/proof.json",
        embeddings=reported_embeddings,
        alignment="results/{study}/alignment.parquet",
        quality=of_recordings("results/{study}/recordings/{recording}/quality.json"),
        pictures=of_recordings("results/{study}/recordings/{recording}/quality.png"),
        history=of_reported("results/{study}/experiments/{experiment}/seed-{seed}/history.csv"),
        description=of_reported("results/{study}/experiments/{experiment}/seed-{seed}/decoder.json"),
        metrics=of_reported("results/{study}/experiments/{experiment}/seed-{seed}/metrics.json"),
        retrieval=of_reported(
            "results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet"
        ),
        attention=of_reported(
            "results/{study}/experiments/{experiment}/seed-{seed}/attention.parquet"
        ),
        words="results/{study}/splits/words.parquet",
        controls=main_run("results/{study}/experiments/{experiment}/seed-{seed}/controls.json"),
        verdicts="results/{study}/verdicts.json",
        weights=of_reported(
            "results/{study}/experiments/{experiment}/seed-{seed}/decoder.safetensors"
        ),
        audio=heard_in_examples,
    output:
        report="results/{study}/drafts/report.html",
        metrics="results/{study}/drafts/metrics.json",
    log:
        "results/{study}/logs/write_report.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_report.py",
        settings=settings_of("write_report"),
        code=code_of("write_report", reader_module),
        job=job_text,
    message:
        "Writing the report of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --settings {params.settings:q}"
        " --report {output.report:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"
