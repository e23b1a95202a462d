"""English stories of plain words, made up from a seed.

Only words, commas and full stops occur: the synthesiser gives no reliable times for hyphens, digits
and quotation marks. No sentence occurs twice in a story.
"""

import random
import re
from dataclasses import dataclass

from simulation.seeding import stable_seed

# Voices and speech rates change from sentence to sentence, as in MEG-MASC (protocol 1.1).
VOICES = ("en-us", "en-us+f3", "en-us+m3")
WORDS_PER_MINUTE = (145, 160, 175, 190, 205)

_WORD_LIST_SHARE = 1 / 15
# Measured with espeak-ng: a sentence of n words at rate r lasts about n * 51 / r + 0.35 seconds.
_MINUTE_S, _CLOSING_S = 51.0, 0.35

_WORDS = {
    "person": "captain teacher farmer doctor stranger sister neighbor painter soldier baker child "
    "grandmother sailor merchant student queen widow hunter carpenter musician",
    "animal": "horse dog sparrow fox wolf cat spider owl goat rabbit crow salmon",
    "thing": "lantern letter basket hammer mirror violin blanket candle map bottle ladder ribbon "
    "photograph envelope suitcase telescope umbrella newspaper knife coin rope drum feather",
    "place": "harbor kitchen forest valley station garden market mountain cellar bridge library "
    "orchard village island tower meadow corridor river chapel workshop desert",
    "matter": "snow smoke thunder rain moonlight silence dust music fog fire",
    "quality": "quiet golden broken heavy silver bitter ancient gentle hollow bright narrow frozen "
    "wooden enormous careless crooked purple faithful strange polished empty curious tired",
    "moved": "walked ran wandered climbed hurried sailed crawled returned traveled marched",
    "took": "carried found dropped painted stole opened studied repaired buried remembered sold "
    "watched burned followed measured polished borrowed",
    "said": "whispered shouted believed knew dreamed promised noticed feared wrote hoped",
    "across": "across through beyond beneath behind beside around toward near above",
    "how": "slowly suddenly quietly bravely gladly carefully softly angrily proudly twice",
    "time": "yesterday, tonight, afterward, before midnight, every winter, at sunrise, all summer",
    "name": "Oliver Margaret Thomas Beatrice Victor Julia Samuel Helen Arthur Sophie",
}
_NO_PUNCTUATION = str.maketrans("", "", ",.")
_CHOICES = {kind: words.split(", " if "," in words else None) for kind, words in _WORDS.items()}
_LISTED = sorted({word for words in _CHOICES.values() for word in words if " " not in word})

# The synthesiser joins some pairs of words ("of the", "that the", "there was") into one; the
# patterns avoid them.
_PATTERNS = (
    "the {quality} {person} {moved} {across} the {place} {time}.",
    "{name} {took} a {quality} {thing}, and the {animal} {moved} {how} {across} the {place}.",
    "{time}, the {person} {said} that every {place} was {quality} and {quality}.",
    "nobody near the {place} {took} the {thing} before the {quality} {person}.",
    "when the {matter} came, {name} {moved} {how} {across} the {quality} {place}.",
    "a {quality} {animal} and two {quality} friends {moved} {across} the {place} {how}.",
    "{name} and {name} {took} every {thing}, but the {matter} never stopped.",
    "under the {thing} lay a {quality} {thing} which the {person} {took} {time}.",
    "she {said} that {matter} and {matter} would cover the {quality} {place}.",
    "my {person} {took} the {thing} {how}, because the {animal} {moved} {across} it.",
    "no {thing} ever seemed so {quality} as the {thing} beside {name}.",
    "the {animal} {moved} {how} while the {person} {took} his {quality} {thing}.",
    "if you hear {matter} {across} the {place}, call the {quality} {person}.",
    "{how} the {quality} {animal} {moved} {across} the {thing}, and {name} {said} nothing.",
    "we {moved} {across} the {place} until the {matter} became {quality}.",
    "his {thing} smelled like {matter}, and her {thing} shone {how} {time}.",
    "the {quality} {animal} {moved} {how} {time}.",
    "{person} and {person} {said} without hope.",
    "{name} {moved} {across} the {quality} {place}, and every {person} {took} a {quality} {thing}.",
    "where the {place} ends, the old {animal} {moved} {how} {across} a {quality} {place}.",
)


@dataclass(frozen=True)
class Sentence:
    """One sentence or word list: its text, its condition, and how it is spoken."""

    text: str
    condition: str
    voice: str
    words_per_minute: int

    @property
    def words(self) -> list[str]:
        """The words as spelled in the text, without punctuation."""
        return self.text.translate(_NO_PUNCTUATION).split()

    @property
    def expected_s(self) -> float:
        """About how long it lasts when spoken, in seconds."""
        return len(self.words) * _MINUTE_S / self.words_per_minute + _CLOSING_S


def write_story(name: str, *, seed: int, duration_s: float, pause_s: float) -> list[Sentence]:
    """Make up the sentences of a story, 6 to 14 words each.

    Parameters: name and seed, which determine the story; duration_s, about how long it lasts when
    spoken with a pause of pause_s seconds after each sentence.
    Returns: sentences in reading order; a longer story of the same name and seed begins alike.
    """
    # The standard library's generator keeps its sequences from version to version.
    choose = random.Random(stable_seed("story", name, seed))
    sentences, texts, elapsed_s, patterns = [], set(), 0.0, []
    while elapsed_s < duration_s:
        # Every pattern is used once before any is used again, so that neighbours differ.
        patterns = patterns or choose.sample(_PATTERNS, len(_PATTERNS))
        sentence = _make_sentence(choose, patterns.pop())
        if sentence.text in texts:
            continue
        sentences.append(sentence)
        texts.add(sentence.text)
        elapsed_s += sentence.expected_s + pause_s
    return sentences


def _make_sentence(choose: random.Random, pattern: str) -> Sentence:
    is_list = choose.random() < _WORD_LIST_SHARE
    text = " ".join(choose.sample(_LISTED, 9)) + "." if is_list else _fill(choose, pattern)
    return Sentence(
        text=text[0].upper() + text[1:],
        condition="word_list" if is_list else "sentence",
        voice=choose.choice(VOICES),
        words_per_minute=choose.choice(WORDS_PER_MINUTE),
    )


def _fill(choose: random.Random, pattern: str) -> str:
    """Replace each {kind} by a word of that kind, none twice in a sentence."""
    for kind, choices in _CHOICES.items():
        blank = "{" + kind + "}"
        for word in choose.sample(choices, pattern.count(blank)):
            pattern = pattern.replace(blank, word, 1)
    return re.sub(r"\ba (?=[aeiou])", "an ", pattern)
