# The real studies -> their raw folders. No rule's input is made here: these rules run when they are
# asked for by name, and again each time, because only they can tell what is missing.


rule download_gwilliams:
    log:
        "results/gwilliams/logs/download_gwilliams.log",
    localrule: True  # compute nodes often cannot reach the internet
    conda:
        "../envs/recordings.yaml"
    threads: 4  # connections
    params:
        script=scripts / "download_gwilliams.py",
        folder=raw_folder_of("gwilliams"),
        settings=fetched_settings("gwilliams", **config["download"]),
    message:
        "Fetching MEG-MASC from OSF into {params.folder}"
    shell:
        "python {params.script:q} --folder {params.folder:q} --connections {threads}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule download_brennan:
    log:
        "results/brennan/logs/download_brennan.log",
    localrule: True
    conda:
        "../envs/recordings.yaml"
    threads: 1
    params:
        script=scripts / "download_brennan.py",
        folder=raw_folder_of("brennan"),
        settings=fetched_settings("brennan"),
    message:
        "Checking the Alice recordings in {params.folder}"
    shell:
        "python {params.script:q} --folder {params.folder:q} --settings {params.settings:q}"
        " 2>&1 | tee {log:q}"
