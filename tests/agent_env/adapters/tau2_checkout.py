"""A small checkout in tau2-bench's file layout: a garden shop and its sprinklers, all our own."""

from __future__ import annotations

import json
from pathlib import Path

_MINE = 'raise RuntimeError("this package must not be entered")\n'

_ENVIRONMENT = """
import hashlib
import inspect
import json


def tool(mutates):
    def mark(method):
        method.mutates = mutates
        return method
    return mark


class Described:
    def __init__(self, name, arguments):
        properties = {key: {"type": "string", "description": "Which."} for key in arguments}
        parameters = {"type": "object", "properties": properties, "required": arguments}
        function = {"name": name, "description": name, "parameters": parameters}
        self.openai_schema = {"type": "function", "function": function}


class Kit:
    def __init__(self, db):
        self.db = db
        self.calls = []

    def named(self):
        return {name: getattr(self, name) for name in dir(type(self))
                if hasattr(getattr(type(self), name), "mutates")}

    def get_tools(self):
        return {name: Described(name, list(inspect.signature(method).parameters))
                for name, method in self.named().items()}

    def has_tool(self, name):
        return name in self.named()

    def tool_mutates_state(self, name):
        return self.named()[name].mutates

    def get_db_hash(self):
        return hashlib.sha256(json.dumps(self.db.model_dump(), sort_keys=True).encode()).hexdigest()


class Environment:
    def __init__(self, policy, tools, user_tools=None, solo_mode=False):
        self.policy, self.tools, self.user_tools = policy, tools, user_tools
        self.solo_mode = solo_mode
        self.sync_tools()

    def get_policy(self):
        return self.policy

    def sync_tools(self):
        pass

    def make_tool_call(self, tool_name, requestor="assistant", **arguments):
        kit = self.tools
        if requestor == "user" or (self.solo_mode and not kit.has_tool(tool_name)):
            if requestor == "user" and self.solo_mode:
                raise ValueError("no customer here")
            kit = self.user_tools
        return kit.named()[tool_name](**arguments)

    @staticmethod
    def to_json_str(answer):
        return answer if isinstance(answer, str) else json.dumps(
            answer.model_dump() if hasattr(answer, "model_dump") else answer)

    def get_db_hash(self):
        return self.tools.get_db_hash()

    def get_user_db_hash(self):
        return self.user_tools.get_db_hash() if self.user_tools else None

    def set_state(self, initialization_data, initialization_actions, message_history):
        for one in initialization_actions or []:
            kit = self.user_tools if one.env_type == "user" else self.tools
            getattr(kit, one.func_name)(**one.arguments)
        self.sync_tools()

    def run_env_assertion(self, one, raise_assertion_error=True):
        kit = self.user_tools if one.env_type == "user" else self.tools
        return getattr(kit, one.func_name)(**one.arguments) == one.assert_value
"""

_TASKS = """
import json
from enum import Enum
from pathlib import Path
from typing import Optional

from pydantic import BaseModel

DATA = Path(__file__).parents[3] / "data" / "tau2" / "domains"


class Basis(str, Enum):
    DB = "DB"
    ENV_ASSERTION = "ENV_ASSERTION"
    COMMUNICATE = "COMMUNICATE"
    NL_ASSERTION = "NL_ASSERTION"


class Action(BaseModel):
    name: str
    requestor: str = "assistant"
    arguments: dict


class Call(BaseModel):
    env_type: str
    func_name: str
    arguments: dict
    assert_value: bool = True


class Initial(BaseModel):
    initialization_data: Optional[dict] = None
    initialization_actions: Optional[list[Call]] = None
    message_history: Optional[list] = None


class Criteria(BaseModel):
    actions: Optional[list[Action]] = None
    env_assertions: Optional[list[Call]] = None
    communicate_info: Optional[list[str]] = None
    reward_basis: list[Basis]


class Scenario(BaseModel):
    instructions: str

    def __str__(self):
        return f"Instructions: {self.instructions}"


class Task(BaseModel):
    id: str
    user_scenario: Scenario
    ticket: Optional[str] = None
    initial_state: Optional[Initial] = None
    evaluation_criteria: Criteria


def load(shop, split):
    text = (DATA / shop / "tasks.json").read_text()
    return [Task.model_validate(one) for one in json.loads(text)]


def splits(shop):
    return {"base": [one.id for one in load(shop, "base")]}
"""

_RETAIL = """
from pydantic import BaseModel

from tau2.data_model import tasks
from tau2.environment.environment import Environment, Kit, tool


class Plant(BaseModel):
    plant_id: str
    owner: str
    water: float
    notes: list[str]


class Garden(BaseModel):
    plants: dict[str, Plant]


class Tools(Kit):
    @tool(mutates=False)
    def get_plant(self, plant_id):
        return self.db.plants[plant_id]

    @tool(mutates=False)
    def list_plants(self):
        return {key: plant.owner for key, plant in self.db.plants.items()}

    @tool(mutates=True)
    def water_plant(self, plant_id):
        plant = self.db.plants[plant_id]
        plant.water += 0.5
        plant.notes.append("watered")
        return plant

    @tool(mutates=True)
    def adopt_plant(self, plant_id, owner):
        plant = self.db.plants[plant_id]
        plant.owner = owner
        if owner == "nobody":
            raise ValueError("somebody has to")
        return plant

    @tool(mutates=False)
    def transfer_to_human_agents(self, summary):
        return "Transfer successful"


def get_environment(solo_mode=False):
    db = Garden.model_validate_json((tasks.DATA / "retail" / "db.json").read_text())
    return Environment("Garden policy.", Tools(db))


def get_tasks(split):
    return tasks.load("retail", split)


def get_tasks_split():
    return tasks.splits("retail")
"""

