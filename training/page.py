"""The pieces of the report's page: its style, safe text, tables and conversations.

Place in the flow: `training/report.py` decides what is shown, this module how it looks.
What this module does not do: read files. The model's text is hostile: everything is escaped, and
characters that could hide or reorder text are shown by their code.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --page: #fcfcfd; --card: #ffffff;
  --edge: #e0e1e6; --bad: #fde3dd;
  --c0: #c2410c; --c1: #8a6d00; --c2: #0b7a4b; --c3: #2563c9; --c4: #8b3fc0; --c5: #c02672; --c6:
  #4b6b7a;
  --c7: #7a7a7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a5a9b1; --page: #111113;
  --card: #19191b; --edge: #313439; --bad: #5a251a;
  --c0: #ff8a5c; --c1: #e0b93c; --c2: #4cc38a; --c3: #70b0ff; --c4: #c79bf2; --c5: #f582b7; --c6:
  #9cbccb;
  --c7: #a8a8a8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 84rem; background: var(--page); color:
  var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
p { max-width: 48rem; margin: .3rem 0; } .soft { color: var(--soft); }
.missing { border-left: 3px solid var(--c0); padding-left: .7rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(36rem, 100%), 1fr));
  gap: 1rem; }
figure, details.talk { margin: 0; padding: .8rem 1rem; background: var(--card);
  border: 1px solid var(--edge); border-radius: 8px; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--edge); }
th { font-weight: 600; } td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
svg { width: 100%; height: auto; display: block; font-size: 12px; }
svg text { fill: var(--ink); } svg .tick { text-anchor: end; fill: var(--soft); }
svg .step { text-anchor: middle; fill: var(--soft); } .grid line, svg .grid { stroke: var(--edge); }
svg .line { fill: none; stroke-width: 2; stroke: var(--c); } svg .dot { fill: var(--c); }
svg .bar { fill: var(--c); } svg .end { fill: var(--c); font-weight: 600; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
details.talk { margin-bottom: .7rem; } summary { cursor: pointer; font-weight: 600; }
.turn { margin: .7rem 0 0; } .who { font-weight: 600; } .assistant { color: var(--c3); }
pre { margin: .15rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
  font: 13px/1.45 ui-monospace, monospace; border-left: 3px solid var(--edge); padding-left:
  .7rem; }
pre.assistant { color: inherit; border-color: var(--c3); } mark { background: var(--bad); color:
  inherit; }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

# Controls other than newline and tab, characters that reorder or hide text, and half characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def document(title: str, body: Sequence[str]) -> str:
    """A whole HTML page that may load nothing and run nothing."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{safe(title)}</title><style>{STYLE}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )


def safe(value: object) -> str:
    """Text of any origin as harmless HTML."""
    return html.escape(_HIDDEN.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", str(value)))


def paragraph(text: str, kind: str = "soft") -> str:
    """A paragraph of our own words."""
    return f'<p class="{kind}">{safe(text)}</p>'


def figure(caption: str, drawing: str, note: str) -> str:
    """A chart under its caption; `note` stands in for a chart without any value."""
    return f"<figure><figcaption>{safe(caption)}</figcaption>{drawing or paragraph(note)}</figure>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; columns whose head starts with `#` hold numbers."""
    kinds = [' class="number"' if name.startswith("#") else "" for name in head]

    def line(cells: Sequence[str], tag: str) -> str:
        marked = (
            f"<{tag}{kind}>{safe(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True)
        )
        return f"<tr>{''.join(marked)}</tr>"

    titles = line([name.lstrip("#") for name in head], "th")
    return f"<table>{titles}{''.join(line(row, 'td') for row in rows)}</table>"


def conversation(title: str, row: Mapping[str, Any], *, opened: bool) -> str:
    """One episode: who spoke, the raw text with its faults marked, and what became of each turn."""
    success = "success" if row.get("success") else "no success"
    how = f"step {row.get('step')}, reward {number(row.get('reward'))}, {success}"
    ended = f"({how}, ended by {row.get('stop_reason')})"
    parts = [f'<summary>{safe(title)} <span class="soft">{safe(ended)}</span></summary>']
    turns = iter(row.get("turns") or ())
    for message in row.get("messages") or ():
        role, text = str(message.get("role")), str(message.get("content"))
        turn: Mapping[str, Any] = next(turns, {}) if role == "assistant" else {}
        parts.append(_turn(role, text, turn))
    return f'<details class="talk"{" open" if opened else ""}>{"".join(parts)}</details>'


def number(value: object) -> str:
    """A number with three digits, or a dash for anything else."""
    return f"{value:.3g}" if isinstance(value, int | float) else "\u2013"


def _turn(role: str, text: str, turn: Mapping[str, Any]) -> str:
    """One message; the system's is folded, because it is long and the same everywhere."""
    if role == "system":
        return f'<details class="turn"><summary>system</summary><pre>{safe(text)}</pre></details>'
    if role != "assistant":
        return (
            f'<div class="turn"><span class="who">{safe(role)}</span><pre>{safe(text)}</pre></div>'
        )
    raw = str(turn.get("text", text))
    faults = turn.get("faults") or ()
    came = f"{turn.get('status')}, layer {turn.get('layer')}, reward {number(turn.get('reward'))}"
    verdict = "; ".join(
        [came, *(f"{fault.get('kind')}: {fault.get('message')}" for fault in faults)]
    )
    marked = _marked(raw, [fault.get("span") for fault in faults])
    return (
        '<div class="turn"><span class="who assistant">assistant</span> '
        f'<span class="soft">{safe(verdict)}</span><pre class="assistant">{marked}</pre></div>'
    )


def _marked(text: str, spans: Sequence[Any]) -> str:
    """The text with what the faults point at marked; spans that make no sense are passed over."""
    inside = [False] * len(text)
    for span in spans:
        if (
            isinstance(span, list | tuple)
            and len(span) == 2
            and all(isinstance(at, int) for at in span)
        ):
            for at in range(max(0, span[0]), min(span[1], len(text))):
                inside[at] = True
    parts, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or inside[at] != inside[start]:
            piece = safe(text[start:at])
            parts.append(f"<mark>{piece}</mark>" if inside[start] else piece)
            start = at
    return "".join(parts)
