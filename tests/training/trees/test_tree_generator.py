"""The generator of trees, with a scripted sampler: what is asked, played, credited and trained."""

import asyncio
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent_env import ToolEnv
from training import compat, jsonl

compat.prepare_process()

from skyrl.train.generators.utils import prepare_generator_input  # noqa: E402 - see above
from skyrl.train.utils.trainer_utils import validate_generator_output  # noqa: E402

from training import env_adapter, estimator  # noqa: E402
from training.batch import Episode  # noqa: E402
from training.config import RunConfig, load  # noqa: E402
from training.contradictions import tree_plan  # noqa: E402
from training.dataset import load_run_domain, write_dataset  # noqa: E402
from training.hygiene import Treatment  # noqa: E402
from training.skyrl_config import skyrl_config  # noqa: E402
from training.trainer import TurnTrainer  # noqa: E402
from training.trees.generator import TreeGenerator  # noqa: E402
from training.trees.rows import treated_reward  # noqa: E402
from training.warm_start.corpus import right  # noqa: E402
from training.warm_start.tokenizer import END, train_tokenizer  # noqa: E402

CPU = Path("training/configs/cpu.yaml")
PROMPTS = 3


class ScriptedSampler:
    """Stands in for the inference client: draws every turn from a list of texts."""

    def __init__(self, tokenizer: Any, texts: Sequence[str]) -> None:
        self.tokenizer, self.texts = tokenizer, texts
        self.rng = random.Random(3)
        self.ends: dict[str, str] = {}
        self.requests: list[dict[str, Any]] = []
        self.finished: list[str] = []

    async def generate(self, request: Any, model: str | None = None) -> dict[str, Any]:
        self.requests.append(request)
        said = [self.rng.choice(self.texts) for _ in request["prompt_token_ids"]]
        ids = [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in said]
        return {
            "responses": said,
            "response_ids": ids,
            "response_logprobs": [[-1.0] * len(one) for one in ids],
            "stop_reasons": [self.ends.get(text, "stop") for text in said],
        }

    async def finish_session(self, session_id: str) -> None:
        self.finished.append(session_id)


Batch = SimpleNamespace


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    texts = ["Look up #W7, please.", "You are agent 1 of 2.", "The order is cancelled."]
    return train_tokenizer(texts, vocabulary=320)


@pytest.fixture
def batch(tokenizer: Any, tmp_path: Path) -> Callable[..., Batch]:
    """Grows the trees of one batch with these settings."""

    def grown(
        *overrides: str,
        texts: Sequence[str] = (),
        ends: Mapping[str, str] | None = None,
        mean_stop: float | None = None,
    ) -> Batch:
        env_adapter.register()
        estimator.register()
        config = load(("rl.max_input_tokens=4000", "steps=1", *overrides), CPU)
        dataset = tmp_path / "dataset.jsonl"
        write_dataset(config, dataset)
        rows = jsonl.read(dataset)[:PROMPTS]
        cfg = skyrl_config(config, run_dir=tmp_path, dataset=dataset, model_path="m")
        sampler = ScriptedSampler(tokenizer, texts or script_of(config))
        sampler.ends = dict(ends or {})
        generator = TreeGenerator(
            generator_cfg=cfg.generator,
            skyrl_gym_cfg=cfg.environment.skyrl_gym,
            inference_engine_client=sampler,
            tokenizer=tokenizer,
            policy_model_name="m",
        )
        plan = tree_plan(config)
        assert plan is not None
        generator.plan, generator.mean_stop = plan, mean_stop
        generator.gamma = cfg.trainer.algorithm.gamma
        logged: list[Episode] = []
        generator.on_batch = lambda _step, episodes: logged.extend(episodes)
        prompts = [
            {
                "prompt": row["prompt"],
                "env_class": row["env_class"],
                "env_extras": {"task": row["task"], "episode": row["episode"]},
                "uid": str(number),
            }
            for number, row in enumerate(rows)
        ]
        taken, _ = prepare_generator_input(
            prompts, cfg.generator.n_samples_per_prompt, {}, "callforge", "train", 1
        )
        output = asyncio.run(generator.generate(taken))
        validate_generator_output(len(taken["prompts"]), output, step_wise=True)
        return Batch(
            output=output,
            episodes=logged,
            sampler=sampler,
            plan=plan,
            metrics=output["rollout_metrics"],
            tokenizer=tokenizer,
            cfg=cfg,
        )

    return grown