_TELECOM = """
from pydantic import BaseModel

from tau2.data_model import tasks
from tau2.environment.environment import Environment, Kit, tool


class Line(BaseModel):
    line_id: str
    open: bool


class House(BaseModel):
    lines: list[Line]
    season: str


class Sprinkler(BaseModel):
    switched_on: bool = False
    wet: bool = False


class Yard(BaseModel):
    sprinkler: Sprinkler


class Tools(Kit):
    @tool(mutates=True)
    def open_line(self, line_id):
        [line] = [one for one in self.db.lines if one.line_id == line_id]
        line.open = True
        return "open"


class UserTools(Kit):
    @tool(mutates=True)
    def switch_on(self):
        self.db.sprinkler.switched_on = True
        return "on"

    @tool(mutates=False)
    def is_wet(self):
        return str(self.db.sprinkler.wet)

    def switch_off(self):
        self.db.sprinkler.switched_on = False

    def assert_wet(self, wanted):
        self.calls.append("asked")
        return self.db.sprinkler.wet == wanted


class Coupled(Environment):
    def sync_tools(self):
        yard = self.user_tools.db.sprinkler
        yard.wet = yard.switched_on and any(line.open for line in self.tools.db.lines)


def get_environment(solo_mode=False):
    lines = [Line(line_id=key, open=False) for key in ("l1", "l2")]
    house = House(lines=lines, season="dry")
    yard = Yard(sprinkler=Sprinkler(switched_on=True))
    policy = "Solo policy." if solo_mode else "Policy."
    return Coupled(policy, Tools(house), UserTools(yard), solo_mode)


def get_tasks(split):
    return tasks.load("telecom", split)


def get_tasks_split():
    return tasks.splits("telecom")
"""


def _task(
    number: int, actions: list[dict[str, object]], basis: list[str], **more: object
) -> dict[str, object]:
    criteria = {"actions": actions, "reward_basis": basis, **more.pop("criteria", {})}  # type: ignore[dict-item]
    scenario = {"instructions": f"Please do number {number}."}
    return {"id": str(number), "user_scenario": scenario, "evaluation_criteria": criteria, **more}


WATER = {"name": "water_plant", "arguments": {"plant_id": "p1"}}
GARDEN_TASKS = [
    _task(0, [{"name": "list_plants", "arguments": {}}, WATER], ["DB"]),
    _task(1, [WATER, WATER], ["DB", "NL_ASSERTION"]),
    _task(2, [], ["DB", "COMMUNICATE"], criteria={"communicate_info": ["12"]}),
    _task(3, [{"name": "adopt_plant", "arguments": {"plant_id": "p2", "owner": "nobody"}}], ["DB"]),
]
WET = {"env_type": "user", "func_name": "assert_wet", "arguments": {"wanted": True}}
OFF = {"env_type": "user", "func_name": "switch_off", "arguments": {}}
SPRINKLER_TASKS = [
    _task(
        0,
        [
            {"name": "open_line", "arguments": {"line_id": "l1"}},
            {"name": "switch_on", "requestor": "user", "arguments": {}},
        ],
        ["ENV_ASSERTION"],
        criteria={"env_assertions": [WET]},
        initial_state={"initialization_actions": [OFF]},
        ticket="The lawn is dry.",
    )
]


def write_checkout(folder: Path) -> Path:
    """The checkout's folder, which is the given one."""
    plants = {
        key: {"plant_id": key, "owner": owner, "water": 1.0, "notes": []}
        for key, owner in (("p1", "Ada"), ("p2", "Bob"))
    }
    files = {
        "src/tau2/__init__.py": _MINE,
        "src/tau2/domains/__init__.py": _MINE,
        "src/tau2/domains/retail/__init__.py": _MINE,
        "src/tau2/domains/retail/environment.py": _RETAIL,
        "src/tau2/domains/telecom/__init__.py": _MINE,
        "src/tau2/domains/telecom/environment.py": _TELECOM,
        "src/tau2/environment/__init__.py": _MINE,
        "src/tau2/environment/environment.py": _ENVIRONMENT,
        "src/tau2/data_model/__init__.py": _MINE,
        "src/tau2/data_model/tasks.py": _TASKS,
        "data/tau2/domains/retail/db.json": json.dumps({"plants": plants}),
        "data/tau2/domains/retail/tasks.json": json.dumps(GARDEN_TASKS),
        "data/tau2/domains/telecom/db.toml": "",
        "data/tau2/domains/telecom/tasks.json": json.dumps(SPRINKLER_TASKS),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")
    return folder
