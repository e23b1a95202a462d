"""A table of the paper, trained anew: our numbers beside the published ones."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from plumbing.results import Results
from speech_decoding.report.layout import TEMPLATES, Part, lay_out
from speech_decoding.report.outcome_figures import draw_comparison
from speech_decoding.report.outcomes import K, Outcome, compare, load_outcome
from speech_decoding.report.paper import COMPARISONS, TOP_10, Comparison, Row
from speech_decoding.report.pictures import draw


def compare_with_paper(
    results: Results, name: str, *, reader: str, seeds: Sequence[int]
) -> dict[str, Any]:
    """Collect a table of the paper.

    Parameters: results, in which every experiment of the table was
    evaluated; name, of the table; reader, of the study, by which the published numbers are found.
    Returns: what all rows share, and `rows`: each with ours (accuracy over seeds, delta and p-value
    against the reference) and the paper's (mean, sd and delta, None where it has none); shares in
    [0, 1].
    Raises: InputError if a file is missing or damaged.
    """
    table = COMPARISONS[name]
    outcomes = {row.experiment: load_outcome(results, row.experiment, seeds) for row in table.rows}
    reference = outcomes[table.reference]
    return {
        "seeds": list(seeds),
        "k": K,
        "chance": reference.chance,
        "n_candidates": reference.n_candidates,
        "n_test_segments": len(reference.found),
        "n_subjects": len(reference.of_subjects()),
        "reference": table.reference,
        "rows": [
            _ours(row, outcomes[row.experiment], reference) | {"paper": _papers(row, table, reader)}
            for row in table.rows
        ],
    }


def write_comparison(
    path: Path, name: str, numbers: dict[str, Any], *, title: str, reader: str, simulated: bool
) -> None:
    """Write the page of a table.

    Parameters: path, of the HTML file; numbers, of `compare_with_paper`; title, of the study;
    simulated, whether its recordings are.
    """
    table = COMPARISONS[name]
    words = "; ".join(f"{row['title']} {row['ours']['mean']:.1%}" for row in numbers["rows"])
    variables = {
        **numbers,
        "source": table.source,
        "reader": reader,
        "simulated": simulated,
        "papers_chance": TOP_10[reader].chance if reader in TOP_10 else None,
        "published": any(row["paper"] for row in numbers["rows"]),
        "over_studies": any(row["paper"] and row["paper"]["mean_delta"] for row in numbers["rows"]),
        "picture": draw(
            partial(draw_comparison, numbers["rows"], numbers["chance"], k=K),
            f"Top-{K} accuracy of each row: {words}.",
        ),
    }
    heading = f"{title}: {table.title.lower()} compared with the published results"
    lay_out(
        path,
        heading,
        [Part(name, table.title, TEMPLATES.get_template("comparison.html.jinja"), variables)],
        simulated=simulated,
    )


def _ours(row: Row, outcome: Outcome, reference: Outcome) -> dict[str, Any]:
    compared = compare(outcome, reference) if outcome is not reference else None
    return {
        "experiment": row.experiment,
        "title": row.title,
        "ours": outcome.accuracy(),
        "compared": compared,
    }


def _papers(row: Row, table: Comparison, reader: str) -> dict[str, float | None] | None:
    if reader not in row.published:
        return None
    reference = table.row(table.reference)
    mean, sd = (value / 100 for value in row.published[reader])
    over_studies = row.mean is not None and reference.mean is not None
    return {
        "mean": mean,
        "sd": sd,
        "delta": mean - reference.published[reader][0] / 100,
        "mean_delta": (row.mean - reference.mean) / 100 if over_studies else None,
        "p_value": row.p_value,
    }
