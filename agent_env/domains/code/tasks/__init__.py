"""The tasks of the `code` domain: one module a task, and the folder is the list.

Each holds one public function, whose docstring is what the model is told, whose body is the answer
that the oracle gives, and `TESTS`: asserts that call it with plain values, nothing else.

What it does not do: nothing here is run inside a candidate's process, nor can be read there.
"""
