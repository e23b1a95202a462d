"""The listing of a node: pages, folders, checksums, and a token that goes nowhere else."""

import hashlib
import re

import pytest

from download.osf import subject_of
from plumbing.errors import InputError
from tests.download.conftest import content, held, tree
from tests.download.osf_server import Fault


def test_pages_and_folders(osf, folder, fetch):
    for number in range(10):
        osf.files["root"][f"stimuli/text/{number}.txt"] = content(number, number)
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")
    assert len([p for p in osf.listed() if p.endswith("osfstorage/stimuli/text/")]) == 4


def test_an_interrupted_listing_goes_on(osf, folder, fetch):
    page = "/v2/nodes/two/files/osfstorage/sub-02/"
    osf.spoil(page, *[Fault(status=429)] * 3)
    with pytest.raises(InputError, match=re.escape(page)):
        fetch()
    before = osf.listed()
    osf.requests.clear()
    fetch()
    assert not set(osf.listed()) & (set(before) - {page})
    assert tree(folder) == held(osf, "root", "one", "two")


def test_a_page_cut_short_is_asked_for_again(osf, folder, fetch):
    osf.spoil("/v2/nodes/two/files/osfstorage/", Fault(cut=100))
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")


@pytest.mark.parametrize("page", [b"[]", b'{"data": [{}], "links": {}}', b"<html>"])
def test_an_answer_in_another_form(osf, fetch, page):
    osf.always["/v2/nodes/root/files/osfstorage/"] = Fault(content=page)
    with pytest.raises(InputError, match=r"download\.api|a JSON document"):
        fetch()
    assert osf.fetched() == []


def test_md5_serves_where_there_is_no_sha256(osf, folder, fetch):
    md5 = hashlib.md5(osf.files["root"]["README.md"]).hexdigest()
    osf.state("root", "README.md", hashes={"md5": md5.upper(), "sha256": None})
    osf.spoil("/content/root/README.md", Fault(content=bytes(2000)))
    fetch()
    assert tree(folder) == held(osf, "root", "one", "two")


def test_a_file_without_a_checksum_is_refused(osf, fetch):
    osf.state("root", "README.md", hashes={})
    with pytest.raises(InputError, match=r"no checksum for README\.md"):
        fetch()
    assert osf.fetched() == []


def test_a_token_goes_to_the_api_alone(osf, fetch):
    fetch(token="secret")
    for request in osf.requests:
        assert request.token == ("Bearer secret" if request.path.startswith("/v2/") else None)


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("sub-01/", "01"),
        ("sub-01/ses-0/meg/sub-01_ses-0_task-0_meg.con", "01"),
        ("derivatives/sub-A07/x", "A07"),
        ("sub-01_scans.tsv", "01"),
        ("participants.tsv", None),
        ("stimuli/text/my-sub-01.txt", None),
    ],
)
def test_subject_of_a_path(path, subject):
    assert subject_of(path) == subject
