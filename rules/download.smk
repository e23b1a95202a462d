# The real studies -> their raw folders. No rule's input is made here: these rules run when they are
# asked for by name, and again each time, because only they can tell what is missing.


rule download_gwilliams:
    log:
        results.fill(results.log_of("download_gwilliams"), study="gwilliams"),
    localrule: True  # compute nodes often cannot reach the internet
    conda:
        "../envs/recordings.yaml"
    threads: 4  # connections
    params:
        script=scripts / "download_gwilliams.py",
        folder=or_stop(lambda wildcards: study_named("gwilliams").raw_folder),
        settings=or_stop(
            lambda wildcards: canonical_json(
                config["download"] | {"subjects": study_named("gwilliams").subjects}
            )
        ),
    message:
        "Fetching MEG-MASC from OSF into {params.folder}"
    shell:
        "python {params.script:q} --folder {params.folder:q} --connections {threads}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule download_brennan:
    log:
        results.fill(results.log_of("download_brennan"), study="brennan"),
    localrule: True
    conda:
        "../envs/recordings.yaml"
    threads: 1
    params:
        script=scripts / "download_brennan.py",
        folder=or_stop(lambda wildcards: study_named("brennan").raw_folder),
        settings=or_stop(
            lambda wildcards: canonical_json({"subjects": study_named("brennan").subjects})
        ),
    message:
        "Checking the Alice recordings in {params.folder}"
    shell:
        "python {params.script:q} --folder {params.folder:q} --settings {params.settings:q}"
        " 2>&1 | tee {log:q}"
