"""Readers' answers to the exercises of chapter 6."""

from __future__ import annotations
