"""A rule and its script agree: on the settings that are passed, and on the files that are named.

Both are read as syntax trees; the settings of a rule are chosen as the workflow chooses them.
"""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from configuration import simulated, speech_models
from configuration.chosen import Chosen
from configuration.study import ConfiguredStudy
from tests.config_advice import shipped
from tests.workflow.workspace import ROOT

WILDCARDS = {
    "embedding": "wav2vec2",
    "recording": "sub-01_ses-0_task-0",
    "story": "night_ferry",
    "sweep": "delay",
    "task": "0",
}
OF_ALICE = ("simulate_alice_stimuli", "simulate_alice_recording")
OF_AN_EXPERIMENT = ("train_decoder", "evaluate_decoder", "control_decoder")
CHOOSERS = {"simulated": simulated, "speech_models": speech_models}


def rules() -> dict[str, str]:
    """The text of every rule, by its name."""
    text = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    blocks = re.split(r"^(?:use )?rule ", text, flags=re.MULTILINE)[1:]
    return {re.match(r"\w+", block)[0]: block for block in blocks}


RULES = rules()
CONFIG = shipped()


def argument_of(block: str, function: str) -> str | None:
    """Give what a function is called with in a rule, as text."""
    start = block.find(f"{function}(")
    if start < 0:
        return None
    begin = start + len(function) + 1
    end = next(
        end
        for end in (match.start() for match in re.finditer(r"\)", block[begin:]))
        if block[begin : begin + end].count("(") == block[begin : begin + end].count(")")
    )
    return block[begin : begin + end].strip()


def passed(rule: str) -> set[str]:
    """The names of the settings that a rule passes to its script."""
    choose = eval(f"({argument_of(RULES[rule], 'settings_of')})", dict(CHOOSERS))
    wildcards = WILDCARDS | ({"experiment": "main"} if rule in OF_AN_EXPERIMENT else {})
    name = "demo_eeg" if rule in OF_ALICE else "demo"
    return set(choose(Chosen(ConfiguredStudy(CONFIG, name, {}), wildcards)))


def script_of(rule: str) -> ast.Module:
    return ast.parse((ROOT / "workflow_scripts" / f"{rule}.py").read_text())


class Reading(ast.NodeVisitor):
    """What a script reads of its settings: by name, or as the keywords of a function."""

    def __init__(self, tree: ast.Module):
        self.named: set[str] = set()
        self.called: list[tuple[str, set[str]]] = []  # a function, and its other arguments
        self.imported = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.visit(tree)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if is_settings(node.value) and isinstance(node.slice, ast.Constant):
            self.named.add(node.slice.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and is_settings(node.func.value):
            self.named |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
        if any(word.arg is None and is_settings(word.value) for word in node.keywords):
            others = {word.arg for word in node.keywords if word.arg}
            self.called.append((ast.unparse(node.func), others))
        self.generic_visit(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        (loop,) = node.generators
        if "settings" in ast.unparse(node.value) and isinstance(loop.iter, ast.Tuple):
            self.named |= {element.value for element in loop.iter.elts}
        self.generic_visit(node)


def is_settings(node: ast.AST) -> bool:
    return ast.unparse(node) in ("settings", "arguments.settings")


@pytest.mark.parametrize("rule", [name for name in RULES if "settings_of(" in RULES[name]])
def test_a_script_reads_the_settings_that_its_rule_passes(rule):
    reading, given = Reading(script_of(rule)), passed(rule)
    assert reading.named <= given
    accepted = set(reading.named)
    for function, others in reading.called:
        called = getattr(importlib.import_module(reading.imported[function]), function)
        parameters = inspect.signature(called).parameters.values()
        if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
            return  # it says itself what it does not know
        keywords = {p.name for p in parameters}
        needed = {p.name for p in parameters if p.kind == p.KEYWORD_ONLY and p.default is p.empty}
        assert needed - others - reading.named <= given
        accepted |= keywords - others
    assert given <= accepted


def names_in(text: str) -> set[str]:
    """The names of results that a rule's text holds."""
    return set(re.findall(r"results\.([A-Z_]+)\b", text))


@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule, text in RULES.items()
        if "--results" in text and Path(ROOT / "workflow_scripts" / f"{rule}.py").is_file()
    ],
)
def test_a_script_names_the_files_that_its_rule_names(rule):
    named = {
        alias.name
        for node in ast.walk(script_of(rule))
        if isinstance(node, ast.ImportFrom) and node.module == "plumbing.results"
        for alias in node.names
        if alias.name.isupper()
    }
    assert named - {"UNFINISHED"} <= names_in(RULES[rule])
    outputs = RULES[rule].partition("output:")[2].partition("log:")[0]
    # The others are written by functions of the library.
    by_the_library = {"WEIGHTS", "DESCRIPTION"}
    assert names_in(outputs) - by_the_library <= named
