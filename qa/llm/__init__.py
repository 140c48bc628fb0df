"""A model string to one small streaming Protocol, on llama-index's LLM classes."""

from .connect import FORMS, auto, connect
from .model import Clock, Model, ModelFailed, Reply, Timeouts

__all__ = ["FORMS", "Clock", "Model", "ModelFailed", "Reply", "Timeouts", "auto", "connect"]
