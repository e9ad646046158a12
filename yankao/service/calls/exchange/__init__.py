"""Readers of exchanges: each turns bytes into tellings of calls."""
