"""What bounds one evaluation.

Place in the flow: `judge` enforces the times, `cage` sets the rest on a candidate's process.

What it does not do: no enforcing here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds, all of one candidate's process and its children.

    Attributes:
        load_s: From the first line of the program to a built `ModelNew`; includes what it compiles
            itself (`load_inline` takes a minute).
        call_s: One call of `forward`.
        evaluation_s: Everything from fork to verdict.
        compile_s: Compilers that run before the program.
        timing_s: How long timing goes on while its estimates disagree; then they are "noisy".
        memory_bytes: Beyond what the forked process starts with: addresses of each process (CPU
            only), and memory that all of them hold together.
        scratch_bytes: Files in its scratch folder.
        processes: Processes and threads at one time.
        open_files: Open files of one process.
        source_bytes: The program's text.
        log_bytes: What is kept of its output: half from the start, half from the end.
    """

    load_s: float = 180.0
    call_s: float = 10.0
    evaluation_s: float = 240.0
    compile_s: float = 60.0
    timing_s: float = 0.7
    memory_bytes: int = 4 << 30
    scratch_bytes: int = 256 << 20
    processes: int = 64
    open_files: int = 256
    source_bytes: int = 1 << 20
    log_bytes: int = 16 << 10

    def __post_init__(self) -> None:
        """Checks that every limit leaves room for something.

        Raises:
            ValueError: A limit that is not above 0.
        """
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                value = getattr(self, field.name)
                raise ValueError(f"Limits.{field.name} is {value}; give more than 0.")

    def to_dict(self) -> dict[str, float | int]:
        """The limits as plain data, from which `Limits(**data)` makes equal ones."""
        return asdict(self)
