"""The retail tools: one a file, named like its file; `agent_env.domain.load_tools` finds them."""
