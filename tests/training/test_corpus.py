"""The warm-start corpus: right is read, wrong is lost, in the shares that were asked for."""

from collections import Counter

import pytest

from agent_env import Domain, load_domain
from parsers import ParseStatus, parse
from training.warm_start.corpus import WRONG, build_corpus, check_styles, oracle_script, right


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("retail_mini", seed=0, orders=16, prompt="retail_mini_compact")


def test_every_wrong_style_is_lost_for_a_reason_of_its_own(domain: Domain) -> None:
    task = domain.tasks(1, seed=0)[0]
    check_styles(domain, task)
    call = oracle_script(domain, task)[0][-1]
    kinds = [parse(style(call), domain.schemas).faults[0].kind for style in WRONG]
    assert len(set(kinds)) == len(WRONG)


def test_the_right_style_parses_back_to_the_call(domain: Domain) -> None:
    for task in domain.tasks(20, seed=3):
        for name, arguments in oracle_script(domain, task)[0]:
            parsed = parse(right((name, arguments)), domain.schemas)
            assert [(c.name, c.arguments) for c in parsed.calls] == [(name, dict(arguments))]
            assert parsed.calls[0].repairs == ()


def statuses(domain: Domain, **shares: float) -> Counter[ParseStatus]:
    tasks = domain.tasks(400, seed=1)
    corpus = build_corpus(domain, tasks, seed=5, accepted_share=0.8, max_turns=4, **shares)
    said = [m["content"] for d in corpus for m in d.messages if m["role"] == "assistant"]
    return Counter(parse(text, domain.schemas).status for text in said)


def test_the_share_of_right_calls_is_the_one_asked_for(domain: Domain) -> None:
    counted = statuses(domain, right_share=0.06, kept_share=0.06)
    calls = counted[ParseStatus.CALLS] + counted[ParseStatus.MALFORMED]
    assert 0.04 < counted[ParseStatus.CALLS] / calls < 0.08


def test_a_corpus_all_right_has_no_lost_call(domain: Domain) -> None:
    counted = statuses(domain, right_share=1.0, kept_share=1.0)
    assert counted[ParseStatus.MALFORMED] == 0
    assert counted[ParseStatus.MESSAGE] == 400


def test_dialogues_end_within_the_turns_and_on_the_assistant(domain: Domain) -> None:
    tasks = domain.tasks(100, seed=2)
    corpus = build_corpus(
        domain, tasks, seed=0, right_share=0.1, kept_share=0.5, accepted_share=0.5, max_turns=4
    )
    for dialogue, task in zip(corpus, tasks, strict=True):
        roles = [message["role"] for message in dialogue.messages]
        assert roles[:2] == ["system", "user"]
        assert roles[-1] == "assistant"
        assert 1 <= roles.count("assistant") <= 4
        assert dialogue.task is task


def test_the_same_seed_writes_the_same_corpus(domain: Domain) -> None:
    tasks = domain.tasks(50, seed=2)
    one, two = (
        build_corpus(
            domain, tasks, seed=9, right_share=0.1, kept_share=0.1, accepted_share=0.8, max_turns=4
        )
        for _ in range(2)
    )
    assert one == two
