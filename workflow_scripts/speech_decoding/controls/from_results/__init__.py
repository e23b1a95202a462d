"""Controls judged from earlier results: `judge` takes an `evidence.Evidence`."""
