"""Exported files through SkyRL's own reader and into the environment."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_env import load_domain
from agent_env.__main__ import main
from training import compat

compat.prepare_process()

from skyrl.train.dataset import PromptDataset  # noqa: E402 - imports only after prepare_process

from training.env_adapter import CallforgeEnv  # noqa: E402


class WordTokenizer:
    """As much of a tokenizer as the reader needs to measure prompts."""

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> list[int]:
        return [0 for message in messages for _ in message["content"].split()]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_skyrl_reads_what_is_exported_and_the_environment_plays_it(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"tasks.{kind}"
    assert main(["tasks", "export", "--count", "5", "--seed", "1", "--out", str(path)]) == 0
    data = PromptDataset([str(path)], WordTokenizer(), max_prompt_length=100_000, num_workers=1)
    domain = load_domain("retail")
    assert len(data) == 5
    for number, task in enumerate(domain.tasks(5, 1)):
        prompt, env_class, extras, _ = data[number]
        assert env_class == "callforge"
        assert prompt == [
            {"role": "system", "content": domain.system_prompt},
            {"role": "user", "content": task.opening},
        ]
        assert json.loads(extras["task"]) == json.loads(json.dumps(task.to_dict()))
        env = CallforgeEnv(extras=extras)
        env.init(prompt)
        assert not env.step("One moment, please.")["done"]
