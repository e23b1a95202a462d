"""Simulated studies, written in the raw formats of the real ones and with a known truth.

A simulated listener hears synthetic speech; the sensors record its response below a chosen amount
of noise. The readers of the real studies open the result unchanged.
"""
