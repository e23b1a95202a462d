"""From where on a raw recording is found wanting: all thresholds of the raw checks.

A fault excludes a recording, because it would give wrong training data. A warning does not.
"""

# The signal. Below one window there is nothing to cut a segment from.
SHORTEST_S = 3.0
# All sensors standing still together is no brain: a gap in the data, filled with a constant.
SHORTEST_GAP_S = 0.1
LONGEST_GAPS_S = 1.0  # in total; more is a fault
# A sensor is flat if it stands still in this share of the samples.
FLAT_SHARE = 0.5
LARGEST_FLAT_SENSORS = 0.1  # share of the sensors; more is a fault

# The events. `start_s - wav_start_s`, where the wav began, is the same for all events of a wav.
NOTICED_SPREAD_S = 0.001
LARGEST_SPREAD_S = 0.010  # about one sample at 120 Hz; more is a fault
# Some annotations let the last word of a file end a little after the file.
LARGEST_OVERHANG_S = 0.1
# A recording may begin late or end early: this share of its words may lie outside; more is a fault.
LARGEST_SHARE_OUTSIDE = 0.25
# The longest pause between words in the published tables is 8.6 s.
LONGEST_PAUSE_S = 15.0
# The last event of a wav may lie this long before its end, if the wav ends with silence.
LONGEST_SILENCE_S = 5.0

# The alignment. The recorded sound may lie this far from where its events place it.
LARGEST_LAG_S = 0.050
# Below this correlation of envelopes a channel holds something else; chance is some 0.1.
LEAST_CORRELATION = 0.3
