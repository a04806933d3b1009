"""Every exploit program of tests/cheats before the judge: what it said, and whether one passed.

Each program says in its docstring what it tries, where it stands in the catalogue of hacks and what
must become of it. It is judged twice: by the static rules alone, and by running it with the rules
switched off, so that the cage, the checks and the clock have to hold by themselves.

    rules: refuse NAME | flag NAME | none
    runs:  STATUS [HACK], alternatives joined by "or"; "not at all" is left to the rules
           harmless [X]  correct, but what it tried failed: it printed no GAINED, and where it is
                         timed, it was at most X times (1.25) as fast as the baseline

    python benchmarks/cheats.py [NAME ...] [--honest]

Exit status: 1 when a program passed that should not, or with --honest when an honest one was
turned down.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agent_env.kernels.judge import Judge
from agent_env.kernels.limits import Limits
from agent_env.kernels.policy import Severity, check_source
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

ROOT = Path(__file__).resolve().parent.parent
CHEATS = ROOT / "tests" / "cheats"
HONEST = ROOT / "tests" / "agent_env" / "kernels"
LIMITS = Limits(load_s=15.0, call_s=3.0, evaluation_s=30.0)
NO_GAIN_X = 1.25
"""How fast a program may seem that computes as the baseline does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheat:
    """One exploit program.

    Attributes:
        name: Of its file.
        hack: Class and number in the catalogue, such as "B11".
        task: What it pretends to compute.
        rules: What the static rules must say.
        runs: What must become of it when it runs.
        timed: Whether it must be timed to see that.
        code: The program.
    """

    name: str
    hack: str
    task: str
    rules: str
    runs: str
    timed: bool
    code: str


def read_cheat(path: Path) -> Cheat:
    """The program of a file with what its docstring says of it.

    Raises:
        ValueError: The docstring does not say it.
    """
    code = path.read_text(encoding="utf-8")
    words = ast.get_docstring(ast.parse(code)) or ""
    told = dict(re.findall(r"^ *(hack|task|rules|runs|timed): +(.+)$", words, re.MULTILINE))
    if not {"hack", "task", "rules", "runs"} <= told.keys():
        raise ValueError(f"{path} does not say its hack, task, rules and runs.")
    timed = told.pop("timed", "no") == "yes"
    return Cheat(name=path.stem, code=code, timed=timed, **told)


def read_cheats() -> list[Cheat]:
    """Every exploit program, by class and number."""
    found = [read_cheat(path) for path in CHEATS.glob("*.py")]
    return sorted(found, key=lambda one: (one.hack[0], int(one.hack[1:]), one.name))


def what_rules_say(code: str) -> str:
    """The first refusal, else the first flag, else "none", as `rules:` has it."""
    found = check_source(code)
    refused = [f"refuse {one.rule}" for one in found if one.severity is Severity.REFUSE]
    flagged = [f"flag {one.rule}" for one in found if one.severity is Severity.FLAG]
    return (refused or flagged or ["none"])[0]


def run(cheat: Cheat, judge: Judge) -> Verdict:
    """The verdict on a cheat that is run; the judge must not ask the static rules."""
    return judge.evaluate(cheat.code, load_task(cheat.task), timed=cheat.timed)


def passed(cheat: Cheat, verdict: Verdict) -> str:
    """How the program got further than it should; empty when it did not."""
    told = " ".join([verdict.status.value, *verdict.hacks])
    wanted = cheat.runs.split(" or ")
    if told in wanted:
        return ""
    harmless = next((one for one in wanted if one.startswith("harmless")), None)
    if harmless is None or verdict.status is not Status.CORRECT:
        return f"{told} instead of {cheat.runs}: {verdict.reason}"
    return _gain(verdict, float(harmless.partition(" ")[2] or NO_GAIN_X))


def _gain(verdict: Verdict, most_x: float) -> str:
    gained = [line for line in verdict.log.splitlines() if line.startswith("GAINED")]
    if gained:
        return gained[0]
    timing = verdict.timing
    if timing is not None and not timing.noisy and timing.speedup_ci[0] > most_x:
        return f"it was believed to be {timing.speedup_x:.2f} times as fast"
    return ""


def table(cheats: Sequence[Cheat], judge: Judge) -> list[str]:
    """Prints a line a cheat; returns the names of those that passed."""
    through: list[str] = []
    totals: Counter[str] = Counter()
    print(f"{'program':38}{'hack':>5}  {'static rules':28}{'when it runs':36}{'s':>6}")
    for cheat in cheats:
        begin = time.monotonic()
        said = what_rules_say(cheat.code)
        faults = [] if said == cheat.rules else [f"the rules say {said}, not {cheat.rules}"]
        shown = "(left to the rules)"
        if cheat.runs != "not at all":
            verdict = run(cheat, judge)
            shown = " ".join([verdict.status.value, *verdict.hacks])
            if verdict.timing is not None:
                noisy = " noisy" if verdict.timing.noisy else ""
                shown += f" {verdict.timing.speedup_x:.2f}x{noisy}"
            faults += [fault for fault in [passed(cheat, verdict)] if fault]
        took = time.monotonic() - begin
        print(f"{cheat.name:38}{cheat.hack:>5}  {said:28}{shown:36}{took:6.2f}", flush=True)
        for fault in faults:
            print(f"{'':8}PASSED: {fault}")
        totals[said.split()[0]] += 1
        totals[f"runs: {shown.split()[0]}"] += 1
        through += [cheat.name] if faults else []
    print(f"\n{len(cheats)} cheats:", ", ".join(f"{n} {what}" for what, n in totals.items()))
    return through


def honest(judge: Judge) -> list[str]:
    """Prints how many honest programs there are; returns the names of those turned down."""
    turned_down = []
    paths = sorted([*HONEST.glob("solutions/*.py"), *HONEST.glob("honest/*.py")])
    for path in paths:
        task = honest_task(path)
        verdict = judge.evaluate(path.read_text(encoding="utf-8"), load_task(task), timed=False)
        if verdict.status is not Status.CORRECT or verdict.hacks:
            print(f"{path.stem:38}turned down: {verdict.status.value} {verdict.reason}")
            turned_down.append(path.stem)
    print(f"{len(paths)} honest programs: {len(turned_down)} turned down")
    return turned_down


def honest_task(path: Path) -> str:
    """The task of an honest program: said in its docstring, else the front of its name."""
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    told = re.search(r"^ *task: +(\w+)$", words, re.MULTILINE)
    return told.group(1) if told else path.stem.rpartition("_")[0]


def main(argv: Sequence[str] | None = None) -> int:
    """0 when no cheat passed and no honest program was turned down, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these programs of tests/cheats")
    parser.add_argument("--honest", action="store_true", help="the honest programs too")
    options = parser.parse_args(argv)
    cheats = [one for one in read_cheats() if not options.names or one.name in options.names]
    unknown = set(options.names) - {one.name for one in cheats}
    if unknown:
        parser.error(f"There is no program {', '.join(sorted(unknown))} in {CHEATS}.")
    with tempfile.TemporaryDirectory() as cache:
        with Judge(cache, limits=LIMITS, static_rules=False) as judge:
            judge.isolation()  # starts what every evaluation forks from
            wrong = table(cheats, judge)
        if options.honest:
            with Judge(cache) as judge:  # honest work may take its time on a full machine
                wrong += honest(judge)
    print("\n".join(f"wrong: {name}" for name in wrong) or "nothing passed that should not")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
