"""Other projects' benchmarks, run from the user's own checkout of them.

Place in the flow: `load_domain("tau_bench_retail", path=...)` finds the module whose `DOMAINS`
holds the name and calls its `build(name, ...)`. The folder is the registry: `DOMAINS` is read from
the module's text, so that nothing is imported until it is named.

What it does not do: no file of those projects is kept here, none is downloaded, and their code that
talks to models is never imported.
"""
