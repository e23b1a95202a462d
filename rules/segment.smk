# Events -> blocks in splits and the audio's chunks -> segments and scalers.


rule split_blocks:
    input:
        checks="results/{study}/checks.parquet",
        events=of_recordings("results/{study}/recordings/{recording}/events.parquet"),
        audio=of_stories("results/{study}/audio/{story}.parquet"),
    output:
        blocks="results/{study}/splits/blocks.parquet",
        chunks="results/{study}/splits/chunks.parquet",
        words="results/{study}/splits/words.parquet",
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
        list="results/{study}/splits/splits.csv",
    log:
        "results/{study}/logs/split_blocks.log",
    benchmark:
        "results/{study}/benchmarks/split_blocks.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "split_blocks.py",
        settings=settings_of("split_blocks"),
        code=code_of("split_blocks"),
        job=job_text,
    message:
        "Splitting the blocks of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --checks {input.checks:q}"
        " --recordings results/{wildcards.study}/recordings"
        " --audio results/{wildcards.study}/audio --settings {params.settings:q}"
        " --folder results/{wildcards.study}/splits 2>&1 | tee {log:q}"


rule cut_segments:
    input:
        blocks="results/{study}/splits/blocks.parquet",
        words="results/{study}/splits/words.parquet",
        signals=of_recordings("results/{study}/recordings/{recording}/signal.npy"),
        sensors=of_recordings("results/{study}/recordings/{recording}/sensors.parquet"),
    output:
        segments="results/{study}/segments/segments.parquet",
        scalers="results/{study}/segments/scalers.parquet",
    log:
        "results/{study}/logs/cut_segments.log",
    benchmark:
        "results/{study}/benchmarks/cut_segments.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        script=scripts / "cut_segments.py",
        settings=settings_of("cut_segments"),
        code=code_of("cut_segments"),
        job=job_text,
    message:
        "Cutting the segments of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} --splits results/{wildcards.study}/splits"
        " --recordings results/{wildcards.study}/recordings --settings {params.settings:q}"
        " --folder results/{wildcards.study}/segments 2>&1 | tee {log:q}"


rule prove_splits:
    input:
        wavs=of_stories("results/{study}/audio/{story}.parquet"),
        segments="results/{study}/segments/segments.parquet",
        wav_onsets="results/{study}/splits/wav_onsets.parquet",
    output:
        "results/{study}/segments/proof.json",
    log:
        "results/{study}/logs/prove_splits.log",
    benchmark:
        "results/{study}/benchmarks/prove_splits.tsv"
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        script=scripts / "prove_splits.py",
        settings=settings_of("prove_splits"),
        code=code_of("prove_splits"),
        job=job_text,
    message:
        "Proving the splits of {wildcards.study}"
    shell:
        "python {params.script:q} --job {params.job:q} {input.wavs:q} --segments {input.segments:q}"
        " --wav-onsets {input.wav_onsets:q} --settings {params.settings:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
