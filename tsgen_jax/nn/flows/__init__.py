"""Invertible layers of normalizing flows: pure functions, and networks behind them.

`transforms` are increasing functions of one number; `masked` is the network that gives
every dimension parameters from those before it; `layers` put both together.
"""
