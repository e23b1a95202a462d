# Everything before -> one page and one table of numbers.


rule write_report:
    input:
        checks=results.CHECKS,
        findings=results.FINDINGS,
        blocks=results.BLOCKS,
        chunks=results.CHUNKS,
        segments=results.SEGMENTS,
        proof=results.PROOF,
        embeddings=every(results.EMBEDDING, of=lambda own: own.study.reported_runs),
        fairseq=given(
            lambda own: expand(
                results.FAIRSEQ,
                **own.wildcards,
                embedding=speech_models.compared_with_fairseq(own),
            )
        ),
        alignment=results.ALIGNMENT,
        quality=every(results.QUALITY),
        pictures=every(results.QUALITY_PICTURE),
        runs=every(
            results.HISTORY,
            results.DESCRIPTION,
            results.METRICS,
            results.RETRIEVAL,
            results.ATTENTION,
            results.WEIGHTS,
            of=lambda own: own.study.reported_runs,
        ),
        words=results.WORDS,
        controls=every(results.CONTROLS, of=lambda own: own.study.reported_runs[:1]),
        verdicts=results.VERDICTS,
        audio=every(
            results.WAV_ONSETS,
            results.AUDIO,
            results.WAVS,
            where=lambda own: own["report"]["audio"],
        ),
    output:
        report=results.fill(results.DRAFT_PAGE, page="report"),
        metrics=results.fill(results.DRAFT_NUMBERS, page="metrics"),
    log:
        results.log_of("write_report"),
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "write_report.py",
        settings=settings_of(lambda own: own.reported),
        code=code_of("write_report", reader_module),
        job=job_text,
    message:
        "Writing the report of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"
