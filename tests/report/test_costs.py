import pytest

from plumbing.errors import InputError
from speech_decoding.report.costs import read_costs
from tests.report.conftest import write_benchmark


def test_jobs_of_a_rule_are_summed_up(tmp_path):
    write_benchmark(tmp_path / "train" / "main" / "seed-1.tsv", 90.0, 700.5)
    write_benchmark(tmp_path / "train" / "main" / "seed-2.tsv", 30.0, "-")
    write_benchmark(tmp_path / "check_study.tsv", 0.5, "NA")
    train, check = read_costs(tmp_path)
    assert (train.rule, train.jobs, train.total_s, train.longest_s) == ("train", 2, 120, 90)
    assert train.memory_mib == 700.5 and train.processor_s == 60
    assert check.rule == "check_study" and check.memory_mib is None


def test_without_benchmarks_there_are_no_costs(tmp_path):
    assert read_costs(tmp_path / "benchmarks") == []


@pytest.mark.parametrize("text", ["", "s\th:m:s\n1\t0:00:01\n", "s\tmax_rss\tcpu_time\nx\ty\tz\n"])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "train.tsv").write_text(text)
    with pytest.raises(InputError, match=r"train\.tsv"):
        read_costs(tmp_path)