def script_of(config: RunConfig) -> list[str]:
    """What a good agent says in these tasks, and two ways of saying nothing."""
    domain = load_run_domain(config)
    tasks = domain.tasks(config.steps * config.rl.prompts, seed=config.seed)[:PROMPTS]
    said = [one if isinstance(one, str) else right(one) for t in tasks for one in domain.oracle(t)]
    return [f"{one}{END}" for one in (*said, "```", "I will look.")]


ALIGN = ("tree.turns=2", "tree.generations=3")
CROSS = ("tree.turns=2", "tree.generations=2", "tree.joint_mode=cross", "agents=2")
MODES = pytest.mark.parametrize("mode", [ALIGN, (*ALIGN, "agents=2"), CROSS])


@MODES
def test_each_depth_is_one_request_and_each_completion_one_row(
    batch: Callable[..., Batch], mode: tuple[str, ...]
) -> None:
    made = batch(*mode, texts=[f"I will look.{END}"])
    size = made.plan.count()
    per_node = made.plan.generations * made.plan.agents
    asked = [len(request["prompt_token_ids"]) for request in made.sampler.requests]
    widths = [1, made.plan.joint_actions]
    assert asked == [PROMPTS * width * per_node for width in widths]
    assert len(made.output["response_ids"]) == PROMPTS * size.generations
    assert len(made.episodes) == PROMPTS * size.leaves
    assert made.metrics["tree/nodes"] == PROMPTS * size.nodes
    assert made.metrics["tree/steps"] == PROMPTS * size.steps
    assert made.metrics["tree/early_stop_frac"] == 0
    assert made.sampler.finished == ["0", "1", "2"]
    uids = [one.instance_id for one in made.output["trajectory_ids"]]
    assert [uid for uid, _ in itertools.groupby(uids)] == ["0", "1", "2"]


@MODES
def test_rows_continue_what_was_asked_token_for_token(
    batch: Callable[..., Batch], mode: tuple[str, ...]
) -> None:
    made = batch(*mode)
    asked = [ids for request in made.sampler.requests for ids in request["prompt_token_ids"]]
    trained = made.output["prompt_token_ids"]
    assert sorted(map(tuple, asked)) == sorted(map(tuple, trained))
    for ids, logprobs in zip(
        made.output["response_ids"], made.output["rollout_logprobs"], strict=True
    ):
        assert len(ids) == len(logprobs)


@MODES
def test_every_row_carries_the_advantage_that_the_credit_function_gives(
    batch: Callable[..., Batch], mode: tuple[str, ...]
) -> None:
    """Recomputed from the episodes that were logged, by brute force over all paths."""
    made = batch(*mode, "rl.gamma=0.5")
    expected = by_paths(made, gamma=0.5)
    values = [value for (value,) in made.output["credit"].advantages]
    assert sorted(values) == pytest.approx(sorted(expected))
    assert max(values) > 0 > min(values)


def by_paths(made: Batch, gamma: float) -> list[float]:
    """Advantages of all completions, from rewards along the logged paths alone."""
    plan, result = made.plan, []
    picks = list(plan.picks())
    for task in ("0", "1", "2"):
        played = {
            episode.session.split("_", 1)[1]: episode.rewards
            for episode in made.episodes
            if episode.group == task
        }

        def reward_and_more(prefix: tuple[str, ...], played: Any = played) -> float:
            found = next(
                r for name, r in played.items() if name.split(".")[: len(prefix)] == [*prefix]
            )
            value = found[len(prefix) - 1]
            on = [
                (*prefix, pick_name(pick))
                for pick in picks
                if any(
                    name.split(".")[: len(prefix) + 1] == [*prefix, pick_name(pick)]
                    for name in played
                )
            ]
            return value + gamma * (sum(map(reward_and_more, on)) / len(on) if on else 0.0)

        nodes = [((), 1.0)]
        nodes += [
            ((pick_name(pick),), 1.0 / plan.joint_actions)
            for pick in picks
            if any(name.startswith(f"{pick_name(pick)}.") for name in played)
        ]
        for prefix, weight in nodes:
            for agent in range(plan.agents):
                worth = [
                    [
                        reward_and_more((*prefix, pick_name(pick)))
                        for pick in picks
                        if pick[agent] == number
                    ]
                    for number in range(plan.generations)
                ]
                means = [sum(values) / len(values) for values in worth]
                for mean in means:
                    others = (sum(means) - mean) / (len(means) - 1)
                    result.append(weight * (mean - others))
    return result


