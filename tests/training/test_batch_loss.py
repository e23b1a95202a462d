"""One batch: its loss and gradients do not depend on how, or by how many processes, it is held."""

import os
import socket
from functools import partial

import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.dataset.opening import data_settings, open_store
from speech_decoding.decoder.decoder import Decoder
from speech_decoding.decoder.processes import join_processes, leave_processes
from speech_decoding.segments.windows import Window
from speech_decoding.training.batch_loss import BatchLoss
from speech_decoding.training.batches import Batches
from speech_decoding.training.losses import ClipLoss, build_loss
from tests.training.forked import processes
from tests.training.small_study import SETTINGS, WINDOW, run_of

CENTRE = torch.tensor([0.3, 0.6])


HARD = {"symmetric": True, "learnable_temperature": True, "normalise_estimates": True}


def batch_loss(study, *, speech_module="none", loss=HARD, group=64, dtype=torch.float64, **how):
    cpu = torch.device("cpu")
    data = data_settings(SETTINGS["training"])
    store = open_store(run_of(study), window=Window(**WINDOW), seed=0, device=cpu, **data)
    batches = Batches(
        store.rows("train"), store.rows("valid"), seed=0, batch_size=16, updates_per_epoch=9
    )
    torch.manual_seed(0)
    decoder = Decoder(
        store.layout_positions,
        n_subjects=2,
        n_features=store.feature_count,
        speech_module=speech_module,
        **SETTINGS["decoder"],
    ).to(dtype)
    if dtype == torch.float64:
        store.brain, store.speech = in_double(store.brain), in_double(store.speech)
    loss = build_loss(kind="clip", **loss).to(dtype)
    return BatchLoss(decoder, loss, store, batches, negatives_per_group=group, **how), store


def in_double(cut):
    return lambda rows: cut(rows).double()


def outcome(computed: BatchLoss, rows) -> dict[str, torch.Tensor]:
    """Give the loss of a batch, all gradients and all statistics after it."""
    values = {"loss": computed.gradients(rows, CENTRE)}
    for name, module in (("decoder", computed.decoder), ("loss", computed.loss)):
        for key, parameter in module.named_parameters():
            if parameter.grad is not None:  # but for biases that a normalisation cancels
                values[f"{name}.{key}.grad"] = parameter.grad
    return values | dict(computed.decoder.named_buffers())


def assert_equal(found, expected, tolerance=1e-12):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        difference = (found[name] - value).abs().max()
        assert difference <= tolerance * max(1, value.abs().max()), name


@pytest.mark.parametrize(
    ("how", "segments", "tolerance"),
    [({}, 11, 1e-10), ({"speech_module": "deep_mel", "dtype": torch.float32}, 4, 1e-5)],
)
def test_micro_batches_give_the_loss_and_gradients_of_the_batch(study, how, segments, tolerance):
    whole, store = batch_loss(study, **how)
    parts, _ = batch_loss(study, micro_batch=3, **how)
    rows = torch.from_numpy(store.rows("train")[:segments])
    for computed in (whole, parts):
        computed.decoder.eval()  # statistics of their own would tell micro-batches apart
    assert_equal(outcome(parts, rows), outcome(whole, rows), tolerance)


@pytest.mark.parametrize("how", [{}, {"micro_batch": 5}, {"speech_module": "deep_mel"}])
def test_compilation_changes_nothing_but_roundings(study, monkeypatch, how):
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    plain, store = batch_loss(study, dtype=torch.float32, **how)
    compiled, _ = batch_loss(study, dtype=torch.float32, compilation=True, **how)
    for rows in (store.rows("train")[:16], store.rows("train")[16:23]):  # a full batch and the last
        for computed in (plain, compiled):
            computed.decoder.train()
        rows = torch.from_numpy(rows)
        assert_equal(outcome(compiled, rows), outcome(plain, rows), 1e-4)


