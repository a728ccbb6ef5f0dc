"""What watches a fit: progress, records, early stopping, saved weights, and the base class for one's own."""

from tinydl.callbacks.base import Callback, CallbackList, History, LambdaCallback
from tinydl.callbacks.progress import ProgressBar

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback", "ProgressBar"]
