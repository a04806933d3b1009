"""The domains: each package in this folder that has a `build` is one; `agent_env.load_domain` finds it by name."""
