"""SkyRL's generator that grows trees of turns instead of playing separate episodes.

Place in the flow: trainer -> here -> the policy's sampler and forks of ``CallforgeEnv`` -> trainer.
``plan.py`` says how trees grow, ``agents.py`` how several agents make one turn, ``training/credit``
what every completion earned. All nodes of a depth, of all tasks and agents, are sampled in one
request, so a batch has as many decodes as a path has turns.

SkyRL trains on one row a completion: its prompt is the agent's conversation at the node, its
response what was sampled there, token for token. Rows are in SkyRL's step-wise mode, the only one
in which a task may have any number of them; each counts as a trajectory of its own and carries its
advantage, which ``training/trainer.py`` hands to the loss unchanged.

A joint action is treated as the worst of its parts is by ``training/hygiene.py``.

What this module does not do: arithmetic, neither of credit nor of metrics.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import skyrl_gym
from skyrl.backends.skyrl_train.inference_servers.base import InferenceEngineInput
from skyrl.train.generators.base import GeneratorInput, GeneratorOutput, TrajectoryID
from skyrl.train.generators.utils import get_rollout_metrics

from training.credit import tree_advantages
from training.credit.tree import joint_returns
from training.env_adapter import CallforgeEnv
from training.generations import Generation
from training.generator import MeasuredGenerator
from training.hygiene import Treatment, looked_at, tokens_of, treat
from training.metrics import batch_metrics
from training.trainer import CREDIT, BatchCredit
from training.trees import paths as tree_paths
from training.trees import rows as tree_rows
from training.trees.agents import CODE_DOMAINS, joint_turn, notes_for, role_of
from training.trees.paths import Path
from training.trees.plan import TreePlan, credit_nodes, grow
from training.trees.rows import Branch, Completion, Forkable, Position, Row, Tree
from training.trees.stopwatch import Stopwatch
from training.turns import turn_metrics


class TreeGenerator(MeasuredGenerator):
    """Grows one tree a task.

    Attributes:
        plan: The shape of the trees.
        mean_stop: See ``training.trees.plan.grow``.
        gamma: Discount per turn.
    """

    plan: TreePlan
    mean_stop: float | None = None
    gamma: float = 1.0
    _since: float | None = None

    async def generate(
        self, input_batch: GeneratorInput, disable_tqdm: bool = True
    ) -> GeneratorOutput:
        """One row a completion, those of a task next to each other, with metrics of the batch."""
        watch, step = Stopwatch(self._since), input_batch["batch_metadata"].global_step
        begin_batch = getattr(self.inference_engine_client, "begin_batch", None)
        if begin_batch is not None:  # the lockstep client then decodes what it is given at once
            begin_batch(step, [])
        with watch.named():
            trees = await self._open(input_batch)
        growth = _Growth(self, input_batch.get("sampling_params"), watch)
        try:
            await grow(
                trees,
                self.plan,
                sample=growth.sample,
                act=growth.act,
                can_go_on=self._has_room,
                mean_stop=self.mean_stop,
            )
        finally:
            for root in trees:
                await self.inference_engine_client.finish_session(root.state.task)
        nodes = credit_nodes(trees)
        advantages = tree_advantages(nodes, self.gamma)
        rows = tree_rows.rows(trees, advantages)
        played = tree_paths.paths_of(trees, advantages, joint_returns(nodes, self.gamma))
        with watch.named():
            metrics = self._record(step, played)
            if not self._examined:
                tree_paths.check_trees(self.tokenizer, trees)
                self._examined = True
        metrics |= tree_rows.metrics(trees, self.plan)
        output = _output(rows)
        output["rollout_metrics"] |= metrics | watch.bookkeeping()
        self._since = time.monotonic()
        return output

    async def _open(self, input_batch: GeneratorInput) -> list[Tree]:
        """The root of each task's tree.

        SkyRL names every task several times, once for each sample it thinks of.

        Raises:
            ValueError: A first prompt leaves no room for a turn.
        """
        trees: dict[str, Tree] = {}
        for one, prompt, env_class, extras in zip(
            input_batch["trajectory_ids"],
            input_batch["prompts"],
            input_batch["env_classes"],
            input_batch["env_extras"],
            strict=True,
        ):
            if (task := one.instance_id) in trees:
                continue
            config = getattr(self.skyrl_gym_cfg, env_class, {})
            env = skyrl_gym.make(env_class, env_config=config, extras=extras)
            messages, _ = await self._run_in_executor_if_available(env.init, prompt)
            position = Position(task=task, env=env, conversations=self._opening(env, messages))
            if not self._has_room(position):
                tokens = max(map(len, position.conversations))
                raise ValueError(
                    f"task {task} opens with {tokens} tokens, more than "
                    f"rl.max_input_tokens={self.generator_cfg.max_input_length}; raise that"
                )
            trees[task] = Tree(path=(), state=position)
        return list(trees.values())

    def _opening(
        self, env: CallforgeEnv, messages: Sequence[dict[str, str]]
    ) -> tuple[list[int], ...]:
        """Of each agent, the tokens of the first messages with its role."""
        conversations = []
        for agent in range(self.plan.agents):
            system, *others = messages
            if role := role_of(env.domain_name, agent, self.plan.agents):
                system = {**system, "content": f"{system['content']}\n\n{role}"}
            conversations.append(
                self.tokenizer.apply_chat_template(
                    [system, *others],
                    add_generation_prompt=True,
                    tokenize=True,
                    return_dict=False,
                    **self.generator_cfg.chat_template_kwargs,
                )
            )
        return tuple(conversations)

    def _has_room(self, position: Position) -> bool:
        """Whether every agent may take another turn; SkyRL's own rule for its episodes."""
        longest: int = self.generator_cfg.max_input_length
        return all(len(ids) <= longest for ids in position.conversations)

    def _record(self, step: int, played: Sequence[Path]) -> dict[str, float]:
        """The batch's metrics; its episodes go where all episodes go."""
        episodes = [tree_paths.episode_of(path) for path in played]
        self.on_batch(step, episodes)
        weighted = [
            episode
            for episode, path in zip(episodes, played, strict=True)
            for _ in range(path.weight(self.plan))
        ]
        metrics = batch_metrics(
            [e.counts for e in weighted],
            [e.rewards for e in weighted],
            [e.group for e in weighted],
            self.rates,
        )
        return metrics | turn_metrics(weighted, max_turns=self.plan.turns, gamma=self.gamma)


