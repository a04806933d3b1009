"""A process of the pool: one judge, and one evaluation after the other.

Place in the flow: `pool` starts several of these and sends each an order; the answer is the verdict
or the failure. Both ends are ours, so that orders and answers are pickled; candidates live in
children of this process's own zygote, as ever.

What it does not do: no queue, and no retries; it ends when its channel closes, whatever it is
doing, and the kernel ends its zygote and their children with it.
"""

from __future__ import annotations

import os
import pickle
import queue
import socket
import threading
from dataclasses import dataclass
from typing import Any

from agent_env.errors import EnvError
from agent_env.kernels import channel, core
from agent_env.kernels.judge import Judge
from agent_env.kernels.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every judge of a pool is made with; fields as of `Judge`.

    Attributes:
        slot: A file that whoever times holds a lock on.
    """

    cache_dir: str | None
    device: str
    limits: Limits
    require_isolation: bool
    static_rules: bool
    slot: str


def main(link: int) -> None:
    """Serves orders until the channel closes.

    Args:
        link: The inherited socket; the first frame is the pickled `Setting`.
    """
    sock = socket.socket(fileno=link)
    setting: Setting = pickle.loads(channel.receive(sock)[0])
    judge = Judge(
        setting.cache_dir,
        setting.device,
        require_isolation=setting.require_isolation,
        limits=setting.limits,
        static_rules=setting.static_rules,
        slot=lambda: core.held(setting.slot),
    )
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sock, orders), daemon=True).start()
    while True:
        channel.send(sock, pickle.dumps(_follow(judge, pickle.loads(orders.get()))))


def _listen(sock: socket.socket, orders: queue.SimpleQueue[bytes]) -> None:
    """Hands orders on; a channel that closes ends the process in the middle of anything."""
    try:
        while True:
            orders.put(channel.receive(sock)[0])
    except (OSError, channel.ChannelError):
        os._exit(0)


def _follow(judge: Judge, order: dict[str, Any]) -> Any:
    try:
        if order.pop("warm", False):
            return judge.isolation()
        return judge.evaluate(order.pop("code"), pickle.loads(order.pop("problem")), **order)
    except EnvError as error:
        return error
    except Exception as error:  # a programmer's fault belongs to who submitted, not to this process
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # whatever an exception does when it is copied
            return EnvError(type(error).__name__, str(error))
        return error
