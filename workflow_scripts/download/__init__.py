"""Fetching the real studies: what can be fetched by a script is, what cannot is checked and named.

None of it is part of the workflow proper: no rule's input is made here.
"""
