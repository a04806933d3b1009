"""The program in an answer: every spelling of a fence, drafts, cuts, and what no answer may do."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env.kernels.extract import extract

CODE = """import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        return x.cumsum(dim=1)
"""
DRAFT = CODE.replace("cumsum", "draft")
KERNEL = """import triton


@triton.jit
def scan_kernel(x):
    pass
"""
WRAPPER = CODE.replace("x.cumsum(dim=1)", "scan_kernel[(1,)](x)")


def fenced(code=CODE, word="python", fence="```"):
    return f"{fence}{word}\n{code}{fence}\n"


@pytest.mark.parametrize(
    "answer",
    [
        fenced(),
        fenced(word="py"),
        fenced(word="python3"),
        fenced(word="Python"),
        fenced(word=" python"),
        fenced(word="{.python}"),
        fenced(word='python title="model.py"'),
        fenced(word=""),
        fenced(word="triton"),
        fenced(fence="~~~"),
        fenced(fence="~~~~~"),
        fenced(fence="````"),
        f"Here it is: {fenced()} Done.",
        f"1. The program:\n{fenced()}",
        f"````markdown\n{fenced()}````\n",
        f"> quoted\n\n{fenced()}",
        fenced(CODE + "# use ``` here\n").replace("# use ``` here\n", ""),
        f"```python\n{CODE}",  # never closed, but whole
        f"```python\n{CODE}<|im_end|>\n",
        f"```python\n{CODE.rstrip()}```",
        CODE,
        f"\ufeff{CODE}",
        f"{CODE}<|im_end|>",
        f"Sure, here is the code.\n\n{CODE}",
        f"{CODE}\nThis program adds along rows.\n",
        f"```cpp\nextern int f();\n```\n{fenced()}",
        f"{fenced()}```cpp\nextern int f();\n```\n",
        f"{fenced()}```bash\npython bench.py\n```\n",
        f"{fenced()}```text\n1.5x\n```\n",
        f"{fenced(DRAFT)}No, better:\n{fenced()}",
        f"{fenced()}Use it so:\n```python\nmodel = ModelNew()\nprint(model(x))\n```\n",
        f"{fenced()}```python\nclass ModelNew(nn.Module):\n    def forw",  # begun again, cut off
        f"```python\nclass ModelNew(nn.Module):\n    def forw\n{fenced()}",  # given up, begun again
    ],
)
def test_the_program_is_found(answer):
    code = extract(answer).code
    assert code is not None
    assert code.strip("\ufeff\r\n") == CODE.strip()


@pytest.mark.parametrize(
    ("before", "reasoning"),
    [
        (f"<think>\n{fenced(DRAFT)}</think>\n", "auto"),
        (f"<think>\n```python\n{DRAFT}</think>\n", "auto"),
        (f"{fenced(DRAFT)}</think>\n", "auto"),
        (f"```python\n{DRAFT}\n</think>\n", "auto"),
        (f"I try {fenced(DRAFT)} </think>", "open"),
        (f"<|channel|>analysis<|message|>{fenced(DRAFT)}<|end|>", "auto"),
        (f"[THINK]{fenced(DRAFT)}[/THINK]", "auto"),
    ],
)
def test_a_draft_in_a_thought_never_counts(before, reasoning):
    assert extract(before + fenced(), reasoning).code == CODE
    assert extract(before + CODE, reasoning).code.strip() == CODE.strip()
    assert extract(before, reasoning).code is None


@pytest.mark.parametrize(
    ("answer", "reasoning", "words"),
    [
        ("", "auto", "no code"),
        ("I cannot do this.", "auto", "no code"),
        ("```\n```", "auto", "no code"),
        ("```python\n\n```", "auto", "no code"),
        ("```bash\npip install torch\n```", "auto", "no code"),
        ("```python\nx = 1\n```", "auto", "no code"),
        (f"<think>\n{fenced()}", "auto", "inside a thought"),
        (fenced(), "open", "inside a thought"),
        (f"```python\n{CODE[:-3]}", "auto", "truncated"),
        (f"```python\n{CODE}\n\ndef f(", "auto", "truncated"),
        (CODE[:-3], "auto", ""),
        (f"{CODE}    def more(self", "auto", "truncated"),
    ],
)
def test_where_there_is_no_program_it_is_said_why(answer, reasoning, words):
    found = extract(answer, reasoning)
    if words:
        assert found.code is None
    assert words in found.reason


def test_a_marker_in_a_program_is_text():
    code = CODE + '\nABOUT = "<think> and </think>"\n'
    assert extract(fenced(code)).code == code
    assert extract(f"Wrap it in `<think>`.\n{fenced()}").code == CODE


def test_a_broken_program_is_handed_on_for_its_error():
    code = CODE.replace("return", "retrun x")
    assert extract(fenced(code)).code == code


def test_a_kernel_and_its_wrapper_in_two_blocks_become_one_program():
    for answer in (fenced(KERNEL) + fenced(WRAPPER), fenced(WRAPPER) + fenced(KERNEL)):
        assert extract(answer).code == f"{KERNEL}\n{WRAPPER}"
    assert extract(fenced(KERNEL) + fenced()).code == CODE  # it does not name the kernel
    future = f"from __future__ import annotations\n{WRAPPER}"
    assert extract(fenced(KERNEL) + fenced(future)).code == f"{future}\n{KERNEL}"


@pytest.mark.parametrize(
    "usage",
    [
        'if __name__ == "__main__":\n    print(ModelNew()(torch.ones(2, 2)))\n',
        "model = ModelNew()\nx = torch.randn(2, 2)\nprint(model(x).shape)\n",
        "with torch.no_grad():\n    assert ModelNew()(torch.ones(1, 1)) == 1\n",
        "for _ in range(3):\n    print(ModelNew())\n",
    ],
)
def test_usage_at_the_end_is_cut_off(usage):
    assert extract(fenced(f"{CODE}\n{usage}")).code == f"{CODE}\n"


@pytest.mark.parametrize(
    "kept",
    [
        "SCALE = 3\n\n\ndef get_inputs():\n    return [torch.ones(SCALE)]\n",
        "ModelNew.forward = torch.no_grad()(ModelNew.forward)\n",
    ],
)
def test_what_a_program_needs_stays(kept):
    assert extract(fenced(f"{CODE}\n{kept}")).code == f"{CODE}\n{kept}"
    late = CODE.replace("x.cumsum(dim=1)", "SCALE * x") + "\nSCALE = 3\nprint(ModelNew())\n"
    assert "SCALE = 3" in extract(fenced(late)).code


def test_a_block_in_a_list_loses_its_margin():
    indented = "".join(f"   {line}\n" if line else "\n" for line in CODE.splitlines())
    assert extract(f"1. so:\n\n   ```python\n{indented}   ```\n").code == CODE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_stay_as_they_are(end):
    answer = f"Here:\n{fenced()}".replace("\n", end)
    assert extract(answer).code == CODE.replace("\n", end)


PIECES = st.sampled_from(
    [
        *CODE.splitlines(keepends=True),
        *KERNEL.splitlines(keepends=True),
        *("```", "```python\n", "```py\r\n", "~~~\n", "````\n", "```cpp\n", "`", "\n", "\r", "  "),
        *("<think>", "</think>", "[/THINK]", "<|im_end|>", "<|channel|>analysis", "<|end|>"),
        *("\0", "\ufeff", "\ud800", "ModelNew", "'''", '"""', "(", "    ", "print(1)\n", CODE),
    ]
)
ANSWERS = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)


