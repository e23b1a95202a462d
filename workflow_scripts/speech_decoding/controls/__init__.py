"""Controls: what an accuracy has to survive before it is believed.

A control is one module, found by its name, in the folder of its kind: `at_test` holds those that
are measured on the trained decoder, `trained` those that are experiments of config.yaml, and
`from_results` those that are judged from earlier results. To add one, add a module that has what
`control.Control` describes.
"""
