# Nothing -> raw files in the real formats, and a small speech model, for the simulated studies.


rule simulate_stimuli:
    output:
        audio=directory("{simulated}/stimuli/audio"),
        text=directory("{simulated}/stimuli/text"),
        truth=directory("{simulated}/sourcedata"),
        participants="{simulated}/participants.tsv",
        description="{simulated}/dataset_description.json",
    log:
        "results/logs/simulate_stimuli/{simulated}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "simulate_stimuli.py",
        settings=settings_of(simulated.stimuli),
        code=code_of("simulate_stimuli"),
    message:
        "Simulating the stories of {wildcards.simulated}"
    shell:
        "python {params.script:q} --folder {wildcards.simulated:q}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule simulate_recording:
    input:
        audio="{simulated}/stimuli/audio",
        truth="{simulated}/sourcedata",
        description="{simulated}/dataset_description.json",
    output:
        multiext(
            "{simulated}/sub-{subject}/ses-{session}/meg/"
            "sub-{subject}_ses-{session}_task-{task}_",
            con="meg.con",
            sidecar="meg.json",
            channels="channels.tsv",
            events="events.tsv",
            markers="markers.mrk",
        ),
    log:
        "results/logs/simulate_recording/{simulated}/{subject}_{session}_{task}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        script=scripts / "simulate_recording.py",
        settings=settings_of(simulated.recording),
        code=code_of("simulate_recording"),
    message:
        "Simulating subject {wildcards.subject}, session {wildcards.session}, task {wildcards.task}"
    shell:
        "python {params.script:q} --folder {wildcards.simulated:q}"
        " --subject {wildcards.subject} --session {wildcards.session}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule simulate_alice_stimuli:
    output:
        audio=directory("{simulated}/audio"),
        words="{simulated}/AliceChapterOne-EEG.csv",
    log:
        "results/logs/simulate_alice_stimuli/{simulated}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "simulate_alice_stimuli.py",
        settings=settings_of(simulated.alice_stimuli),
        code=code_of("simulate_alice_stimuli"),
    message:
        "Simulating the story of {wildcards.simulated}"
    shell:
        "python {params.script:q} --folder {wildcards.simulated:q}"
        " --settings {params.settings:q} 2>&1 | tee {log:q}"


rule simulate_alice_recording:
    input:
        audio="{simulated}/audio",
        words="{simulated}/AliceChapterOne-EEG.csv",
    output:
        signal="{simulated}/{subject}.mat",
        trials="{simulated}/proc/{subject}.mat",
    log:
        "results/logs/simulate_alice_recording/{simulated}/{subject}.log",
    conda:
        "../envs/recordings.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        script=scripts / "simulate_alice_recording.py",
        settings=settings_of(simulated.alice_recording),
        code=code_of("simulate_alice_recording"),
    message:
        "Simulating subject {wildcards.subject} of {wildcards.simulated}"
    shell:
        "python {params.script:q} --folder {wildcards.simulated:q}"
        " --subject {wildcards.subject} --settings {params.settings:q} 2>&1 | tee {log:q}"


rule simulate_checkpoint:
    output:
        simulated_checkpoint,
    log:
        "results/logs/simulate_checkpoint.log",
    conda:
        "../envs/decoder.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        script=scripts / "simulate_checkpoint.py",
        code=code_of("simulate_checkpoint"),
    message:
        "Writing a small speech model with random weights"
    shell:
        "python {params.script:q} --output {output:q} 2>&1 | tee {log:q}"