def pick_name(pick: Sequence[int]) -> str:
    return "-".join(map(str, pick))


def test_agents_have_their_roles_and_read_each_others_words(batch: Callable[..., Batch]) -> None:
    made = batch(*CROSS, texts=[f"I will look.{END}"])
    first, second = made.sampler.requests
    openings = [made.tokenizer.decode(ids) for ids in first["prompt_token_ids"][:4]]
    assert ["agent 1 of 2. Agent 2 acts" in text for text in openings] == [True, True, False, False]
    assert ["agent 2 of 2. You act" in text for text in openings] == [False, False, True, True]
    later = [made.tokenizer.decode(ids) for ids in second["prompt_token_ids"][:4]]
    assert ["Agent 2 wrote:\n> I will look." in text for text in later] == [
        True,
        True,
        False,
        False,
    ]
    assert ["Agent 1 wrote:\n> I will look." in text for text in later] == [
        False,
        False,
        True,
        True,
    ]
    told = made.episodes[0].trajectory["agents"]
    assert [[part["text"] for part in parts] for parts in told] == [[f"I will look.{END}"] * 2] * 2


def test_a_path_that_ends_early_counts_for_all_that_could_have_grown(
    batch: Callable[..., Batch],
) -> None:
    made = batch("tree.turns=3", "tree.generations=2", mean_stop=-9.0)
    assert made.metrics["tree/mean_stop_frac"] == 1.0
    assert made.metrics["tree/early_stop_frac"] == 1.0
    assert len(made.episodes) == PROMPTS * 2
    assert made.metrics["episodes"] == PROMPTS * 2**3


def test_a_full_conversation_grows_no_further(batch: Callable[..., Batch]) -> None:
    open_ended = batch(*ALIGN, texts=[f"I will look.{END}"])
    longest = max(map(len, open_ended.sampler.requests[0]["prompt_token_ids"]))
    made = batch(*ALIGN, f"rl.max_input_tokens={longest}", texts=[f"I will look.{END}"])
    assert made.metrics["tree/nodes"] == PROMPTS
    assert made.metrics["stop/unfinished"] == made.metrics["episodes"]


def test_a_first_prompt_that_fills_the_model_is_told_with_its_numbers(
    batch: Callable[..., Batch],
) -> None:
    with pytest.raises(
        ValueError, match=r"opens with \d+ tokens, more than rl.max_input_tokens=190"
    ):
        batch(*ALIGN, "agents=2", "rl.max_input_tokens=190")


