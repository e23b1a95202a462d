# Raw files -> a verdict per recording -> the table of recordings, or an end with reasons.


rule check_recording:
    input:
        raw_files,
        wav_files,
    output:
        results.CHECK,
    log:
        results.log_of("check_recording/{recording}"),
    benchmark:
        results.benchmark_of("check_recording/{recording}")
    priority: 10
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "check_recording.py",
        study=study_arguments,
        raw=raw_stamps(results.CHECK, raw_files, wav_files),
        code=code_of("check_recording", reader_module),
        job=job_text,
    message:
        "Checking the raw files of {wildcards.study}, {wildcards.recording}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --recording {wildcards.recording} --study {params.study:q}"
        " --raw-stamps {params.raw:q} 2>&1 | tee {log:q}"


rule check_study:
    input:
        every(results.CHECK),
    output:
        table=results.CHECKS,
        findings=results.FINDINGS,
    log:
        results.log_of("check_study"),
    benchmark:
        results.benchmark_of("check_study")
    priority: 10
    retries: 0  # the same verdicts lead to the same end
    localrule: True  # seconds, for which all other jobs wait
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "check_study.py",
        study=study_arguments,
        checked=given(lambda own: own.study.recordings_at_hand),
        settings=settings_of(lambda own: own["check"] | {"exclude": own.study.entry["exclude"]}),
        code=code_of("check_study", reader_module),
        job=job_text,
    message:
        "Gathering the verdicts on {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --study {params.study:q} --checked {params.checked} --settings {params.settings:q}"
        " 2>&1 | tee {log:q}"
