"""The kernel bench: compile, check and time a candidate so that its number can be believed.

Place in the flow: `extract` takes code out of an answer, `judge` takes it up the ladder (policy,
compile, check, time) and returns a `verdict`; `bench` is the same from the command line.

What it does not do: importing this package imports no torch and starts no process.
"""
