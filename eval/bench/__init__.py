"""Figures of speed and memory: reported, never asserted."""
