"""Scoring any OpenAI-compatible endpoint on a domain's tasks.

Place in the flow: `python -m agent_env evaluate` and `rescore`. `command` reads the command line,
`run` plays the episodes, `ledger` keeps them in a file, `summary` and `table` say what came out.

    settings   what is measured: everything that two runs must share to be one
    chair      the model's side of an episode, in text or with native tool calls
    run        all episodes, many at a time
    ledger     the file: appended to, read back, resumed
    statistics intervals and pass^k
    baselines  what doing nothing, and only talking, score on the same tasks
    summary    the figures;  table  the figures for people;  compare  two files side by side
    rescore    the recorded texts through today's parser and scoring

What it does not do: no training, no serving of models.
"""