def test_what_the_environment_spoilt_is_neither_trained_nor_counted(
    batch: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, calls = ToolEnv.step, itertools.count()

    def failing(self: Any, turn: Any) -> Any:
        if next(calls) % 4 == 1:
            raise ConnectionError("the shop is closed")
        return step(self, turn)

    monkeypatch.setattr(ToolEnv, "step", failing)
    made = batch(*ALIGN)
    trained = [any(mask) for mask in made.output["loss_masks"]]
    assert 0 < sum(trained) < len(trained)
    assert [len(values) for values in made.output["credit"].advantages] == list(map(int, trained))
    assert made.metrics["tree/spoilt_frac"] > 0
    assert made.metrics["infra_error"] > 0


LOOP = "again and " * 60
CUT = "I will look at the or"


@MODES
def test_what_was_cut_off_earns_nothing_and_is_hidden_and_a_loop_costs_the_most(
    batch: Callable[..., Batch], mode: tuple[str, ...]
) -> None:
    said = [f"I will look.{END}", CUT, LOOP]
    made = batch(*mode, texts=said, ends={CUT: "length", LOOP: "length"})
    rows = made.output
    for ids, mask in zip(rows["response_ids"], rows["loss_masks"], strict=True):
        text = made.tokenizer.decode(ids)
        if text == CUT:
            assert not any(mask)
        elif text == LOOP:
            assert 0 < sum(mask) < len(mask) / 4
            assert mask == sorted(mask, reverse=True)
        else:
            assert all(mask)
    spans = [[(0, sum(mask))] if any(mask) else [] for mask in rows["loss_masks"]]
    assert rows["credit"].spans == spans
    for episode in made.episodes:
        for number, reward in enumerate(episode.rewards):
            parts = [episode.trajectory["turns"][number]["text"]]
            if "agents" in episode.trajectory:
                parts = [part["text"] for part in episode.trajectory["agents"][number]]
            assert reward == (-0.5 if LOOP in parts else 0.0)
    assert made.metrics["treated/truncated"] > 0
    assert made.metrics["treated/degenerate"] > 0
    trained_as_recorded(made)


def test_an_aborted_generation_spoils_its_joint_action(batch: Callable[..., Batch]) -> None:
    said = [f"I will look.{END}", "never mind"]
    made = batch(*ALIGN, texts=said, ends={"never mind": "abort"})
    for ids, mask in zip(made.output["response_ids"], made.output["loss_masks"], strict=True):
        if made.tokenizer.decode(ids) == "never mind":
            assert not any(mask)
    assert made.metrics["tree/spoilt_frac"] > 0
    assert made.metrics["infra_error"] > 0


def test_bookkeeping_is_measured(batch: Callable[..., Batch]) -> None:
    made = batch(*ALIGN)
    assert 0 < made.metrics["tree/bookkeeping_frac"] < 1
    assert made.metrics["tree/bookkeeping_s"] > 0


@MODES
def test_what_skyrl_trains_on_is_what_the_credit_function_gives(
    batch: Callable[..., Batch], mode: tuple[str, ...]
) -> None:
    trained_as_recorded(batch(*mode))


def trained_as_recorded(made: Batch) -> None:
    """SkyRL's own conversion, padding and step-wise branch lie between the two."""
    trainer = TurnTrainer.__new__(TurnTrainer)
    trainer.cfg, trainer.tokenizer = made.cfg, made.tokenizer
    trainer.all_metrics, trainer.global_step = {}, 1
    made.cfg.trainer.train_batch_size = PROMPTS
    made.cfg.trainer.policy_mini_batch_size = PROMPTS
    trainer.dispatch = SimpleNamespace(get_lcm_dp_size=lambda: 7)  # so that SkyRL pads
    uids = [one.instance_id for one in made.output["trajectory_ids"]]
    made.output, uids = trainer.postprocess_generator_output(made.output, uids)
    trained = trainer.convert_to_training_input(made.output, uids)
    trained["values"] = None
    trained = trainer.compute_advantages_and_returns(trained)
    assert len(trained["advantages"]) % 7 == 0
    rows = zip(
        made.output["response_ids"],
        made.output["loss_masks"],
        made.output["credit"].advantages,
        strict=True,
    )
    for row, (ids, mask, values) in zip(trained["advantages"], rows, strict=False):
        assert row[-len(ids) :].tolist() == pytest.approx(
            [values[0] if bit else 0.0 for bit in mask]
        )
        assert not row[: -len(ids)].any()
    assert not trained["loss_mask"][len(made.output["response_ids"]) :].any()


@pytest.mark.parametrize(
    ("treatments", "earned"),
    [
        (("trained", "trained"), -1.9),
        (("trained", "truncated"), -1.4),
        (("truncated", "degenerate"), -1.9),
    ],
)
def test_a_cut_off_joint_action_keeps_what_it_took_back(
    treatments: tuple[str, ...], earned: float
) -> None:
    """What was earned before fraud is not kept by having the fraud cut off."""
    parts: Any = [SimpleNamespace(look=SimpleNamespace(treatment=Treatment(t))) for t in treatments]
    assert treated_reward(-1.9, parts, -0.5, taken_back=-1.4) == earned


def test_a_sampler_that_gave_up_before_its_first_token_has_no_rows(
    batch: Callable[..., Batch],
) -> None:
    made = batch(*ALIGN, texts=["", f"I will look.{END}"], ends={"": "abort"})
    out = made.output
    assert all(out["response_ids"])
    assert 0 < len(out["response_ids"]) < made.metrics["tree/generations"]
    for ids, rewards, mask in zip(
        out["response_ids"], out["rewards"], out["loss_masks"], strict=True
    ):
        assert len(ids) == len(rewards) == len(mask)
