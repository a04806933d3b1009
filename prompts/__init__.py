"""Every word that a model or a customer reads, as files; the loader is strict about variables.

Place in the flow: `agent_env` asks for a text by kind and name (`system`, `turn`, `user`, `agent`)
and gets it rendered. The folder is the registry: `prompts/<kind>/<name>.md` is found by being
there.

A prompt file opens with a header between two `---` lines: `about: ...` (required), `source: ...`
(where the text comes from, if not from us) and one `$variable: example` line for each variable. The
body follows; `{{variable}}` marks a place to fill. A line that is exactly `===` separates variants
of one text.

What it does not do: no formatting logic, no conditions, no loops, no knowledge of parsers, domains
or models.
"""

from prompts.loader import Prompt, PromptError, list_prompts, load, render

__all__ = ["Prompt", "PromptError", "list_prompts", "load", "render"]
