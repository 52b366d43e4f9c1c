"""The bracket engine: pure Python, in which teams are their seeds and nothing is ever stored.

build() draws the series that a tournament's rules ask for; resolve() answers how they stand after
some results; standings, placements, names, layout and svg read that.
"""
