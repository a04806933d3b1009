"""What came of building one source, as it is kept in the cache.

Place in the flow: `compile` and `compile_cuda` make products; the cache keeps their JSON; `api`
reads the same JSON beside the library in the candidate's process.

What it does not do: it holds no library, only what is known of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent_env.kernels.verdict import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What came of building one source.

    Attributes:
        status: The value of a `compile.BuildStatus`.
        reason: One sentence unless all is well.
        log: The tool's own message, trimmed; warnings when all is well.
        functions: Prototypes of what may be called, as JSON data.
        resources: What ptxas said; None without it.
        compile_only: Why it cannot run here although it compiles; "" when it can.
        on_gpu: Whether the library is a cubin for a GPU, and no shared object.
        note: What could not be done here, though the rest was.
        transient: Whether another run might end otherwise, so that it must not be kept.
    """

    status: str
    reason: str = ""
    log: str = ""
    functions: tuple[Mapping[str, Any], ...] = ()
    resources: Resources | None = None
    compile_only: str = ""
    on_gpu: bool = False
    note: str = ""
    transient: bool = False

    @classmethod
    def timed_out(cls, tool: str, timeout_s: float) -> Product:
        """A tool that was stopped at its deadline."""
        reason = f"{tool} was still compiling after {timeout_s:g} s and was stopped."
        return cls(status="timeout", reason=reason, transient=True)

    @classmethod
    def refused(cls, tool: str, returncode: int, log: str, first: str) -> Product:
        """A tool that ended without a result.

        Args:
            tool: Its name.
            returncode: As of `subprocess`.
            log: What it said.
            first: The first error of it.
        """
        if returncode < 0:
            reason = (
                f"{tool} was ended by signal {-returncode}; the source may need too much memory."
            )
            return cls(status="error", reason=reason, log=log, transient=True)
        reason = f"{tool}: {first}" if first else f"{tool} ended with status {returncode}."
        return cls(status="error", reason=reason, log=log)

    def but(self, **changes: Any) -> Product:
        """The product with some attributes changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The product as JSON data, from which `from_dict` makes an equal one."""
        return {
            "status": self.status,
            "reason": self.reason,
            "log": self.log,
            "functions": [dict(one) for one in self.functions],
            "resources": self.resources and self.resources.to_dict(),
            "compile_only": self.compile_only,
            "on_gpu": self.on_gpu,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Product:
        """The product that `to_dict` wrote."""
        resources = data["resources"]
        if resources is not None:
            resources = Resources(**{**resources, "kernels": tuple(resources["kernels"])})
        functions = tuple(data["functions"])
        return cls(**{**data, "functions": functions, "resources": resources})
