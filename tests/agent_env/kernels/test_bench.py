from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_env.__main__ import main
from agent_env.kernels.bench import report
from agent_env.kernels.verdict import Mismatch, Resources, Status, Timing, Verdict

GOOD = """
import torch
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x, lengths):
        outside = torch.arange(x.shape[1]) >= lengths[:, None]
        return torch.softmax(x.masked_fill(outside, float("-inf")), dim=-1)
"""
KEYS = ["status", "reason", "hacks", "log", "mismatch", "timing", "resources"]


def test_a_verdict_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    candidate = tmp_path / "candidate.py"
    candidate.write_text(GOOD)
    asked = ["bench", str(candidate), "--task", "row_softmax_masked", "--json"]
    assert main([*asked, "--no-timing", "--cache", str(tmp_path / "cache")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said)[: len(KEYS)] == KEYS
    assert (said["status"], said["hacks"], said["timing"]) == ("correct", [], None)


def test_a_report_says_what_no_terminal_should_be_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = tmp_path / "candidate.py"
    raising = '        raise ValueError("a\\ud800b\\x1b[2Jc")\n        outside'
    candidate.write_text(GOOD.replace("        outside", raising))
    assert main(["bench", str(candidate), "--task", "row_softmax_masked"]) == 0
    assert r"a\ud800b\x1b[2Jc" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("raise RuntimeError('odd')", 3, "The reference itself failed: RuntimeError: odd"),
        ("return x\nraise SystemExit(5)", 2, "cannot be run: SystemExit: 5"),
    ],
)
def test_a_reference_that_fails_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, status: int, words: str
) -> None:
    (tmp_path / "candidate.py").write_text(GOOD)
    reference = tmp_path / "reference.py"
    reference.write_text(
        "import torch\n"
        "def get_inputs(): return [torch.ones(3)]\n"
        "def get_init_inputs(): return []\n"
        "class Model(torch.nn.Module):\n"
        f"    def forward(self, x): {line}\n"
    )
    asked = ["bench", str(tmp_path / "candidate.py"), "--reference", str(reference)]
    assert main(asked) == status
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_file_without_an_end_is_read_in_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "/dev/zero", "--task", "row_softmax_masked", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "compile_error"


def test_a_wrong_answer_still_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = tmp_path / "candidate.py"
    candidate.write_text("def f(:")
    assert main(["bench", str(candidate), "--task", "row_softmax_masked"]) == 0
    assert capsys.readouterr().out.startswith("compile_error: candidate.py, line 1")


def test_plain_torch_is_refused_where_a_kernel_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = tmp_path / "candidate.py"
    candidate.write_text(GOOD)
    asked = ["bench", str(candidate), "--task", "row_softmax_masked", "--wanted", "any", "--json"]
    assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["hacks"]) == ("policy", ["no_custom_kernel"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.py", "--task", "row_softmax_masked"], "'missing.py' cannot be read"),
        (["--task", "row_softmax_masked"], "No candidate was given"),
        ([__file__], "--task NAME, --reference REF.py or --kernelbench PATH"),
        ([__file__, "--kernelbench", "x", "--level", "1"], "add --level 1 --problem 19"),
        ([__file__, "--kernelbench", "/", "--level", "1", "--problem", "1"], "is no checkout of"),
        ([__file__, "--task", "gemm_f32", "--shrink"], "--shrink goes with --kernelbench PATH"),
        ([__file__, "--task", "row_softmx_masked"], "Did you mean 'row_softmax_masked'?"),
        ([__file__, "--reference", "missing.py"], "reference 'missing.py' cannot be read"),
        ([__file__, "--task", "gemm_f32", "--timeout", "-1"], "--timeout is -1; give more"),
        ([__file__, "--task", "gemm_f32", "--timing-s", "nan"], "--timing-s is nan; give more"),
        (
            [__file__, "--task", "gemm_f32", "--wanted", "rust"],
            "give one of: cpp, cuda, triton, any",
        ),
        ([__file__, "--task", "gemm_f32", "--device", "tpu"], "give one of: cpu, cuda, auto"),
    ],
)
def test_what_cannot_be_followed_is_said_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


SQUARES = """
import torch

class Model(torch.nn.Module):
    def forward(self, x):
        return x * x

rows = 4096
columns = 4096

def get_inputs():
    return [torch.rand(rows, columns)]

def get_init_inputs():
    return []
"""


@pytest.fixture
def kernelbench(tmp_path: Path) -> str:
    folder = tmp_path / "checkout" / "KernelBench" / "level1"
    folder.mkdir(parents=True)
    (folder / "19_Squares.py").write_text(SQUARES)
    return str(tmp_path / "checkout")


def test_a_problem_of_kernelbench_is_judged_by_level_and_number(
    tmp_path: Path, kernelbench: str, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = tmp_path / "candidate.py"
    candidate.write_text(SQUARES.replace("class Model(", "class ModelNew("))
    problem = ["--kernelbench", kernelbench, "--level", "1", "--problem", "19", "--shrink"]
    assert main(["bench", str(candidate), *problem, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["timing"]["is_performance"]) == ("correct", False)
    assert main(["bench", str(candidate), *problem[:-2], "20"]) == 2
    assert "no problem of KernelBench level 1 20. Known: 19." in capsys.readouterr().err


def test_the_report_for_people_says_all_that_matters() -> None:
    mismatch = Mismatch(
        case="timed", output=0, index=(1,), expected=1.0, got=float("nan"), error=float("nan"),
        allowed=0.0, count=1, total=2,
    )  # fmt: skip
    timing = Timing(
        reference_us=2.0, candidate_us=1.0, speedup_x=2.0, speedup_ci=(1.9, 2.1),
        is_performance=False, noisy=True, pairs=40,
    )  # fmt: skip
    verdict = Verdict(
        status=Status.CORRECT, reason="Right.", hacks=("decoy_kernel",), timing=timing,
        mismatch=mismatch, resources=Resources(registers=32), missing=("network",), log="said",
    )  # fmt: skip
    text = report(verdict, "gemm_f32")
    for words in ("2.000x [1.900, 2.100]", "noisy", "says nothing", "32 registers", "network"):
        assert words in text
    assert json.loads(json.dumps(verdict.to_dict(), allow_nan=False))["mismatch"]["got"] == "nan"
