"""A model string to one small streaming Protocol, on the providers' libraries and llama-index."""

from .connect import FORMS, auto, connect
from .model import Clock, Model, ModelFailed, Reply, Timeouts, hang_up

__all__ = [
    "FORMS",
    "Clock",
    "Model",
    "ModelFailed",
    "Reply",
    "Timeouts",
    "auto",
    "connect",
    "hang_up",
]
