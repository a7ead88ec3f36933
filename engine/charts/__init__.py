"""Pure functions from a tidy frame to an Altair chart; one file for each kind of picture.

Each takes its data as a DataFrame (a notebook) or as `alt.NamedData` (a page, which hands the
rows over separately so that the specification can be built once and kept).
"""
