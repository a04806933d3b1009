"""How a model is told about its attempts: the settings `external.*`, checked before anything runs.

Place in the flow: a domain takes them as options (`external_mode`, `external_sandbox_slice`, ...)
and makes an `ExternalSettings` of them, once.

What it does not do: no key is kept here. An expert's key is read from the environment variable that
`expert_key_env` names, when the expert is first asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from agent_env.errors import UnknownNameError
from agent_env.external.modes import EXPERT, list_modes
from agent_env.external.slicing import check_slice

ON_FAILURE = ("infra_error", "plain")
"""What becomes of a turn whose expert gave no edits: the episode ends as a failure of the
environment, or the model is told so and goes on without them."""
OPTION_PREFIX = "external_"
"""Opens the names of a domain's options that are settings of this kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSettings:
    """The settings `external.*`.

    Attributes:
        mode: One of `list_modes()`.
        sandbox_slice: Which feedback tests are run and told: n is the first n, -n the last n, and
            0, None or "all" are all of them.
        expert_edits_model: The expert's name at its server.
        expert_edits_url: The server, up to and with the version; any that is OpenAI-compatible.
        expert_key_env: The environment variable that holds its key.
        expert_timeout_s: Of one request to it.
        on_failure: One of `ON_FAILURE`.
        disjoint: Whether the tests that are told and those that pay are kept apart.
    """

    mode: str = "level_feedback"
    sandbox_slice: int | str | None = 1
    expert_edits_model: str = ""
    expert_edits_url: str = ""
    expert_key_env: str = "OPENAI_API_KEY"
    expert_timeout_s: float = 60.0
    on_failure: str = "infra_error"
    disjoint: bool = True

    def __post_init__(self) -> None:
        """Checks every setting, and that they do not contradict one another.

        Raises:
            UnknownNameError: No such mode, or no such way to go on.
            ValueError: A value that cannot be used, an expert that is not named, or one that is
                named and never asked.
        """
        if self.mode not in list_modes():
            raise UnknownNameError("external.mode", self.mode, list_modes())
        if self.on_failure not in ON_FAILURE:
            raise UnknownNameError("external.on_failure", self.on_failure, ON_FAILURE)
        check_slice(self.sandbox_slice)
        if not isinstance(self.disjoint, bool):
            raise ValueError(f"external.disjoint is {self.disjoint!r}; give true or false.")
        if not 0 < self.expert_timeout_s <= 3600:
            raise ValueError(
                f"external.expert_timeout_s is {self.expert_timeout_s}; "
                "give seconds above 0, 3600 at most."
            )
        self._check_expert()

    def _check_expert(self) -> None:
        """Checks that an expert is named exactly where one is asked."""
        named = {
            "external.expert_edits_model": self.expert_edits_model,
            "external.expert_edits_url": self.expert_edits_url,
        }
        if self.mode == EXPERT:
            for name, value in named.items():
                if not value:
                    raise ValueError(
                        f"external.mode={EXPERT} needs {name}, which is empty; name the model and "
                        'its server, such as "http://localhost:8000/v1".'
                    )
            if not self.expert_edits_url.startswith(("http://", "https://")):
                raise ValueError(
                    f"external.expert_edits_url is {self.expert_edits_url!r}; "
                    'give a URL such as "http://localhost:8000/v1".'
                )
            return
        for name, value in named.items():
            if value:
                raise ValueError(
                    f"{name} is {value!r}, but external.mode={self.mode} asks no expert; "
                    f"choose external.mode={EXPERT} or leave {name} out."
                )

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The settings in a domain's options, those whose names open with `external_`.

        Raises:
            ValueError: As of the constructor, or an option that is no setting.
        """
        known = [field.name for field in fields(cls)]
        given = {
            name.removeprefix(OPTION_PREFIX): value
            for name, value in options.items()
            if name.startswith(OPTION_PREFIX)
        }
        for name in given:
            if name not in known:
                raise UnknownNameError("setting external", name, known)
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain data, from which `ExternalSettings(**data)` makes equal ones."""
        return asdict(self)
