"""Readers' answers to the exercises of chapter 3."""

from __future__ import annotations
