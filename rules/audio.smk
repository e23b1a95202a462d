# A story's audio files -> one waveform at 16 kHz, and where each file begins in it.
# Both are empty for a story that no used recording heard.


rule merge_audio:
    input:
        wavs=wav_files,
        checks=results.CHECKS,
    output:
        audio=results.AUDIO,
        table=results.WAVS,
    log:
        results.log_of("merge_audio/{story}"),
    benchmark:
        results.benchmark_of("merge_audio/{story}")
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        script=scripts / "merge_audio.py",
        wavs=wav_names,
        raw=raw_stamps(results.AUDIO, wav_files),
        settings=settings_of(lambda own: own["audio"]),
        code=code_of("merge_audio"),
        job=job_text,
    message:
        "Merging the audio of {wildcards.study}, {wildcards.story}"
    shell:
        "python {params.script:q} --job {params.job:q} --results results/{wildcards.study}"
        " --story {wildcards.story} {params.wavs:q} --raw-stamps {params.raw:q}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"
