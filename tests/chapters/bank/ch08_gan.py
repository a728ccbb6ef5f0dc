"""Readers' answers to the exercises of chapter 8."""

from __future__ import annotations
