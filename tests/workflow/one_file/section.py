"""How many listeners there were."""

TITLE = "A toy section"
ORDER = 35
TEMPLATE = "<p>{{ count }} listeners heard tones.</p>"


def show(contents):
    return {"count": contents.checks["subject"].nunique()}
