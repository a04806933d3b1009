"""Where agents live: vLLM servers, clients of the `openai` library. No part of the parser."""
