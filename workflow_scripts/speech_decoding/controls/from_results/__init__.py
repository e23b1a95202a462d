"""Controls judged from results that are there anyway: `judge` takes an `evidence.Evidence`."""
