"""Figures for those who watch. Nothing is here yet."""
