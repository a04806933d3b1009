"""One OpenAI-compatible endpoint: a request in, an `Answer` out, or an `EnvError` that says why.

Place in the flow: the evaluated model and the customer that a model plays both speak through an
`Endpoint`. It is the only module that imports `openai`, and only once a request is made.

Rate limits, failing servers, time-outs, cut connections and answers without content that can be
used are tried again, with waits that double and jitter, or as long as the server asks for. What
does not pass (a refused key, an unknown model) is not. Nothing is ever answered in place of a
server that did not answer.

What it does not do: no streaming, no reading of what the model wrote, no budget.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from random import Random
from typing import TYPE_CHECKING, Any

from agent_env.errors import EnvError

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

_RETRIED = frozenset({408, 409, 425, 429})
"""Statuses below 500 that may pass."""
_LONGEST_ASKED_S = 120.0
"""A server that asks for a longer wait than this is asked again after this long."""
_LONGEST_TIMEOUT_S = 1e6
"""Eleven days; clocks of sockets do not hold every number."""
_MOST_TOKENS = 10**12
"""What a server counts beyond this is no count of one answer's tokens."""


class ContextFullError(EnvError):
    """The conversation no longer fits the model's context: no failure of the endpoint."""


class _UnusableError(Exception):
    """An answer with status 200 in which there is no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered.

    Attributes:
        message: The message as the server sent it.
        finish_reason: As the server sent it; "" without one.
        prompt_tokens: As the server counted; 0 when it does not say.
        completion_tokens: The same.
        latency_s: Of the attempt that was answered.
        retried: Why each attempt before it was not taken.
    """

    message: Mapping[str, Any]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    latency_s: float
    retried: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The message's text, its parts joined where a server sends parts; "" without one."""
        content = self.message.get("content")
        if isinstance(content, list):
            parts = (part.get("text") for part in content if isinstance(part, dict))
            return "".join(part for part in parts if isinstance(part, str))
        return content if isinstance(content, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How patiently an endpoint is asked.

    Attributes:
        count: Attempts after the first.
        first_wait_s: Before the first of them; each later one is twice as long.
        longest_wait_s: The longest of these waits.
    """

    count: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
            ValueError: A negative one.
        """
        for name in self.__dataclass_fields__:
            if getattr(self, name) < 0:
                raise ValueError(f"Retries.{name} is {getattr(self, name)}; give 0 or more.")


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """A model at a URL; serves any number of episodes, on one event loop at a time.

    Attributes:
        base_url: Up to and with the version, such as "http://localhost:8000/v1".
        model: The name that the server knows it by.
        api_key: Sent as the bearer token.
        timeout_s: Of one attempt, from sending to the last byte.
        retries: How patiently it is asked.
        options: Further fields of every request, such as `temperature`; any that the server knows.
    """

    base_url: str
    model: str
    api_key: str = ""
    timeout_s: float = 300.0
    retries: Retries = field(default_factory=Retries)
    options: Mapping[str, Any] = field(default_factory=dict)
    _random: Random = field(default_factory=Random, repr=False)
    _client: OpenAI | None = field(default=None, repr=False)
    _async_client: AsyncOpenAI | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Checks what every request would fail for.

        Raises:
            ValueError: A URL without a scheme, an empty model name, a time-out that is none.
        """
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(
                f'The base URL is {self.base_url!r}; give one such as "http://localhost:8000/v1".'
            )
        if not self.model:
            raise ValueError("The model's name is empty; give the name that the server knows.")
        if not 0 < self.timeout_s <= _LONGEST_TIMEOUT_S:
            raise ValueError(
                f"The time-out is {self.timeout_s} s; give more than 0, "
                f"and no more than {_LONGEST_TIMEOUT_S:.0f}."
            )

    def ask(self, messages: Sequence[Mapping[str, Any]], **options: Any) -> Answer:
        """The model's answer.

        Args:
            messages: The chat.
            options: Further fields of this request.

        Raises:
            EnvError: There is none, with the reason of the last attempt.
            ContextFullError: The chat is too long for the model.
        """
        from openai import OpenAI, OpenAIError

        if self._client is None:
            self._client = OpenAI(**self._connection())
        patience = _Patience(self)
        while True:
            started = time.perf_counter()
            try:
                sent = self._client.chat.completions.with_raw_response.create(
                    **self._request(messages, options)
                )
                return _read(sent.content, time.perf_counter() - started, patience.reasons)
            except (OpenAIError, _UnusableError) as error:
                time.sleep(patience.wait_s(error))

    async def aask(self, messages: Sequence[Mapping[str, Any]], **options: Any) -> Answer:
        """As `ask`, without holding up the event loop."""
        from openai import AsyncOpenAI, OpenAIError

        if self._async_client is None:
            self._async_client = AsyncOpenAI(**self._connection())
        create = self._async_client.chat.completions.with_raw_response.create
        patience = _Patience(self)
        while True:
            started = time.perf_counter()
            try:
                # The client's own limit is for each read, which a server that drips never meets.
                async with asyncio.timeout(self.timeout_s):
                    sent = await create(**self._request(messages, options))
                return _read(sent.content, time.perf_counter() - started, patience.reasons)
            except (OpenAIError, TimeoutError, _UnusableError) as error:
                wait_s = patience.wait_s(error)
            await asyncio.sleep(wait_s)

    async def aclose(self) -> None:
        """Closes the connections of this event loop; the next request opens new ones."""
        client, self._async_client = self._async_client, None
        if client is not None:
            await client.close()

    def close(self) -> None:
        """Closes the connections of `ask`."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connection(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            # The library refuses to start without a key; servers of one's own want none.
            "api_key": self.api_key or "none",
            "timeout": self.timeout_s,
            "max_retries": 0,
        }

    def _request(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        # All goes as extra fields: the library walks typed ones value by value, which in a long
        # conversation costs more than all the rest, and changes nothing in our dicts.
        fields = {**self.options, **options, "messages": messages}
        return {"model": self.model, "messages": (), "extra_body": fields}


class _Patience:
    """How often one request was tried, and whether to go on."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.reasons: list[str] = []
        self._endpoint = endpoint

    def wait_s(self, error: Exception) -> float:
        """How long to wait before the next attempt, in seconds.

        Raises:
            EnvError: There is no next attempt.
        """
        kind, reason, retryable = _judge(error)
        endpoint, tries = self._endpoint, len(self.reasons)
        where = f"{endpoint.model} at {endpoint.base_url}"
        if kind == "ContextFull":
            raise ContextFullError(kind, f"{where}: {reason}") from error
        if not retryable or tries >= endpoint.retries.count:
            after = f" (attempt {tries + 1})" if tries else ""
            raise EnvError(kind, f"{where}: {reason}{after}", retryable) from error
        self.reasons.append(reason)
        asked_s = _asked_wait_s(error)
        if asked_s is not None:
            return min(asked_s, _LONGEST_ASKED_S) * endpoint._random.uniform(1.0, 1.25)
        own_s: float = endpoint.retries.first_wait_s * 2**tries
        own_s = min(own_s, endpoint.retries.longest_wait_s)
        return own_s * endpoint._random.uniform(0.5, 1.0)


def _judge(error: Exception) -> tuple[str, str, bool]:
    """What went wrong: its kind, a sentence, and whether trying again may help."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APITimeoutError | TimeoutError):
        return "Timeout", "the request timed out", True
    if isinstance(error, APIStatusError):
        said = _said(error.body) or " ".join(error.response.text[:200].split())
        reason = f"status {error.status_code}: {said}".rstrip(": ")
        code = error.code or ""
        if error.status_code == 400 and ("context_length" in code or "context length" in reason):
            return "ContextFull", reason, False
        passing = error.status_code in _RETRIED or error.status_code >= 500
        return f"Status{error.status_code}", reason, passing and code != "insufficient_quota"
    if isinstance(error, APIConnectionError):
        cause = error.__cause__ or error
        return "Connection", f"the connection failed: {cause or type(cause).__name__}", True
    if isinstance(error, _UnusableError):
        return "UnusableAnswer", str(error), True
    return type(error).__name__, str(error), False


def _asked_wait_s(error: Exception) -> float | None:
    """What the server's `Retry-After` asks for, in seconds; None without one that can be read."""
    response = getattr(error, "response", None)
    asked = response.headers.get("retry-after", "") if response is not None else ""
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _read(body: bytes, latency_s: float, reasons: Sequence[str]) -> Answer:
    """The answer in a body with status 200; servers answer anything."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise _UnusableError(f"the answer is no JSON: {body[:80]!r}") from None
    choices = data.get("choices") if isinstance(data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        said = _said(data)
        raise _UnusableError(f"the answer has no choice with a message{said and f': {said}'}")
    usage = data.get("usage") if isinstance(data.get("usage"), dict) else {}
    finish = first.get("finish_reason")
    return Answer(
        message=message,
        finish_reason=finish if isinstance(finish, str) else "",
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        latency_s=latency_s,
        retried=tuple(reasons),
    )


def _said(body: object) -> str:
    """The error message in a server's body, in one line; "" without one."""
    if isinstance(body, dict):
        error = body.get("error", body)
        said = error.get("message") if isinstance(error, dict) else error
        return " ".join(str(said)[:300].split()) if said else ""
    return ""


def _count(number: object) -> int:
    """The number of tokens that a server told; 0 for what can be none."""
    if not isinstance(number, int) or isinstance(number, bool):
        return 0
    return number if 0 <= number <= _MOST_TOKENS else 0
