"""The recorder notes each generation, changes nothing, and keeps nothing that nobody asks for."""

import asyncio
from typing import Any

from training.generations import Generation, GenerationRecorder


class Client:
    """A client of two methods and one attribute."""

    model_name = "tiny"

    async def generate(self, input_batch: Any, model: str | None = None) -> dict[str, Any]:
        self.asked = model
        ids = [[7] * (number + 1) for number in range(len(input_batch["prompt_token_ids"]))]
        return {"response_ids": ids, "stop_reasons": ["stop", "length"][: len(ids)]}

    async def finish_session(self, session: str) -> str:
        return f"finished {session}"


def ask(recorder: GenerationRecorder, sessions: list[str] | None) -> Any:
    batch = {"prompt_token_ids": [[1, 2, 3], [1]][: len(sessions or "ab")], "session_ids": sessions}
    return asyncio.run(recorder.generate(batch, model="m"))


def test_every_generation_is_noted_under_its_episode_and_handed_out_once() -> None:
    recorder = GenerationRecorder(Client())
    recorder.note()
    ask(recorder, ["a", "b"])
    ask(recorder, ["a"])
    first = Generation(prompt_tokens=3, response_tokens=1, stop_reason="stop")
    assert recorder.take("a") == [first, first]
    assert recorder.take("a") == []
    assert recorder.take("b") == [
        Generation(prompt_tokens=1, response_tokens=2, stop_reason="length")
    ]


def test_what_passes_through_is_the_clients() -> None:
    client = Client()
    recorder = GenerationRecorder(client)
    assert ask(recorder, ["a", "b"]) == {
        "response_ids": [[7], [7, 7]],
        "stop_reasons": ["stop", "length"],
    }
    assert client.asked == "m"
    assert recorder.model_name == "tiny"
    assert asyncio.run(recorder.finish_session("a")) == "finished a"
    assert getattr(recorder, "begin_batch", None) is None


def test_nothing_is_kept_unasked_or_beyond_a_batch() -> None:
    recorder = GenerationRecorder(Client())
    ask(recorder, ["a"])
    assert recorder.take("a") == []
    recorder.note()
    ask(recorder, None)
    ask(recorder, ["a"])
    recorder.note()
    assert recorder.take("a") == []
