"""The download as a whole: what lies in the folder afterwards, and what was asked for."""

import os
import re
import signal
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from configuration.settings import canonical_json
from plumbing.errors import InputError
from tests.download.conftest import MEG, content, held, tree
from tests.download.osf_server import Fault

SCRIPT = Path(__file__).parents[2] / "workflow_scripts" / "download_gwilliams.py"
CON = MEG.format(s="01", t=2)
AT = f"/content/one/{CON}"


def ranges(osf, path=AT):
    return [request.range for request in osf.requests if request.path == path]


def test_the_nodes_become_one_tree(osf, folder, fetch, capfd):
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")
    assert sorted(osf.fetched()) == sorted(tree(folder))
    assert "all 12 files" in capfd.readouterr().err


def test_what_is_right_is_not_fetched_again(osf, folder, fetch):
    fetch()
    osf.requests.clear()
    fetch()
    assert osf.fetched() == []
    assert tree(folder) == held(osf, "root", "one", "two")


def test_files_that_were_there_before_are_verified_and_kept(osf, folder, fetch):
    (folder / CON).parent.mkdir(parents=True)
    (folder / CON).write_bytes(osf.files["one"][CON])
    before = (folder / CON).stat().st_mtime_ns
    fetch()
    assert CON not in osf.fetched()
    assert (folder / CON).stat().st_mtime_ns == before


def test_a_file_is_hashed_once(osf, folder, fetch):
    """A change that keeps size and time is not seen, because the file is not read again."""
    fetch()
    times = (folder / CON).stat().st_atime_ns, (folder / CON).stat().st_mtime_ns
    (folder / CON).write_bytes(bytes(50_000))
    os.utime(folder / CON, ns=times)
    osf.requests.clear()
    fetch()
    assert osf.fetched() == []
    os.utime(folder / CON)
    fetch()
    assert osf.fetched() == [CON]
    assert tree(folder) == held(osf, "root", "one", "two")


@pytest.mark.parametrize(
    "wrong", [b"", bytes(50_000), bytes(49_999), bytes(60_000)], ids=lambda wrong: len(wrong)
)
def test_a_wrong_file_is_replaced(osf, folder, fetch, wrong):
    fetch()
    (folder / CON).write_bytes(wrong)
    osf.requests.clear()
    fetch()
    assert osf.fetched() == [CON]
    assert tree(folder) == held(osf, "root", "one", "two")


def test_a_changed_original_is_fetched(osf, folder, fetch):
    fetch()
    osf.files["one"][CON] = content("corrected", 40_000)
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")


def test_one_subject(osf, folder, fetch):
    fetch(subjects=["02"])
    assert tree(folder) == held(osf, "root", "two")
    assert not [page for page in osf.listed() if "sub-01" in page]


def test_a_subject_that_is_not_there(osf, folder, fetch):
    with pytest.raises(InputError, match="found none of 03"):
        fetch(subjects=["01", "03"])
    assert osf.fetched() == []


def test_a_broken_connection_goes_on_where_it_broke(osf, folder, fetch):
    osf.spoil(AT, Fault(cut=20_000), Fault(cut=10_000))
    fetch()
    assert ranges(osf) == [None, "bytes=20000-", "bytes=30000-"]
    assert tree(folder) == held(osf, "root", "one", "two")


def test_breaks_are_not_counted_while_the_file_grows(osf, folder, fetch):
    osf.spoil(AT, *[Fault(cut=5_000) for _ in range(9)])
    fetch(attempts=2)
    assert len(ranges(osf)) == 10
    assert tree(folder) == held(osf, "root", "one", "two")


def test_a_later_call_goes_on_where_the_last_one_ended(osf, folder, fetch, capfd):
    osf.spoil(AT, Fault(cut=20_000), *[Fault(status=503)] * 3)
    with pytest.raises(InputError, match="expected 12 files, found 1 "):
        fetch()
    assert f"{CON}, from " in capfd.readouterr().err
    assert not (folder / CON).exists()
    assert (folder / f"{CON}.partial").stat().st_size == 20_000
    assert len(tree(folder)) == 12
    osf.requests.clear()
    fetch()
    assert ranges(osf) == ["bytes=20000-"]
    assert osf.listed() == []  # nor is it listed again
    assert tree(folder) == held(osf, "root", "one", "two")


