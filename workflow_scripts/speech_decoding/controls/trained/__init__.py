"""Controls that are trained: each is an experiment of config.yaml with the name of its module.

`report.controls` lists the ones to train. A module judges the comparison of its experiment with the
study's main experiment (`comparison.compare_tables`).
"""
