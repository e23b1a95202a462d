"""Processes of their own, forked from a server that has PyTorch loaded: it saves them seconds."""

import multiprocessing

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["speech_decoding.training.experiment", "torch._inductor", "pyarrow.parquet"]
)
