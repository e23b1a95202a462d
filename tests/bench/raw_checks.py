"""Raw checks and quality of one recording of 208 sensors, 1000 Hz, 600 s: times and memory.

PYTHONPATH=workflow_scripts python -m tests.bench.raw_checks
"""

import tempfile
import time
from pathlib import Path

from speech_decoding.recordings.preprocessing import resample_recording, sensor_positions
from speech_decoding.recordings.quality import Quality, measure_clamped_share, measure_spectrum
from speech_decoding.recordings.signal_checks import check_signal
from speech_decoding.studies import kit
from tests.bench.preprocessing import memory_kib, write_recording

SECONDS = 600


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_recording(folder / "a.con", SECONDS)
        raw = kit.open_recording(folder / "a.con").pick("mag")
        print(f"208 sensors, 1000 Hz, {SECONDS} s\n")
        imported_kib = memory_kib("VmRSS")
        _report("check of every sample", lambda: check_signal(raw, "a.con"))
        signal = _report("resampling", lambda: resample_recording(raw, rate_hz=120))
        spectrum = _report("spectrum", lambda: measure_spectrum(raw))
        share = _report("share of clamped samples", lambda: measure_clamped_share(signal))
        quality = Quality(spectrum, "mag", sensor_positions(raw), [], share)
        _report("picture", lambda: _draw(folder / "a.png", quality))
        print(f"memory above the imports: {(memory_kib('VmHWM') - imported_kib) / 1024:.0f} MiB")


def _report(name, work):
    began = time.perf_counter()
    result = work()
    print(f"{name:25} {time.perf_counter() - began:6.2f} s")
    return result


def _draw(path: Path, quality: Quality) -> None:
    from speech_decoding.recordings.quality_picture import draw_quality

    path.write_bytes(draw_quality(quality))


if __name__ == "__main__":
    main()
