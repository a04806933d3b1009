"""A CUDA text made fit for g++: what is rewritten, what is added, and what cannot be had.

Place in the flow: `compile_cuda` puts `rewritten(text)` and `launchers(text)` behind `cuda_shim.h`,
unless `not_emulated(text)` says that there is no use in it.

What it does not do: it compiles nothing.
"""

from __future__ import annotations

import re

from agent_env.kernels.c_source import kernels, without_comments

# What the shim has no counterpart of, by what shows it in the text, and how it is called.
_BEYOND = (
    (r"\bwgmma\b|\bnvcuda\b|\bwmma\b|\bmma\.h\b", "tensor cores (wmma, wgmma)"),
    (r"\bCUtensorMap\b|\bcp_async_bulk\w*|\btma_\w+", "TMA"),
    (r"\b__pipeline_\w+|\bcuda_pipeline\w*|\bmemcpy_async\b", "cp.async"),
    (r"\bcooperative_groups\b", "cooperative groups"),
    (r"\b__cluster_dims__\b|\bcluster\.sync\b", "thread block clusters"),
    (r"\b__half2?\b|\bhalf2?\b|\b__nv_bfloat16\d?\b|\bcuda_fp16\b|\bcuda_bf16\b", "half types"),
    (r"\b__nv_fp8\w*|\bcuda_fp8\b", "fp8 types"),
    (r"\basm\b", "inline PTX"),
    (r"\btexture\b|\bcudaTextureObject_t\b|\bsurf\d?D\w+", "textures"),
    (r"\bcurand\w*|\bcub::|\bthrust::|\bcute::|\bcutlass\b|\bcuda::", "NVIDIA's device libraries"),
    (r"\b__match_\w+_sync\b", "__match_*_sync"),
    (r"\b__dp[24]a\b", "__dp4a"),
    (r"\bclock(?:64)?\s*\(\s*\)|\bglobaltimer\b", "the GPU's clock"),
)
_CUDA_HEADER = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*[<\"](?:cuda(?:_runtime)?(?:_api)?|device_launch_parameters"
    r"|math_constants|vector_types|vector_functions|device_functions|sm_\w+_intrinsics)\.h[>\"]",
    re.MULTILINE,
)
_DYNAMIC = re.compile(
    r"\bextern\s+__shared__\s+(?P<align>(?:__align__|alignas)\s*\([^()]*\)\s*)?"
    r"(?P<type>[\w:\s]+?)\s*\b(?P<name>\w+)\s*\[\s*\]\s*;"
)
_NOINLINE = re.compile(r"\b__noinline__\b")


def not_emulated(text: str) -> str:
    """What the text uses that cannot be run on a CPU, as a sentence; "" when there is nothing."""
    plain = without_comments(text)
    found = [name for pattern, name in _BEYOND if re.search(pattern, plain)]
    found += [] if "cuda_fp16" not in text or "half types" in found else ["half types"]
    return f"The kernel uses {', '.join(found)}, which is not emulated on the CPU" if found else ""


def has_barriers(text: str) -> bool:
    """Whether threads of a block wait for one another, so that plain loops cannot run them."""
    return re.search(r"\b__(?:sync|shfl|ballot|any|all|reduce|activemask)", text) is not None


def rewritten(text: str) -> str:
    """The text with CUDA's headers gone and dynamic shared memory in the shim's buffer."""
    text = _CUDA_HEADER.sub("", text.replace("\r\n", "\n"))
    text = _NOINLINE.sub("__attribute__((noinline))", text)
    return _DYNAMIC.sub(_buffer, text)


def _buffer(found: re.Match[str]) -> str:
    kind, lines = found["type"].strip(), "\n" * found[0].count("\n")
    buffer = "::callforge::dynamic_shared"
    return f"{kind}* const {found['name']} = reinterpret_cast<{kind}*>({buffer});{lines}"


def launchers(text: str) -> str:
    """A C function for each kernel that runs it over a grid and says what went wrong."""
    waits = "true" if has_barriers(text) else "false"
    return "".join(
        'extern "C" __attribute__((visibility("default"))) const char* '
        f"callforge_launch_{one.name}(void** given, const unsigned* sizes, size_t shared) {{\n"
        f"  return ::callforge::launch(&::{one.name}, given, sizes, shared, {waits});\n}}\n"
        for one in kernels(text)
    )
