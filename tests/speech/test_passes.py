from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbing.errors import InputError
from speech_decoding.speech.passes import Pass, check_window, overlapping_passes

STRIDE = 320
FRAMES_PER_S = 50


@given(
    n_frames=st.integers(1, 5000),
    context=st.integers(0, 60),
    share=st.integers(1, 300),
)
def test_passes_share_all_frames_and_see_their_context(n_frames, context, share):
    window = share + 2 * context
    passes = overlapping_passes(
        n_frames,
        stride_samples=STRIDE,
        window_s=window / FRAMES_PER_S,
        context_s=context / FRAMES_PER_S,
    )
    assert [frame for one in passes for frame in range(one.start, one.stop)] == [*range(n_frames)]
    for one in passes:
        assert one.start < one.stop
        if len(passes) > 1:
            assert one.first == max(0, one.start - context)
            assert one.last == min(n_frames, one.stop + context)
        assert one.last - one.first <= window


def test_chunk_up_to_the_window_is_one_pass():
    one = overlapping_passes(3000, stride_samples=STRIDE, window_s=60, context_s=5)
    assert one == [Pass(0, 0, 3000, 3000)]
    two = overlapping_passes(3001, stride_samples=STRIDE, window_s=60, context_s=5)
    assert two == [Pass(0, 0, 1500, 1750), Pass(1250, 1500, 3001, 3001)]


@pytest.mark.parametrize(
    ("window_s", "context_s"), [(10, 5), (0, 0), (60, -1), (inf, 5), (nan, 5), (60, nan)]
)
def test_window_that_leaves_no_share_is_refused(window_s, context_s):
    with pytest.raises(InputError, match="window_s"):
        check_window(window_s=window_s, context_s=context_s)
