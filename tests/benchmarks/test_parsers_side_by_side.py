"""The comparison, with peers of its own: what counts as right, unsafe, raised and hung."""

from __future__ import annotations

import importlib.util
import json
import signal
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"disk": {"type": "integer"}}},
        },
    }
    for name in ("wipe", "list")
]
WIPE = '<tool_call>{"name": "wipe", "arguments": {"disk": 1}}</tool_call>'
LIST = '<tool_call>{"name": "list", "arguments": {}}</tool_call>'


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location(
        "parsers_side_by_side", BENCHMARKS / "parsers_side_by_side.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["parsers_side_by_side"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def peers(bench: Any) -> Any:
    return sys.modules["peer_parsers"]


@pytest.fixture
def readings(bench: Any) -> Any:
    return sys.modules["peer_readings"]


def expect(status: str, *calls: Any, **more: Any) -> dict[str, Any]:
    return {"status": status, "calls": [{"name": n, "arguments": a} for n, a in calls], **more}


ROWS = [
    (WIPE, "tagged", expect("calls", ("wipe", {"disk": 1}))),
    (WIPE, "tagged", expect("calls", ("wipe", {"disk": 2}))),
    ("Hi.", "none", expect("message")),
    (WIPE, "tagged", expect("message")),
    ("<tool_call>{", "shouted", expect("malformed")),
    (WIPE, "lost", expect("malformed", also_acceptable=[expect("calls", ("wipe", "*"))])),
    (WIPE, "shouted", expect("calls", ("list", {}), must_not_call=["wipe"])),
]


def corpus(tmp_path: Path, rows: list[Any] = ROWS) -> Path:
    lines = [
        json.dumps({"id": f"r{i}", "text": t, "toolset": "a", "format": f, "expect": e})
        for i, (t, f, e) in enumerate(rows)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + '\n{"id": "no expectation"}\n\n')
    (tmp_path / "toolsets.json").write_text(json.dumps({"a": TOOLS}))
    return tmp_path


def tagged(tools: Any) -> Any:
    """A peer's parser that reads what ours reads."""

    def read(text: str) -> list[tuple[str, str]]:
        if not text.endswith("</tool_call>"):
            return []
        call = json.loads(text.removeprefix("<tool_call>").removesuffix("</tool_call>"))
        return [(call["name"], json.dumps(call["arguments"]))]

    return read


def nothing(tools: Any) -> Any:
    return lambda text: []


def raising(tools: Any) -> Any:
    return lambda text: json.loads("{")


def unbuildable(tools: Any) -> Any:
    raise TypeError("not with these tools")


def fake(peers: Any, **more: Any) -> Any:
    readers = {"shouted": raising, "tagged": tagged, "never": nothing, "hermes": unbuildable}
    same = {"tag_ged": "tagged", "marked": "tagged"}
    unbuilt = {"lost": "ImportError: gone"}
    return peers.Peer(name="Fake", version="9", readers=readers, same=same, unbuilt=unbuilt, **more)


def shares(tally: Any) -> str:
    return " ".join(f"{s.right}/{s.rows}" for s in tally.score.by_status.values())


def test_ours_is_what_the_scorer_says(bench: Any, tmp_path: Path) -> None:
    folder = corpus(tmp_path)
    ((name, score),) = sys.modules["score_parsers"].scored(folder)
    tally = bench.scored(folder, []).files[name][bench.OURS]
    assert {s: str(v) for s, v in tally.score.by_status.items()} == {
        s: str(v) for s, v in score.by_status.items()
    }
    assert tally.score.unsafe == score.unsafe == ["r3", "r6"]


def test_each_way_to_use_a_peer_is_counted(bench: Any, peers: Any, tmp_path: Path) -> None:
    result = bench.scored(corpus(tmp_path), [fake(peers)])
    assert list(result.files) == ["rows.jsonl", bench.ALL]
    sides = result.files["rows.jsonl"]
    # calls, messages, malformed: the last needs no call, or the one that is right too
    assert shares(sides["Fake never"]) == "0/3 2/2 2/2"
    assert shares(sides["Fake tagged = tag_ged = marked"]) == "1/3 1/2 2/2"
    assert shares(sides["Fake shouted"]) == shares(sides["Fake hermes"]) == "0/3 0/2 0/2"
    assert sides["Fake shouted"].raised == sides["Fake hermes"].raised == 7
    # In turn: the one that raises is passed over, the next finds calls.
    assert shares(sides["Fake, all in turn"]) == "1/3 1/2 2/2"
    assert sides["Fake, all in turn"].raised == 7 + 2
    assert sides["Fake, all in turn"].score.unsafe == ["r3", "r6"]
    # Told: "lost" is left out, "none" falls to hermes, which cannot be built for these tools.
    assert shares(sides["Fake, told the format"]) == "1/3 0/2 0/1"
    assert (result.left_out["Fake"], result.guessed["Fake"]) == (1, 1)
    assert bench.best(fake(peers), sides) == "Fake tagged = tag_ged = marked"


def test_told_looks_into_the_table_then_at_the_names(peers: Any) -> None:
    peer = fake(peers, formats={"two": "never marked", "fancy": "lost"})
    assert peer.told("two") == ("never", "tagged")
    assert peer.told("ta-gged") == ("tagged",)
    assert peer.told("fancy") == peer.told("lost") == ()
    assert peer.told("") == peer.told("unheard_of") == ("hermes",)


@pytest.mark.parametrize(
    ("name", "arguments", "expected", "unsafe"),
    [
        ("wipe", {}, expect("message"), True),
        ("wipe", {}, expect("malformed"), True),
        ("wipe", {}, expect("calls", must_not_call=["wipe"]), True),
        ("wipe", {}, expect("calls", ("list", {})), False),
        ("erase", {}, expect("message"), False),
        ("wipe", "{", expect("message"), False),
    ],
)
def test_unsafe_is_what_would_run_and_must_not(
    bench: Any, readings: Any, name: str, arguments: Any, expected: Any, unsafe: bool
) -> None:
    call = readings.Call(name=name, arguments=arguments)
    reading = readings.Reading(status=readings.ParseStatus.CALLS, calls=(call,), by_peer=True)
    assert bench.is_unsafe(reading, expected, TOOLS, exact=False) is unsafe


def test_arguments_that_are_no_json_stay_text(readings: Any) -> None:
    assert readings.decoded('{"a": 1}') == {"a": 1}
    for text in ('{"a"', "[" * 100_000):
        assert readings.decoded(text) == text


def test_what_hangs_is_cut_off_whatever_it_catches(readings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(readings, "LIMIT_S", 0.02)
    monkeypatch.setattr(readings, "AGAIN_S", 0.02)
    before = signal.getsignal(signal.SIGPROF)

    def stubborn(text: str) -> list[Any]:
        swallowed = 0
        while True:
            try:
                sum(range(100))
            except BaseException:
                swallowed += 1
                if swallowed == 3:
                    raise

    def spinning(text: str) -> list[Any]:
        while True:
            sum(range(100))

    for read in (spinning, stubborn):
        answer, seconds, raised, hung = readings.timed(read, "x")
        assert (answer, raised, hung) == (None, 0, 1)
        assert 0 < seconds < 1
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert readings.timed(str.upper, "x")[0] == "X"


def test_a_hang_below_the_limit_keeps_its_answer(readings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(readings, "HANG_S", -1.0)
    assert readings.timed(str.upper, "x")[::3] == ("X", 1)


def modules(monkeypatch: Any, **contents: Any) -> None:
    """Puts modules under dotted names (`__` for a dot) in the place of what is installed."""
    for name, content in contents.items():
        dotted = name.replace("__", ".")
        for end in range(1, dotted.count(".") + 2):
            part = ".".join(dotted.split(".")[:end])
            if part not in sys.modules or end == dotted.count(".") + 1:
                monkeypatch.setitem(sys.modules, part, ModuleType(part))
        for key, value in content.items():
            setattr(sys.modules[dotted], key, value)


def test_vllms_parsers_are_taken_from_its_registry(
    bench: Any, peers: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    class Marked:
        def __init__(self, tokenizer: Any, tools: Any) -> None:
            assert "<tool_call>" in tokenizer.get_vocab()
            assert tokenizer.decode(tokenizer.encode("<tool_call>")) == "<tool_call>"
            vocabulary = tokenizer.get_vocab()
            assert vocabulary.get("a") == vocabulary["a"] != vocabulary["b"]
            self.read = tagged(tools)

        def extract_tool_calls(self, text: str, request: Any) -> Any:
            made = [
                SimpleNamespace(function=SimpleNamespace(name=n, arguments=a))
                for n, a in self.read(text)
            ]
            return SimpleNamespace(tool_calls=made)

    class Stub(Marked):
        def extract_tool_calls(self, text: str, request: Any) -> Any:
            raise NotImplementedError("a stub")

    kinds = {"marked": Marked, "stub": Stub, "alias": Marked}
    manager = SimpleNamespace(
        lazy_parsers={"marked": 0, "stub": 0}, tool_parsers=kinds, get_tool_parser=kinds.get
    )
    modules(
        monkeypatch,
        vllm__tool_parsers={"ToolParserManager": manager},
        vllm__entrypoints__openai__chat_completion__protocol={
            "ChatCompletionRequest": SimpleNamespace
        },
    )
    peer = peers.vllm()
    assert (list(peer.readers), peer.same) == (["marked"], {"alias": "marked"})
    assert peer.unbuilt == {"stub": "NotImplementedError: a stub"}
    assert peer.told("none of its") == ()  # not even the parser for formats without one is here
    assert shares(
        bench.scored(corpus(tmp_path), [peer]).files[bench.ALL]["vLLM marked = alias"]
    ) == ("1/3 1/2 2/2")


def test_sglangs_detectors_see_unknown_tools_only_where_none_is_offered(
    peers: Any, monkeypatch: Any
) -> None:
    forwarded: list[bool] = []

    class Detector:
        def detect_and_parse(self, text: str, tools: Any) -> Any:
            found = [SimpleNamespace(name=tool.function.name, parameters="{}") for tool in tools]
            return SimpleNamespace(calls=found)

    table = {"one": Detector, "two": Detector}
    modules(
        monkeypatch,
        sglang__srt__entrypoints__openai__protocol={
            "Function": SimpleNamespace,
            "Tool": SimpleNamespace,
        },
        sglang__srt__environ={
            "envs": SimpleNamespace(
                SGLANG_FORWARD_UNKNOWN_TOOLS=SimpleNamespace(set=forwarded.append)
            )
        },
        sglang__srt__function_call__function_call_parser={
            "FunctionCallParser": SimpleNamespace(ToolCallParserEnum=table)
        },
    )
    peer = peers.sglang()
    assert (list(peer.readers), peer.same, peer.unbuilt) == (["one"], {"two": "one"}, {})
    assert list(peer.readers["one"](TOOLS)("x")) == [("wipe", "{}"), ("list", "{}")]
    assert forwarded == [True, False]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vllm", "sglang"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("alone")
def test_without_peers_ours_is_scored_and_the_way_to_them_named(
    bench: Any, tmp_path: Path, capsys: Any
) -> None:
    assert bench.main([str(corpus(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert "== rows.jsonl: 7 rows (3 calls, 2 messages, 2 malformed)" in out
    assert f"\n{bench.OURS}     33.3 %" in out
    for name in ("vLLM", "SGLang"):
        assert f"\n{name}: not measured, it cannot be imported here" in out
        assert f"`pip install {name.lower()}`" in out
    assert bench.main([str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["files"]["rows.jsonl"][bench.OURS]["calls"] == [1, 3]
    assert set(found["missing"]) == {"vLLM", "SGLang"}
    assert found["versions"].startswith("callforge ")


def test_the_tables_name_every_parser_and_what_is_not_built(
    bench: Any, peers: Any, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(bench, "installed", lambda: ([fake(peers)], {}))
    assert bench.main([str(corpus(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert ", Fake 9; Python " in out
    assert "\nFake, best single (tagged = tag_ged = marked)     33.3 %     50.0 %" in out
    assert "\n== all files, each parser of Fake alone" in out
    assert "\nFake lost: not built: ImportError: gone" in out
    assert "1 rows have a format that it has no parser for and are read by hermes, 1 are" in out


def test_what_cannot_be_scored_is_said(
    bench: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CORPORA", raising=False)
    monkeypatch.setattr(bench, "installed", lambda: ([], {}))
    assert bench.main([]) == 0
    assert "no folder of turns was given" in capsys.readouterr().out
    assert bench.main([str(tmp_path / "absent")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert bench.main([str(tmp_path)]) == 2
    assert 'no *.jsonl row with an "expect"' in capsys.readouterr().err
    (tmp_path / "x.jsonl").write_text('{"expect": {}}\n')
    assert bench.main([str(tmp_path)]) == 2
    assert "x.jsonl:1: no row to score" in capsys.readouterr().err
