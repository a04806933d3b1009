"""Models behind OpenAI-compatible URLs, and a scripted server that stands in for one."""
