"""What happens to files: bytes changed, cut off, put in, left out or written twice."""

import random

_ODD_BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFF)


def mutate(random_: random.Random, content: bytes) -> bytes:
    """Change a file's content in one to four places."""
    for _ in range(random_.randint(1, 4)):
        content = random_.choice(_MUTATIONS)(random_, content)
    return content


def _flip_bit(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content) or 1)
    return _put(content, place, bytes([(content[place : place + 1] or b"\0")[0] ^ _bit(random_)]))


def _change_byte(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content) or 1)
    return _put(content, place, bytes([random_.choice((*_ODD_BYTES, random_.randrange(256)))]))


def _change_number(random_: random.Random, content: bytes) -> bytes:
    """Write a whole number of four bytes at one of the places where formats have them."""
    place = random_.randrange(0, len(content) or 1, 4)
    number = random_.choice((0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1, random_.randrange(256)))
    return _put(content, place, number.to_bytes(4, "little"))


def _cut_off(random_: random.Random, content: bytes) -> bytes:
    return content[: random_.randrange(len(content) + 1)]


def _put_in(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content) + 1)
    return content[:place] + random_.randbytes(random_.randint(1, 16)) + content[place:]


def _leave_out(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content) + 1)
    return content[:place] + content[place + random_.randint(1, 64) :]


def _write_twice(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content) + 1)
    stop = place + random_.randint(1, 64)
    return content[:stop] + content[place:stop] + content[stop:]


def _bit(random_: random.Random) -> int:
    return 1 << random_.randrange(8)


def _put(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


_MUTATIONS = (
    *(_flip_bit, _change_byte, _change_number),
    *(_cut_off, _put_in, _leave_out, _write_twice),
)
