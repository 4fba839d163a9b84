"""What every generated value has to satisfy, in original units.

`terms` reads what a user writes, `rules` resolves it for the channels of a data set,
`projections` are the exact Euclidean projections, `satisfy` applies them to series,
`redraw` draws violating series again before that, `outcome` says what was changed.
"""
