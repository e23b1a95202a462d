# Raw files -> a verdict per recording -> the table of recordings, or an end with reasons.


rule check_recording:
    input:
        raw_files,
        heard_wavs,
    output:
        "results/{study}/checks/{recording}.json",
    log:
        "results/{study}/logs/check_recording/{recording}.log",
    benchmark:
        "results/{study}/benchmarks/check_recording/{recording}.tsv"
    priority: 10
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "check_recording.py",
        study=recording_arguments,
        raw=raw_stamps("results/{study}/checks/{recording}.json", raw_files, heard_wavs),
        code=code_of("check_recording", reader_module),
        job=job_text,
    message:
        "Checking the raw files of {wildcards.study}, {wildcards.recording}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.study} --recording {wildcards.recording}"
        " --raw-stamps {params.raw:q} --output {output:q} 2>&1 | tee {log:q}"


rule check_study:
    input:
        of_recordings("results/{study}/checks/{recording}.json"),
    output:
        table="results/{study}/checks.parquet",
        findings="results/{study}/findings.parquet",
    log:
        "results/{study}/logs/check_study.log",
    benchmark:
        "results/{study}/benchmarks/check_study.tsv"
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
        settings=settings_of("check_study"),
        code=code_of("check_study", reader_module),
        job=job_text,
    message:
        "Gathering the verdicts on {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} {params.study} --verdicts {input:q}"
        " --settings {params.settings:q} --table {output.table:q} --findings {output.findings:q}"
        " 2>&1 | tee {log:q}"