class _Growth:
    """Samples completions and takes joint actions while the trees of one batch grow."""

    def __init__(
        self,
        generator: TreeGenerator,
        sampling_params: dict[str, Any] | None,
        watch: Stopwatch,
    ) -> None:
        self._generator = generator
        self._sampling_params = sampling_params
        self._watch = watch
        self._salt = generator._compute_cache_salt()

    async def sample(self, nodes: Sequence[Tree]) -> list[list[list[Completion]]]:
        """The completions of all these nodes, in one request."""
        plan = self._generator.plan
        places = [
            (node, agent)
            for node in nodes
            for agent in range(plan.agents)
            for _ in range(plan.generations)
        ]
        request = InferenceEngineInput(
            prompt_token_ids=[node.state.conversations[agent] for node, agent in places],
            session_ids=[node.state.task for node, _ in places],
            sampling_params=self._sampling_params,
            cache_salt=self._salt,
        )
        with self._watch.named():
            answer = await self._generator.inference_engine_client.generate(
                request, model=self._generator.policy_model_name
            )
        logprobs = answer.get("response_logprobs") or [None] * len(places)
        completions = (
            self._completion(node.state, agent, text, list(ids), logprob, reason)
            for (node, agent), text, ids, logprob, reason in zip(
                places,
                answer["responses"],
                answer["response_ids"],
                logprobs,
                answer["stop_reasons"],
                strict=True,
            )
        )
        return [
            [[next(completions) for _ in range(plan.generations)] for _ in range(plan.agents)]
            for _ in nodes
        ]

    def _completion(
        self,
        state: Position,
        agent: int,
        text: str,
        ids: list[int],
        logprobs: list[float] | None,
        stop_reason: str,
    ) -> Completion:
        """What was sampled, and as much of it as the loss may see."""
        look = looked_at(text, stop_reason, wants_code=state.env.domain_name in CODE_DOMAINS)
        treated = treat(
            [look],
            [(0, len(ids))],
            [1] * len(ids),
            [0.0] * len(ids),
            least_reward=0.0,
            kept_tokens=lambda _turn, chars: tokens_of(self._decode, ids, chars),
        )
        return Completion(
            text=text,
            ids=ids,
            logprobs=logprobs,
            generation=Generation(
                prompt_tokens=len(state.conversations[agent]),
                response_tokens=len(ids),
                stop_reason=stop_reason,
            ),
            look=look,
            trained_tokens=sum(treated.loss_mask),
        )

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._generator.tokenizer.decode(ids, skip_special_tokens=False))

    async def act(self, taken: Sequence[tuple[Tree, tuple[int, ...]]]) -> list[Branch]:
        """The edges of these joint actions, each in a fork of its node's environment."""
        forks = [node.state.env.fork() for node, _ in taken]
        turns = [
            tuple(of_agent[k] for of_agent, k in zip(node.completions, picks, strict=True))
            for node, picks in taken
        ]
        run = self._generator._run_in_executor_if_available
        with self._watch.named():
            results = await asyncio.gather(
                *(
                    run(env.step, joint_turn(env.domain_name, [part.text for part in parts]))
                    for env, parts in zip(forks, turns, strict=True)
                )
            )
            return [
                self._edge(node, picks, env, parts, result)
                for (node, picks), env, parts, result in zip(
                    taken, forks, turns, results, strict=True
                )
            ]

    def _edge(
        self,
        node: Tree,
        picks: tuple[int, ...],
        env: Forkable,
        parts: tuple[Completion, ...],
        result: Any,
    ) -> Branch:
        """The edge with every agent's conversation as it goes on from there."""
        is_last = result["done"] or node.depth + 1 == self._generator.plan.turns
        conversations = () if is_last else self._continued(node, parts, result["observations"])
        return Branch(
            picks=picks,
            reward=tree_rows.treated_reward(
                result["reward"], parts, env.least_reward, env.taken_back
            ),
            is_done=result["done"],
            is_spoilt=env.is_spoilt or any(p.look.treatment is Treatment.ABORTED for p in parts),
            state=Position(task=node.state.task, env=env, conversations=conversations, parts=parts),
        )

    def _continued(
        self, node: Tree, parts: tuple[Completion, ...], observations: list[dict[str, str]]
    ) -> tuple[list[int], ...]:
        """Of each agent, its conversation with its words, what the world said and the others."""
        generator, texts = self._generator, [part.text for part in parts]
        conversations = []
        for agent, (before, part) in enumerate(zip(node.state.conversations, parts, strict=True)):
            seen = list(observations)
            if seen and (notes := notes_for(agent, texts)):
                seen[-1] = {**seen[-1], "content": f"{seen[-1]['content']}\n\n{notes}"}
            observed = generator.get_obs_ids_from_obs(seen, False)
            conversations.append([*before, *part.ids, *self._missing_end(part), *observed])
        return tuple(conversations)

    def _missing_end(self, part: Completion) -> list[int]:
        """The end token where a stop string ended the turn, as SkyRL adds it; never trained."""
        config, end = self._generator.generator_cfg, self._generator.tokenizer.eos_token_id
        params = self._sampling_params or {}
        stops = tuple(params.get("stop") or config.sampling_params.stop or ())
        ended = bool(stops) and part.text.endswith(stops) and part.ids[-1] != end
        return [end] if ended and config.append_eos_token_after_stop_str_in_multi_turn else []


def _output(rows: Sequence[Row]) -> GeneratorOutput:
    """The rows as SkyRL's trainer takes them."""
    responses = [row.completion.ids for row in rows]
    masks, rewards = [row.mask for row in rows], [row.token_rewards for row in rows]
    logprobs = [row.completion.logprobs for row in rows]
    output = GeneratorOutput(
        prompt_token_ids=[row.prompt_ids for row in rows],
        response_ids=responses,
        rewards=rewards,
        loss_masks=masks,
        stop_reasons=[row.completion.generation.stop_reason for row in rows],
        rollout_metrics=get_rollout_metrics(responses, rewards, loss_masks=masks),
        rollout_logprobs=None if None in logprobs else logprobs,
        trajectory_ids=[
            TrajectoryID(instance_id=row.task, repetition_id=number)
            for number, row in enumerate(rows)
        ],
        is_last_step=[True] * len(rows),
    )
    output[CREDIT] = BatchCredit(
        spans=[[(0, row.trained_tokens)] if row.trained_tokens else [] for row in rows],
        lengths=[len(ids) for ids in responses],
        advantages=[[row.advantage] if row.trained_tokens else [] for row in rows],
    )
    return output
