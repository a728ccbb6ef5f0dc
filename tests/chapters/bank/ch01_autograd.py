"""Readers' answers to the exercises of chapter 1."""

from __future__ import annotations
