"""Readers' answers to the exercises of chapter 7."""

from __future__ import annotations
