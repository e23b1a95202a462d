# Many experiments side by side -> the paper's tables trained anew, and sweeps over settings.


rule write_comparison:
    input:
        metrics=of_comparison("results/{study}/experiments/{experiment}/seed-{seed}/metrics.json"),
        retrieval=of_comparison(
            "results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet"
        ),
        description=of_comparison(
            "results/{study}/experiments/{experiment}/seed-{seed}/decoder.json"
        ),
    output:
        page="results/{study}/drafts/{comparison}.html",
        numbers="results/{study}/drafts/{comparison}.json",
    log:
        "results/{study}/logs/write_comparison/{comparison}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_comparison.py",
        settings=settings_of("write_comparison"),
        code=code_of("write_comparison"),
        job=job_text,
    message:
        "Writing {wildcards.comparison} of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} {wildcards.comparison} --results results/{wildcards.study}"
        " --settings {params.settings:q} --page {output.page:q}"
        " --numbers {output.numbers:q} 2>&1 | tee {log:q}"


rule write_sweep:
    input:
        metrics=of_sweep("results/{study}/experiments/{experiment}/seed-{seed}/metrics.json"),
        retrieval=of_sweep("results/{study}/experiments/{experiment}/seed-{seed}/retrieval.parquet"),
        description=of_sweep("results/{study}/experiments/{experiment}/seed-{seed}/decoder.json"),
    output:
        page="results/{study}/drafts/sweeps/{sweep}.html",
        numbers="results/{study}/drafts/sweeps/{sweep}.json",
    log:
        "results/{study}/logs/write_sweep/{sweep}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_sweep.py",
        experiments=sweep_experiments,
        settings=settings_of("write_sweep"),
        code=code_of("write_sweep"),
        job=job_text,
    message:
        "Writing the sweep {wildcards.sweep} of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} {wildcards.sweep} --results results/{wildcards.study}"
        " --experiments {params.experiments:q} --settings {params.settings:q}"
        " --page {output.page:q} --numbers {output.numbers:q} 2>&1 | tee {log:q}"