@settings(max_examples=300, deadline=None)
@given(ANSWERS, st.sampled_from(["auto", "open"]))
def test_whatever_the_answer_the_code_stands_in_it(answer, reasoning):
    found = extract(answer, reasoning)
    assert found.reason
    if found.code is None or found.code in answer:
        return
    if "behind block" in found.reason:
        assert any(
            found.code[:cut] in answer and found.code[cut + 1 :] in answer
            for cut in range(len(found.code))
            if found.code[cut] == "\n"
        )
    else:  # an indented block
        lines = iter(answer.splitlines())
        for wanted in found.code.splitlines():
            assert not wanted.strip() or any(line.endswith(wanted) for line in lines)


HOSTILE = [
    *("```\n", "```python\n", "```python\nx\n```\n", "```python\nx = 1\n", "```py", "\n```"),
    *("~~~", "`~", "`", " ", "\r"),
    *("</think>", "<think>", "<think></think>", "<|im_end|>", "<|channel|>"),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_the_length(unit):
    answer = unit * (100_000 // len(unit)) + "x"
    best = min(_seconds(answer) for _ in range(3))
    assert best < 0.05  # 5 ms on a quiet machine, seconds if it were quadratic


def _seconds(answer):
    begin = time.process_time()
    extract(answer)
    return time.process_time() - begin
