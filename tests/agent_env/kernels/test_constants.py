import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.kernels.constants import find_constants, rewrite

SOURCE = '''"""größe = 7"""
import torch
batch_size = 128  # größe
width = 4096 * 2
height = depth = 2 ** 5
shape = (3, batch_size, 224)
rate = 0.5
on = True
less: int = 10 - 3
name = "x" * 3


def get_inputs():
    inner = 9
    return [torch.rand(batch_size, width)]
'''
FOUND = {
    "batch_size": 128,
    "width": 8192,
    "depth": 32,
    "shape[0]": 3,
    "shape[2]": 224,
    "less": 7,
}


def values(source):
    return {constant.name: constant.value for constant in find_constants(source)}


def test_whole_numbers_at_the_top_are_found_and_no_others():
    assert values(SOURCE) == FOUND


@given(st.dictionaries(st.sampled_from(sorted(FOUND)), st.integers(1, 10**9)))
def test_rewriting_changes_what_is_named_and_nothing_else(changed):
    text = rewrite(SOURCE, changed)
    assert values(text) == FOUND | changed
    assert rewrite(text, FOUND) == rewrite(SOURCE, FOUND)
    assert text.count("\n") == SOURCE.count("\n")
    assert "größe" in text


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError, match="rate"):
        rewrite(SOURCE, {"rate": 1})


@pytest.mark.parametrize("line", ["a = 1 / 2", "a = -3", "a = 0", "a = 5 // 0", "a = 2 ** 999"])
def test_what_is_no_size_is_left_alone(line):
    assert values(line) == {}