def test_micro_batches_update_running_statistics_once(study):
    parts, store = batch_loss(study, micro_batch=4)
    parts.decoder.train()
    outcome(parts, torch.from_numpy(store.rows("train")[:12]))
    count = parts.decoder.brain.convolutions.convolution_0.normalisation.num_batches_tracked
    assert count == 3


def test_groups_are_batches_of_their_own(study):
    grouped, store = batch_loss(study, group=5)
    alone, _ = batch_loss(study)
    for computed in (grouped, alone):
        computed.decoder.eval()
    rows = torch.from_numpy(store.rows("train")[:13])
    parts = rows.tensor_split(3)  # of 5, 4 and 4 segments
    mean = sum(alone.gradients(part, CENTRE) * len(part) for part in parts) / len(rows)
    torch.testing.assert_close(grouped.gradients(rows, CENTRE), mean)


def test_a_batch_of_one_and_silence_leave_no_trace_of_nan(study):
    computed, store = batch_loss(study, dtype=torch.float32)
    computed.decoder.train()
    store.speech = lambda rows: torch.zeros(len(rows), store.feature_count, 343)
    for rows in (store.rows("train")[:1], store.rows("train")[:6]):
        values = outcome(computed, torch.from_numpy(rows))
        assert all(value.isfinite().all() for value in values.values())


def test_estimates_that_are_not_finite_are_no_hits(study):
    computed, store = batch_loss(study)
    computed.decoder.eval()
    with torch.no_grad():
        computed.decoder.brain.head[2].bias.fill_(torch.nan)
    _, found = computed.validate(torch.from_numpy(store.rows("valid")[:6]))
    assert found == 0


# --- processes

# Segments in the batch, how it is computed, and how far rounding may lead.
CASES = {
    "whole": (11, {}, 1e-9),
    "micro-batches": (8, {"micro_batch": 3}, 1e-9),
    "nothing for one process": (1, {}, 1e-9),
    "float32, the published loss": (11, {"dtype": torch.float32, "loss": {}}, 1e-6),
    "learnt speech": (4, {"speech_module": "deep_mel", "group": 2}, 1e-9),
}


def outcome_of_case(study, segments, how) -> dict[str, torch.Tensor]:
    computed, store = batch_loss(study, **how)
    rows = torch.from_numpy(store.rows("train")[5 : 5 + segments])
    computed.decoder.train()
    values = outcome(computed, rows)
    computed.decoder.eval()
    values["validation"], values["found"] = computed.validate(rows)
    return {name: value.detach() for name, value in values.items()}


def run_cases(number, count, port, study, results):
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(count),
        "RANK": str(number),
        "LOCAL_RANK": str(number),
        "TORCHELASTIC_RUN_ID": "test",
    }
    torch.set_num_threads(1)
    join_processes(torch.device("cpu"))
    found = {name: outcome_of_case(study, *case[:2]) for name, case in CASES.items()}
    torch.save(found, results / f"{number}.pt")
    leave_processes()


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name, value in (
        ("TORCHELASTIC_RUN_ID", "x"),
        ("LOCAL_RANK", "0"),
        ("LOCAL_WORLD_SIZE", "3"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match=r"running\.processes.* 2.*set it to 2"):
        join_processes(torch.device("cuda"))


@pytest.fixture(scope="module")
def of_two_processes(study, tmp_path_factory):
    """The outcomes of all cases in each of two processes."""
    results = tmp_path_factory.mktemp("results")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        processes.Process(target=run_cases, args=(number, 2, port, study, results))
        for number in range(2)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 0
    return [torch.load(results / f"{number}.pt") for number in range(2)]


@pytest.mark.parametrize("case", CASES)
def test_two_processes_give_the_loss_and_gradients_of_one(study, of_two_processes, case):
    segments, how, tolerance = CASES[case]
    expected = outcome_of_case(study, segments, how)
    for found in of_two_processes:
        assert abs(found[case]["loss"] - expected["loss"]) <= 1e-6
        assert_equal(found[case], expected, tolerance)


def test_the_published_loss_is_the_default(study):
    assert isinstance(build_loss(kind="clip"), ClipLoss)
    assert not build_loss(kind="clip").symmetric
