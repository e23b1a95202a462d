# Drafts of pages -> the pages.
#
# Snakemake removes what a job is to make before the job begins. Pages are therefore drawn as drafts
# and published by jobs of their own: one that cannot be drawn anew leaves the earlier one in place.


rule publish_page:
    input:
        page=results.DRAFT_PAGE,
        numbers=results.DRAFT_NUMBERS,
    output:
        page=report(results.PAGE, category="{study}", labels={"page": "{page}"}),
        numbers=results.NUMBERS,
    log:
        results.log_of("publish_page/{page}"),
    localrule: True
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        script=scripts / "publish_page.py",
        page="{page}",
        numbers="{page}",
        drawn=or_stop(lambda wildcards: drawn_with(results.fill(results.DRAFT_PAGE, **wildcards))),
        code=code_of("publish_page"),
        job=job_text,
    message:
        "Publishing {output.page}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --page {params.page} --numbers {params.numbers} 2>&1 | tee {log:q}"


use rule publish_page as publish_report with:
    input:
        page=results.fill(results.DRAFT_PAGE, page="report"),
        numbers=results.fill(results.DRAFT_NUMBERS, page="metrics"),
    output:
        page=report(
            results.fill(results.PAGE, page="report"),
            category="{study}",
            labels={"page": "report"},
        ),
        numbers=report(
            results.fill(results.NUMBERS, page="metrics"),
            category="{study}",
            labels={"page": "metrics"},
        ),
    log:
        results.log_of("publish_report"),
    params:
        script=scripts / "publish_page.py",
        page="report",
        numbers="metrics",
        drawn=or_stop(
            lambda wildcards: drawn_with(
                results.fill(results.DRAFT_PAGE, page="report", **wildcards)
            )
        ),
