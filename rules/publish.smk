# Drafts of pages -> the pages.
#
# Snakemake removes what a job is to make before the job begins. Pages are therefore drawn as drafts
# and published by jobs of their own: one that cannot be drawn anew leaves the earlier one in place.


rule publish_page:
    input:
        page="results/{study}/drafts/{page}.html",
        numbers="results/{study}/drafts/{page}.json",
    output:
        page=report("results/{study}/{page}.html", category="{study}", labels={"page": "{page}"}),
        numbers="results/{study}/{page}.json",
    log:
        "results/{study}/logs/publish_page/{page}.log",
    localrule: True
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        script=scripts / "publish_page.py",
        drawn=drawn_with("results/{study}/drafts/{page}.html"),
        code=code_of("publish_page"),
        job=job_text,
    message:
        "Publishing {output.page}"
    shell:
        "python {params.script:q} --job {params.job:q} {input:q} --outputs {output:q}"
        " 2>&1 | tee {log:q}"


use rule publish_page as publish_report with:
    input:
        page="results/{study}/drafts/report.html",
        numbers="results/{study}/drafts/metrics.json",
    output:
        page=report("results/{study}/report.html", category="{study}", labels={"page": "report"}),
        numbers=report(
            "results/{study}/metrics.json", category="{study}", labels={"page": "metrics"}
        ),
    log:
        "results/{study}/logs/publish_report.log",
    params:
        drawn=drawn_with("results/{study}/drafts/report.html"),
