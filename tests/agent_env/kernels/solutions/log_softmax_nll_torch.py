"""logsumexp less the target's logit."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, logits, target):
        return torch.logsumexp(logits, dim=1) - logits.gather(1, target[:, None]).squeeze(1)
