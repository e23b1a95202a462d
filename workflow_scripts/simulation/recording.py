"""One simulated recording: what the 256 channels measure while a listener hears a story."""

from collections.abc import Iterator

import numpy as np

from simulation import brain, sensors
from simulation.noise import SensorNoise, response_fields
from simulation.seeding import generator

_BLOCK_S = 10.0
_SOUND_CHANNEL = sensors.CHANNELS - 17  # somewhere among those of unknown content


def sensor_blocks(
    features: np.ndarray,
    word_onsets: np.ndarray,
    head: sensors.Head,
    *,
    recording_id: str,
    subject: str,
    kind: str,
    snr: float,
    rate_hz: float,
    seed: int,
    sound: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Give a recording in blocks of time: arrays (256, n), float32, in tesla and volt.

    Parameters: features (8, samples) of the speech at rate_hz, 0 where there is none; word_onsets,
    sample numbers; head, the listener's head; kind, what the brain responds to, one of
    brain.KINDS; snr, power of the response divided by power of the noise, both from 1 to 40 Hz,
    over the whole recording and all gradiometers. The response depends on seed and subject, the
    noise on seed and recording_id. Of the channels that are no magnetometers, one holds `sound`,
    [samples] at rate_hz, in volts, if it is given; the others stay at 0.
    """
    model = brain.HeadModel(head)
    responses = brain.source_responses(features, word_onsets, kind=kind, rate_hz=rate_hz, seed=seed)
    speech_fields = brain.speech_source_fields(model, seed=seed, subject=subject)
    noise = SensorNoise(
        model,
        speech_fields,
        sample_count=features.shape[1],
        rate_hz=rate_hz,
        random=generator(seed, "noise", recording_id),
    )
    fields = response_fields(
        speech_fields, responses, snr=snr, noise_power=noise.band_power, rate_hz=rate_hz
    )

    step = round(_BLOCK_S * rate_hz)
    for start in range(0, features.shape[1], step):
        stop = min(start + step, features.shape[1])
        block = np.zeros((sensors.CHANNELS, stop - start), np.float32)
        block[: -sensors.MISCELLANEOUS] = noise.block(start, stop)
        block[: sensors.GRADIOMETERS] += fields @ responses[:, start:stop]
        if sound is not None:
            block[_SOUND_CHANNEL] = sound[start:stop]
        yield block
