"""A reference with smaller sizes, and with a few odd ones beside.

Place in the flow: `adapters/kernelbench` shrinks problems that are made for a large GPU until a
CPU can check a candidate on them. The whole numbers at the top of the file are halved, the one
that saves most first, as long as the reference still runs on fake tensors. Numbers that the
constructor does not see are then varied for hidden shapes.

What it does not do: sizes that stand inside functions are not touched; a time measured on shrunk
sizes says nothing, and the problem says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from agent_env.kernels.constants import find_constants, rewrite
from agent_env.kernels.dry_run import Sizes, dry_run
from agent_env.kernels.reference_file import FileProblem, ReferenceFileError, load_source
from agent_env.kernels.seeding import seeded

SMALLEST = 2
"""A number is not halved below this."""
_STEPS = 80


class ShrinkError(ValueError):
    """A reference that does not fit a budget, however it is shrunk; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one call may cost.

    Attributes:
        moved_bytes: Of inputs, weights and outputs.
        operations: Floating-point operations.
        leeway_x: How many times more is accepted where no smaller sizes fit together.
    """

    moved_bytes: int = 4 << 20
    operations: int = 100_000_000
    leeway_x: float = 16.0

    def excess(self, sizes: Sizes) -> float:
        """How many times the sizes are over budget; 1.0 and less is within."""
        return max(sizes.moved_bytes / self.moved_bytes, sizes.operations / self.operations)


def shrink(problem: FileProblem, budget: Budget) -> FileProblem:
    """The problem within a budget, with up to three further shapes.

    Args:
        problem: From `load_reference`.
        budget: What a call of the timed shape may cost.

    Raises:
        ShrinkError: The reference does not run on fake tensors, or stays over the budget.
    """
    source = problem.sources[0]
    sizes = _try(source, problem.path)
    if sizes is None:
        raise ShrinkError(
            f"{problem.name} does not run on tensors without values, so its size is not known."
        )
    small = _fit(source, sizes, problem, budget)
    return replace(
        problem,
        sources=(small, *_variants(small, problem.path, budget)),
        correctness_only=problem.correctness_only or small != source,
    )


def _fit(source: str, sizes: Sizes, problem: FileProblem, budget: Budget) -> str:
    for _ in range(_STEPS):
        if budget.excess(sizes) <= 1.0:
            return source
        step = _best_halving(source, sizes, problem.path, budget)
        if step is None:
            break
        source, sizes = step
    if budget.excess(sizes) <= budget.leeway_x:
        return source
    raise ShrinkError(
        f"{problem.name} moves {sizes.moved_bytes:,} bytes and takes {sizes.operations:,} "
        f"operations at the smallest sizes that fit together; the budget is "
        f"{budget.moved_bytes:,} and {budget.operations:,}, and {budget.leeway_x:g} times that."
    )


def _best_halving(source: str, sizes: Sizes, path: str, budget: Budget) -> tuple[str, Sizes] | None:
    """The first halving, large numbers first, that nearly halves the excess; else the best."""
    best: tuple[str, Sizes] | None = None
    for values in _halvings(source):
        smaller = rewrite(source, values)
        tried = _try(smaller, path)
        if tried is None or budget.excess(tried) >= budget.excess(best[1] if best else sizes):
            continue
        best = smaller, tried
        if budget.excess(tried) <= 0.6 * budget.excess(sizes):
            break
    return best


def _halvings(source: str) -> Iterator[Mapping[str, int]]:
    """Each number halved alone, then all numbers of one value together."""
    large = sorted(
        (one for one in find_constants(source) if one.value >= 2 * SMALLEST),
        key=lambda one: -one.value,
    )
    for constant in large:
        yield {constant.name: constant.value // 2}
    for value in {constant.value: None for constant in large}:
        alike = [constant.name for constant in large if constant.value == value]
        if len(alike) > 1:
            yield dict.fromkeys(alike, value // 2)
    if len(large) > 1:
        yield {constant.name: constant.value // 2 for constant in large}


def _variants(source: str, path: str, budget: Budget) -> tuple[str, ...]:
    """The program with other numbers where the model stays as it is: odd, larger by one, least."""
    free = [
        constant
        for constant in find_constants(source)
        if _keeps_model(source, rewrite(source, {constant.name: constant.value + 1}), path)
        or _keeps_model(source, rewrite(source, {constant.name: constant.value * 2}), path)
    ]
    found: list[str] = []
    timed = _try(source, path)
    seen = [timed.inputs] if timed else []
    most = max(2.0, budget.excess(timed)) if timed else 2.0
    for change in (lambda value: value // 2 | 1, lambda value: value + 1, lambda value: 1):
        text = source
        for constant in free:
            # One after the other: a number that some other one depends on stays.
            tried = rewrite(text, {constant.name: change(constant.value)})
            if _keeps_model(source, tried, path):
                text = tried
        sizes = _try(text, path)
        if sizes and sizes.inputs not in seen and budget.excess(sizes) <= most:
            seen.append(sizes.inputs)
            found.append(text)
    return tuple(found)


def _keeps_model(source: str, other: str, path: str) -> bool:
    """Whether the other program constructs the same model and the model takes its inputs."""
    try:
        before, after = load_source(source, path), load_source(other, path)
        with seeded(0):
            one = repr(before.get_init_inputs())
        with seeded(0):
            two = repr(after.get_init_inputs())
    except Exception:  # Foreign code on sizes that may not fit together: anything may be raised.
        return False
    return one == two and dry_run(before, after) is not None


def _try(source: str, path: str) -> Sizes | None:
    try:
        return dry_run(load_source(source, path))
    except ReferenceFileError:
        return None
