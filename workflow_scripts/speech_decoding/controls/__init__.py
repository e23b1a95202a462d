"""Controls: tests that an accuracy must pass before it is accepted as decoding.

A control is one module in the folder of its kind, and has the module's name: `at_test` holds the
controls measured on the trained decoder, `trained` those that are experiments of config.yaml, and
`from_results` those judged from earlier results. To add a control, add a module with the names that
`control.Control` describes.
"""
