"""What watches a fit: progress, records, early stopping, saved weights, and the base class for one's own."""

from tinydl.callbacks.base import Callback, CallbackList, History, LambdaCallback
from tinydl.callbacks.progress import ProgressBar
from tinydl.callbacks.records import CSVLogger, TensorBoard
from tinydl.callbacks.saving import BackupAndRestore, ModelCheckpoint
from tinydl.callbacks.steering import (
    EarlyStopping,
    LearningRateScheduler,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgressBar",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]
