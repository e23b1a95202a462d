"""Controls that are trained: each an experiment of config.yaml that bears the module's name.

`report.controls` lists those to be trained. A module here judges what `comparison.compare_tables`
gives of the experiment and the study's main one.
"""
