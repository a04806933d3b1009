"""A recorded trajectory for people: `python -m agent_env show FILE`."""
