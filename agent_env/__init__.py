"""Episodes in which an agent serves a customer with tools.

Place in the flow: `parsers` reads what the model wrote, this package runs it, `training` learns
from what came of it.

    domain = load_domain("retail_mini", seed=0)
    task = domain.tasks(1)[0]
    env = ToolEnv(domain, task)
    messages = env.reset()
    result = env.step("<tool_call>...</tool_call>")

What it does not do: it samples no model and knows no trainer; importing it reads no files and
registers nothing.
"""

from agent_env.customers.model import ModelUser
from agent_env.customers.scripted import ScriptedUser
from agent_env.customers.user import Situation, User, UserReply
from agent_env.domain import Domain, list_adapted, list_domains, load_domain
from agent_env.endpoints.endpoint import Endpoint
from agent_env.env import ToolEnv
from agent_env.errors import EnvError, ToolError, UnknownNameError
from agent_env.metrics import episode_keys, pool
from agent_env.rewards import RewardWeights
from agent_env.store import Base, Store
from agent_env.types import Limits, StepResult, StopReason, Task

__all__ = [
    "Base",
    "Domain",
    "Endpoint",
    "EnvError",
    "Limits",
    "ModelUser",
    "RewardWeights",
    "ScriptedUser",
    "Situation",
    "StepResult",
    "StopReason",
    "Store",
    "Task",
    "ToolEnv",
    "ToolError",
    "UnknownNameError",
    "User",
    "UserReply",
    "episode_keys",
    "list_adapted",
    "list_domains",
    "load_domain",
    "pool",
]