def test_a_server_that_ignores_ranges(osf, folder, fetch):
    osf.spoil(AT, Fault(cut=20_000), Fault(whole=True))
    fetch()
    assert ranges(osf) == [None, "bytes=20000-"]
    assert tree(folder) == held(osf, "root", "one", "two")


def test_the_beginning_of_another_file_is_thrown_away(osf, folder, fetch):
    partial = folder / f"{CON}.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(20_000))
    fetch()
    assert ranges(osf) == ["bytes=20000-", None]
    assert tree(folder) == held(osf, "root", "one", "two")


@pytest.mark.parametrize("size", [50_000, 60_000])
def test_a_partial_file_of_full_size_is_not_trusted(osf, folder, fetch, size):
    partial = folder / f"{CON}.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(size))
    fetch()
    assert ranges(osf) == [None]
    assert tree(folder) == held(osf, "root", "one", "two")


@pytest.mark.parametrize(
    "wrong", [bytes(50_000), bytes(60_000), bytes(40_000), b""], ids=lambda wrong: len(wrong)
)
def test_wrong_content_is_fetched_again(osf, folder, fetch, wrong):
    osf.spoil(AT, Fault(content=wrong))
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"size": 49_000}, "expected 49000 bytes with sha256:[0-9a-f]*, found more bytes"),
        ({"size": 51_000}, "expected 51000 bytes"),
        ({"hashes": {"sha256": "0" * 64}}, "with sha256:0{64}, found 50000 bytes with sha256"),
    ],
    ids=["too small", "too large", "checksum"],
)
def test_a_listing_that_lies(osf, folder, fetch, stated, told, capfd):
    osf.state("one", CON, **stated)
    with pytest.raises(InputError, match="found 1 that could not be fetched"):
        fetch()
    assert re.search(f"Error: .*{CON}.*: .*{told}", capfd.readouterr().err)
    assert not (folder / CON).exists()
    right = held(osf, "root", "one", "two")
    right.pop(CON)
    assert {path: c for path, c in tree(folder).items() if "partial" not in path} == right
    osf.stated.clear()
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")


def test_retry_after_is_honoured(osf, folder, fetch):
    osf.spoil(AT, Fault(status=503, headers={"Retry-After": "1"}))
    begin = time.monotonic()
    fetch()
    assert time.monotonic() - begin >= 1
    assert len(ranges(osf)) == 2


def test_a_date_to_retry_after_and_one_that_is_none(osf, folder, fetch, capfd):
    date = formatdate(time.time() + 2, usegmt=True)
    osf.spoil(AT, *[Fault(status=429, headers={"Retry-After": text}) for text in (date, "soon")])
    fetch()
    first, second = re.findall(r"again in (\S+) s", capfd.readouterr().err)
    assert 0.5 < float(first) <= 2 and second == "0.02"


def test_the_listing_waits_too(osf, folder, fetch, capfd):
    page = "/v2/nodes/one/files/osfstorage/"
    osf.spoil(page, Fault(status=429, headers={"Retry-After": "1"}), Fault(status=500))
    begin = time.monotonic()
    fetch()
    assert time.monotonic() - begin >= 1
    assert "HTTP 429; again in 1 s" in capfd.readouterr().err
    assert tree(folder) == held(osf, "root", "one", "two")


def test_waits_double(osf, folder, fetch, capfd):
    osf.spoil(AT, *[Fault(status=500)] * 4)
    fetch(attempts=5)
    waits = re.findall(r"again in (\S+) s", capfd.readouterr().err)
    assert waits == ["0.01", "0.02", "0.04", "0.08"]


def test_a_file_that_is_gone_is_not_asked_for_again(osf, folder, fetch, capfd):
    osf.always[AT] = Fault(status=404)
    with pytest.raises(InputError, match="found 1 that could not be fetched"):
        fetch()
    assert "HTTP 404" in capfd.readouterr().err
    assert len(ranges(osf)) == 1
    assert len(osf.fetched()) == 12


