"""A person at the terminal: as the agent, or as the customer.

Place in the flow: `python -m agent_env play`, which is `command`. A seat is where the person sits;
it drives the same `ToolEnv` that training drives, so what a person meets is what a model meets.

    command   reads the command line and puts the person into a seat
    seat      what both seats have in common: the commands, taking back, what changed
    seats     the agent's and the customer's
    others    agents that play against a customer
    typed     the call in a line such as `get_order order_id=#W12345`
    shown     everything as lines for people
    terminal  lines in, lines out

What it does not do: it neither hints nor forgives, unless asked with `--spoilers`.
"""
