"""The figures of an evaluation, from its digests, as JSON data.

Place in the flow: `command` prints them as JSON or through `table`; `compare` puts two beside each
other. Episodes that failed for want of an answer are in no rate; they are listed with reasons.

What it does not do: no words for people, no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_env import metrics
from agent_env.domain import Domain
from agent_env.evaluation.ledger import Digest
from agent_env.evaluation.run import Pair
from agent_env.evaluation.statistics import bootstrap_mean, pass_hat_k, percentile, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a million tokens cost, in any currency; None is unknown."""

    prompt: float | None = None
    completion: float | None = None

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float | None:
        """What these tokens cost; None without any price."""
        if self.prompt is None and self.completion is None:
            return None
        spent = prompt_tokens * (self.prompt or 0.0) + completion_tokens * (self.completion or 0.0)
        return spent / 1e6


def summarize(
    digests: Sequence[Digest],
    *,
    asked: Iterable[Pair],
    baselines: Mapping[str, float] | None = None,
    prices: Prices | None = None,
    domain: Domain | None = None,
) -> dict[str, Any]:
    """Everything that is known about these episodes.

    Args:
        digests: One a pair, failed ones included.
        asked: The pairs that were to be played.
        baselines: Success rates to print beside.
        prices: Of the evaluated model.
        domain: Where the episodes were played; None leaves out what only that domain counts.
    """
    scored = [one for one in digests if one.infra_error is None]
    failed = [one for one in digests if one.infra_error is not None]
    keys, rates = (domain.keys, domain.rates) if domain else ((), ())
    sums = metrics.pool((_filled(one.counts, keys) for one in scored), rates)
    solved = sum(one.success for one in scored)
    number = len(set(asked))
    return {
        "episodes": {
            "asked": number,
            "scored": len(scored),
            "infra_error": len(failed),
            "not_played": number - len(digests),
        },
        "success": {
            "solved": solved,
            "rate": sums["success_rate"],
            "ci95": list(wilson(solved, len(scored))),
        },
        "pass_hat_k": _pass_hat_k(scored),
        "baselines": dict(baselines or {}),
        "parse": _parse(sums),
        "tools": {
            "calls": int(sums["tool/calls"]),
            "error_rate": sums["tool_error_rate"],
            "refused": int(sums["tool/tool_error"]),
            "invalid_arguments": int(sums["tool/invalid_arguments"]),
        },
        "consent": {
            "writes": int(sums["consent/writes"]),
            "agreed": int(sums["consent/agreed"]),
            "rate": sums["consent_rate"],
        },
        "server_lost": _server_lost(scored),
        "turns": _turns(scored, sums),
        "stop": _stops(scored, sums),
        "customer": {key.removeprefix("user/"): int(sums[key]) for key in metrics.USER_KEYS},
        "tokens": _tokens(digests, prices or Prices()),
        "latency_s": _latency(digests),
        "infra_errors": dict(Counter(str(one.infra_error) for one in failed).most_common()),
        "reward": {"mean": _share(sums["reward/total"], len(scored))},
        "own": {
            "counts": {key: sums[key] for key in keys if sums.get(key)},
            "rates": {rate.name: sums[rate.name] for rate in rates if not rate.is_geometric},
            "means": {rate.name: sums[rate.name] for rate in rates if rate.is_geometric},
        },
    }


def _filled(counts: Mapping[str, float], own: Iterable[str]) -> dict[str, float]:
    # A file may be older than a metric, or younger than one that is gone.
    known = (*metrics.episode_keys(), *own)
    return {key: counts.get(key, 0.0) for key in known} | {"episodes": 1.0}


def _pass_hat_k(scored: Sequence[Digest]) -> dict[str, dict[str, Any]]:
    """For each k: the mean over the tasks that have at least k trials, and its interval."""
    tasks: dict[int, list[bool]] = {}
    for one in scored:
        tasks.setdefault(one.pair[0], []).append(one.success)
    most = max(map(len, tasks.values()), default=0)
    table = {}
    for k in range(1, most + 1):
        values = [
            pass_hat_k(sum(trials), len(trials), k)
            for _, trials in sorted(tasks.items())
            if len(trials) >= k
        ]
        table[str(k)] = {
            "rate": sum(values) / len(values),
            "ci95": list(bootstrap_mean(values)),
            "tasks": len(values),
        }
    return table


def _parse(sums: Mapping[str, float]) -> dict[str, Any]:
    return {
        "turns": int(sums["parse/turns"]),
        "malformed": int(sums["parse/malformed"]),
        "failure_rate": sums["parse_failure_rate"],
        "lost_call_rate": sums["lost_call_rate"],
        "strict_failure_rate": sums["strict_failure_rate"],
        "repaired_calls": int(sums["parse/repaired_calls"]),
        "faults": _nonzero(sums, "parse/kind/"),
        "layers": _nonzero(sums, "parse/layer/"),
    }


def _server_lost(scored: Sequence[Digest]) -> dict[str, int]:
    """Calls that a server with tools left in the text, and what hangs on our reading them."""
    return {
        "turns": sum(bool(turn.get("is_rescue")) for one in scored for turn in one.requests),
        "solved_by_rescue": sum(one.success and one.rescued for one in scored),
    }


def _turns(scored: Sequence[Digest], sums: Mapping[str, float]) -> dict[str, Any]:
    finishes = Counter(str(turn.get("finish_reason")) for one in scored for turn in one.requests)
    cut = finishes["length"]
    return {
        "mean": _share(sums["parse/turns"], len(scored)),
        "truncated": cut,
        "truncation_rate": _share(cut, finishes.total()),
        "finish_reasons": dict(finishes.most_common()),
    }


def _stops(scored: Sequence[Digest], sums: Mapping[str, float]) -> dict[str, int]:
    stops = _nonzero(sums, "stop/")
    full = sum(one.context_full for one in scored)
    return stops | ({"of which context_full": full} if full else {})


def _tokens(digests: Sequence[Digest], prices: Prices) -> dict[str, Any]:
    prompt = sum(turn.get("prompt_tokens", 0) for one in digests for turn in one.requests)
    written = sum(turn.get("completion_tokens", 0) for one in digests for turn in one.requests)
    cost = prices.cost(prompt, written)
    return {
        "prompt": prompt,
        "completion": written,
        "per_episode": _share(prompt + written, len(digests)),
        "cost": cost,
        "cost_per_solved": _per(cost, sum(one.success for one in digests)),
    }


def _latency(digests: Sequence[Digest]) -> dict[str, Any]:
    turns = [float(turn.get("latency_s", 0)) for one in digests for turn in one.requests]
    episodes = [one.wall_s for one in digests if one.infra_error is None]
    return {
        "turn_p50": percentile(turns, 0.5),
        "turn_p95": percentile(turns, 0.95),
        "episode_p50": percentile(episodes, 0.5),
        "episode_p95": percentile(episodes, 0.95),
        "retries": sum(len(turn.get("retried", ())) for one in digests for turn in one.requests),
    }


def _nonzero(sums: Mapping[str, float], prefix: str) -> dict[str, int]:
    """The counts under the prefix that are not 0, the largest first."""
    found = {
        key.removeprefix(prefix): int(value)
        for key, value in sums.items()
        if key.startswith(prefix) and value
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _per(cost: float | None, count: int) -> float | None:
    return None if cost is None or not count else cost / count
