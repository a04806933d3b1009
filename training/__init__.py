"""Training of tool-calling agents with SkyRL: the run, its metrics, and the CPU placement.

Place in the flow: ``parsers`` -> ``agent_env`` -> here. Nothing is imported with the package;
SkyRL, Ray, torch and W&B are needed only by the modules that use them.
"""
