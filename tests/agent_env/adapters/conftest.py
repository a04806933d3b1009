"""Small checkouts in the file layout of tau-bench, with tools, data and tasks of our own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

# Importing these would mean that code which talks to models was reached.
_MINE = 'raise RuntimeError("this package must not be entered")\n'

_TYPES = """
from dataclasses import dataclass, field

@dataclass
class Action:
    name: str
    kwargs: dict

@dataclass
class Task:
    user_id: str
    actions: list
    instruction: str
    outputs: list
"""

_TOOLS = """
import json


def described(name, text, /, **arguments):
    properties = {key: schema for key, schema in arguments.items()}
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": text, "parameters": parameters}
    return {"type": "function", "function": function}


TEXT = {"type": "string", "description": "Which one."}


class GetBook:
    @staticmethod
    def invoke(data, book_id):
        if book_id not in data["books"]:
            return "Error: no such book"
        return json.dumps(data["books"][book_id])

    @staticmethod
    def get_info():
        return described("get_book", "Look up a book.", book_id=TEXT)


class FindReader:
    @staticmethod
    def invoke(data, name):
        for reader_id, reader in data["readers"].items():
            if reader["name"] == name:
                return reader_id
        raise LookupError("nobody is called that")

    @staticmethod
    def get_info():
        return described("find_reader", "Find a reader by name.", name=TEXT)


class LendBook:
    @staticmethod
    def invoke(data, book_id, reader_id, notes):
        book = data["books"][book_id]
        book["lent"] = True
        # Fails after a write when there is no such reader.
        data["readers"][reader_id]["books"].append(book_id)
        book["notes"] = notes
        return json.dumps(book)

    @staticmethod
    def get_info():
        notes = {"type": "array", "items": {"type": "string"}, "description": "What to note."}
        return described("lend_book", "Lend a book.", book_id=TEXT, reader_id=TEXT, notes=notes)


class NoteBook:
    @staticmethod
    def invoke(data, book_id, note):
        data["books"][book_id]["notes"].append(note)
        return "noted"

    @staticmethod
    def get_info():
        return described("note_book", "Add a note.", book_id=TEXT, note=TEXT)


class PriceBook:
    @staticmethod
    def invoke(data, book_id, price):
        data["books"][book_id]["price"] = price
        return "priced"

    @staticmethod
    def get_info():
        price = {"type": "number", "description": "What it costs."}
        return described("price_book", "Set a price.", book_id=TEXT, price=price)


class BuyBook:
    @staticmethod
    def invoke(data, book_id):
        data["books"][book_id] = {"title": "new", "price": 1, "lent": False, "notes": []}
        return str(len(data["books"]))

    @staticmethod
    def get_info():
        return described("buy_book", "Buy a book.", book_id=TEXT)


class SellBook:
    @staticmethod
    def invoke(data, book_id):
        return json.dumps(data["books"].pop(book_id))

    @staticmethod
    def get_info():
        return described("sell_book", "Sell a book.", book_id=TEXT)


class ListBooks:
    @staticmethod
    def invoke(data):
        return json.dumps({key: book["title"] for key, book in data["books"].items()})

    @staticmethod
    def get_info():
        return described("list_books", "List all books.")


class Calculate:
    @staticmethod
    def invoke(data, expression):
        return str(eval(expression))

    @staticmethod
    def get_info():
        return described("calculate", "Calculate.", expression=TEXT)


class Transfer:
    @staticmethod
    def invoke(data, summary):
        return "Transfer successful"

    @staticmethod
    def get_info():
        return described("transfer_to_human_agents", "Hand over.", summary=TEXT)


ALL_TOOLS = [
    GetBook, FindReader, LendBook, NoteBook, PriceBook, BuyBook, SellBook, ListBooks, Calculate,
    Transfer,
]
"""

_TASKS = """
from tau_bench.types import Action, Task


def lend(**changed):
    return Action("lend_book", {"book_id": "b1", "reader_id": "r1", "notes": ["careful"]} | changed)


TASKS_TEST = [
    Task("r1", [Action("find_reader", {"name": "Ada"}), lend()], "Lend me b1; I am Ada.", []),
    Task("r1", [Action("get_book", {"book_id": "b2"})], "What does b2 cost?", ["10"]),
    Task("r1", [lend(), Action("note_book", {"book_id": "b1", "note": "torn"})], "Lend, note.", []),
    Task("r1", [Action("price_book", {"book_id": "b1", "price": 5})], "Price b1 at 5.", []),
    Task("r1", [lend(reader_id="nobody")], "Lend b1 to nobody.", []),
    Task("r1", [Action("transfer_to_human_agents", {"summary": "x"})], "A person, please.", []),
    Task("r1", [Action("buy_book", {"book_id": "b9"}), Action("sell_book", {"book_id": "b2"})],
         "Swap b2 for b9.", ["1"]),
]
TASKS_DEV = TASKS_TEST[:1]
"""

_BASE = """
import hashlib

from tau_bench.envs.user import UserStrategy, load_user


def listed(item):
    if isinstance(item, dict):
        return [[key, listed(item[key])] for key in sorted(item)]
    return [listed(one) for one in item] if isinstance(item, list) else item


class Env:
    def __init__(self, data_load_func, tools, tasks, wiki, rules, user_strategy, user_model,
                 user_provider=None, task_index=None):
        self.data_load_func, self.tasks = data_load_func, tasks
        self.tools_map = {tool.get_info()["function"]["name"]: tool for tool in tools}
        self.user = load_user(user_strategy=user_strategy, model=user_model, provider=user_provider)
        self.terminate_tools = []
        self.reset(task_index)

    def reset(self, task_index):
        self.data, self.task = self.data_load_func(), self.tasks[task_index]
        self.user.reset(instruction=self.task.instruction)

    def step(self, action):
        try:
            self.tools_map[action.name].invoke(data=self.data, **action.kwargs)
        except Exception:
            pass

    def get_data_hash(self):
        return hashlib.sha256(str(listed(self.data)).encode()).hexdigest()
"""

_LOAD = """
import json

def load_data():
    return json.loads(DATA)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A checkout in which the retail shop is a library."""
    books = {
        "b1": {"title": "Ants", "price": 4.5, "lent": False, "notes": []},
        "b2": {"title": "Bees", "price": 10, "lent": False, "notes": ["signed"]},
    }
    readers = {"r1": {"name": "Ada", "books": []}, "r2": {"name": "Bob", "books": ["b7"]}}
    tables, home = {"books": books, "readers": readers}, "tau_bench/envs/retail"
    files = {
        "tau_bench/__init__.py": _MINE,
        "tau_bench/types.py": _TYPES,
        "tau_bench/envs/__init__.py": _MINE,
        "tau_bench/envs/user.py": _MINE,
        "tau_bench/envs/base.py": _BASE,
        f"{home}/__init__.py": _MINE,
        f"{home}/tools/__init__.py": _TOOLS,
        f"{home}/data/__init__.py": f"DATA = {json.dumps(tables)!r}\n{_LOAD}",
        f"{home}/wiki.py": 'WIKI = "# Library policy\\nBe kind."\n',
        f"{home}/tasks_test.py": _TASKS,
        f"{home}/tasks_dev.py": _TASKS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(dedent(text), encoding="utf-8")
    return tmp_path


@pytest.fixture
def rewrite() -> Callable[[Path, str, str, str], None]:
    """Changes a piece of a file."""

    def change(folder: Path, name: str, old: str, new: str) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change
