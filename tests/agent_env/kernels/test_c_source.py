import time

import pytest

from agent_env.kernels.c_source import Prototype, kernels, prototypes, refusal, without_comments

SOURCE = """
#include <cmath> // extern "C" void commented(int a);
/* extern "C" void commented_too(int a); */
static const char* text = "extern \\"C\\" void quoted(int a);";
static float helper(float a) { return a; }
extern "C" void scale(const float* __restrict__ x, float *y, std::int64_t n, float by) {
  for (int64_t i = 0; i < n; ++i) { y[i] = x[i] * by; }
}
extern "C" {
  int add(int a, unsigned long long b);
  void masked(void* p, bool flag, const uint8_t m[], double eps = 1e-5) { { } }
  void templated(std::vector<int> v) {}
  void twice(float** rows) {}
}
extern "C" __attribute__((visibility("default"))) void last(unsigned) {}
extern "C" double
split(
    const double* x
)
{ return 0; }
"""


def shown(one):
    parameters = ", ".join(
        f"{parameter.type}{'*' if parameter.pointer else ''} {parameter.name}".strip()
        for parameter in one.parameters
    )
    return f"{one.returns or 'void'} {one.name}({parameters})"


def test_functions_are_read_with_their_types():
    assert [shown(one) for one in prototypes(SOURCE)] == [
        "void scale(float32* x, float32* y, int64 n, float32 by)",
        "int32 add(int32 a, uint64 b)",
        "void masked(any* p, bool flag, uint8* m, float64 eps)",
        "void last(uint32)",
        "float64 split(float64* x)",
    ]


def test_a_prototype_survives_json():
    for one in prototypes(SOURCE):
        assert Prototype.from_dict(one.to_dict()) == one


def test_kernels_are_read_templates_and_launch_bounds_included():
    source = """
    __global__ void plain(const float* x, int n) {}
    extern "C" __global__ void __launch_bounds__(256) bounded(float* __restrict__ x) {}
    __device__ float helper(float v) { return v; }
    """
    assert [shown(one) for one in kernels(source)] == [
        "void plain(float32* x, int32 n)",
        "void bounded(float32* x)",
    ]


@pytest.mark.parametrize(
    "source",
    [
        '#include "/etc/passwd"',
        "#include </etc/passwd>",
        '#include "../secret.h"',
        "#include <sys/../../etc/passwd>",
        '# \t include "/etc/passwd"',
        '#inc\\\nlude "/etc/passwd"',
        '%:include "/etc/passwd"',
        '/* */ #include "/etc/passwd"',
        '#define FILE "/etc/passwd"\n#include FILE',
        '#include_next "/etc/passwd"',
        '#import "/etc/passwd"',
        '#line 1 "/etc/passwd"',
        '# 1 "/etc/passwd"',
        'asm(".incbin \\"/etc/passwd\\"");',
        'asm(".include \\"/etc/passwd\\"");',
    ],
)
def test_other_files_are_refused(source):
    assert refusal(f"int a;\n{source}\nint b;")


@pytest.mark.parametrize(
    "source",
    [
        "#include <cmath>",
        "#include <sys/mman.h>",
        '#include "immintrin.h"  // for AVX',
        "#pragma omp parallel for",
        '// #include "/etc/passwd"',
        "#line 7",
        '#line 7 "mine.cpp"',
        "#if 1\n#define N 4\n#endif",
    ],
)
def test_plain_headers_and_directives_pass(source):
    assert refusal(source) == ""


def test_comments_go_and_lines_stay():
    text = 'a /* b\nc */ "d // e" // f\ng'
    assert without_comments(text).split() == ["a", '""', "g"]
    assert without_comments(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "piece",
    [
        'extern "C" {',
        "/*",
        'R"(',
        '"',
        "'a",
        "__global__ void f(",
        "f ( ",
        "\\\n",
        "{",
        "#include <",
    ],
)
def test_hostile_texts_are_read_in_time(piece):
    text = piece * (200_000 // len(piece))
    begin = time.process_time()
    prototypes(text)
    kernels(text)
    refusal(text)
    assert time.process_time() - begin < 2.0
