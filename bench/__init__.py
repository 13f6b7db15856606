"""Benchmarks: one package a task."""
