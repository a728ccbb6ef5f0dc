"""Readers' answers to the exercises of chapter 4."""

from __future__ import annotations
