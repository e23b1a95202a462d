"""torchaudio, importable beside a torch that was built without CUDA.

torchaudio's wheel is compiled against CUDA and loads that extension when it is imported; beside a
CPU torch the import ends in an OSError about a missing CUDA library. The extension serves forced
alignment, decoders and a faster filter alone: the wav2vec 2.0 network and the mel spectrum are
plain torch. So where the extension cannot be loaded, and only there, a stand-in that says "no
extension" takes its place and the import is repeated. Modules of this project write

    from speech_decoding.speech.torchaudio_guard import torchaudio
"""

import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import NoReturn


def _refused(function: Callable) -> Callable:
    @functools.wraps(function)
    def refuse(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(f"torchaudio's compiled extension, missing here, holds {function}")

    return refuse


def _without_extension() -> ModuleType:
    # What the failed import left behind would be taken for a complete package.
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
        del sys.modules[name]
    extension = ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension.fail_if_no_align = _refused
    sys.modules[extension.__name__] = extension
    return importlib.import_module("torchaudio")


try:
    torchaudio = importlib.import_module("torchaudio")
except OSError:
    torchaudio = _without_extension()