def test_a_server_that_is_down_is_not_asked_for_every_file(osf, folder, fetch):
    for path in held(osf, "one", "two"):
        for node in ("one", "two"):
            osf.always[f"/content/{node}/{path}"] = Fault(status=503)
    for number in range(40):
        osf.files["one"][f"sub-01/extra_{number}"] = b"x"
        osf.always[f"/content/one/sub-01/extra_{number}"] = Fault(status=503)
    with pytest.raises(InputError, match="could not be fetched"):
        fetch(attempts=1)
    assert len(osf.fetched()) < 25
    assert (folder / ".download" / "listing.jsonl").exists()


def test_many_files_that_are_gone_do_not_hide_the_others(osf, folder, fetch):
    for number in range(10):
        osf.files["one"][f"gone_{number}"] = b"x"
        osf.always[f"/content/one/gone_{number}"] = Fault(status=404)
    with pytest.raises(InputError, match="found 10 that could not be fetched"):
        fetch(connections=1)
    assert held(osf, "root", "two").items() <= tree(folder).items()


def test_nodes_that_agree_and_nodes_that_do_not(osf, folder, fetch, capfd):
    osf.files["one"]["README.md"] = osf.files["root"]["README.md"]
    osf.files["two"]["participants.tsv"] = b"another"
    fetch()
    assert osf.fetched().count("README.md") == 1
    warnings = [line for line in capfd.readouterr().err.split("\n") if "Warning" in line]
    assert len(warnings) == 1
    assert "participants.tsv" in warnings[0] and "that of root is taken" in warnings[0]
    assert tree(folder)["participants.tsv"] == osf.files["root"]["participants.tsv"]


@pytest.mark.parametrize(
    "path", ["/../outside", "/a/../../outside", "//etc/outside", "/a\\..\\outside", "/C:/outside"]
)
def test_a_path_that_leaves_the_folder(osf, folder, fetch, path):
    osf.state("root", "README.md", materialized_path=path)
    with pytest.raises(InputError, match="outside"):
        fetch()
    assert osf.fetched() == []
    assert tree(folder.parent) == {}


def test_a_disk_that_is_too_small(osf, folder, fetch):
    osf.state("one", CON, size=10**18)
    with pytest.raises(InputError, match=r"1000000000\.0 GB free"):
        fetch()
    assert osf.fetched() == []


def test_a_file_where_a_folder_should_be(osf, folder, fetch, capfd):
    folder.mkdir()
    (folder / "sub-01").write_text("not a folder")
    with pytest.raises(InputError, match="found 4 that could not be fetched"):
        fetch()
    assert "expected a place to write" in capfd.readouterr().err
    assert held(osf, "two").items() <= tree(folder).items()


def test_an_empty_file(osf, folder, fetch):
    osf.files["root"]["CHANGES"] = b""
    fetch()
    assert (folder / "CHANGES").read_bytes() == b""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_download_goes_on(osf, folder, fetch, sent):
    osf.spoil(AT, Fault(cut=30_000, pause_s=1))
    settings = {"api": osf.api, "nodes": ["one"], "subjects": ["01"]}
    settings |= {"attempts": 3, "first_wait_s": 60}
    command = [sys.executable, SCRIPT, "--folder", folder, "--connections", "1"]
    process = subprocess.Popen(
        [*command, "--settings", canonical_json(settings)],
        # Who started the tests may ignore Ctrl-C, as a shell does of what runs in its background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    partial = folder / f"{CON}.partial"
    give_up = time.monotonic() + 15
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < give_up:
        time.sleep(0.01)
    process.send_signal(sent)
    assert process.wait(5) != 0
    come = partial.stat().st_size
    assert 0 < come <= 30_000
    complete = [path for path in tree(folder) if not path.endswith(".partial")]
    osf.requests.clear()
    fetch(nodes=["one"], subjects=["01"])
    assert ranges(osf) == [f"bytes={come}-"]
    assert not set(complete) & set(osf.fetched())
    assert tree(folder) == held(osf, "one")
