# Many experiments side by side -> the paper's tables trained anew, and sweeps over settings.


rule write_comparison:
    input:
        runs=every(
            results.METRICS,
            results.RETRIEVAL,
            results.DESCRIPTION,
            of=lambda own: own.study.runs(compared_experiments(own.wildcards["comparison"])),
        ),
    output:
        page=results.fill(results.DRAFT_PAGE, page="{comparison}"),
        numbers=results.fill(results.DRAFT_NUMBERS, page="{comparison}"),
    log:
        results.log_of("write_comparison/{comparison}"),
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_comparison.py",
        settings=settings_of(lambda own: own.shown | {"reader": own.study.entry["reader"]}),
        code=code_of("write_comparison"),
        job=job_text,
    message:
        "Writing {wildcards.comparison} of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --page {wildcards.comparison} --settings {params.settings:q} 2>&1 | tee {log:q}"


rule write_sweep:
    input:
        runs=every(
            results.METRICS,
            results.RETRIEVAL,
            results.DESCRIPTION,
            of=lambda own: own.study.swept_runs(own.wildcards["sweep"]),
        ),
    output:
        page=results.fill(results.DRAFT_PAGE, page="sweeps/{sweep}"),
        numbers=results.fill(results.DRAFT_NUMBERS, page="sweeps/{sweep}"),
    log:
        results.log_of("write_sweep/{sweep}"),
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_sweep.py",
        experiments=given(lambda own: own.study.points(own.wildcards["sweep"])),
        settings=settings_of(
            lambda own: own.shown
            | {
                "base": own.study.swept,
                "setting": own["sweeps"][own.wildcards["sweep"]]["setting"],
                "stride_s": own["segments"]["stride_s"],
            }
        ),
        code=code_of("write_sweep"),
        job=job_text,
    message:
        "Writing the sweep {wildcards.sweep} of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --sweep {wildcards.sweep} --experiments {params.experiments:q}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"
