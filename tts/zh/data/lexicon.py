"""Makes lexicon.tsv: the words that text is cut into, with how often they occur and, where it is
not the first reading of each character, their pinyin.

    pip install jieba==0.42.1 pypinyin==0.55.0
    python lexicon.py PATH/go-pinyin@v0.21.0/pinyin_dict.go > lexicon.tsv

Words and counts come from jieba's dictionary, readings of words from pypinyin's, first readings of
characters from go-pinyin's (all MIT licence). What operators say otherwise is in readings.tsv.
"""
import os
import re
import sys

import jieba
from pypinyin import Style, lazy_pinyin

COMMON = 40  # words seen less often are left out, words read in a special way …
RARE = 4  # … only below this

MARKS = {m: (v, t) for v, row in {
    "a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "v": "ǖǘǚǜ", "n": " ńňǹ", "m": " ḿ ",
}.items() for t, m in enumerate(row, 1)}


def numbered(syllable):
    """nǚ → nv3"""
    tone = "5"
    out = ""
    for c in syllable:
        if c in MARKS:
            c, tone = MARKS[c][0], str(MARKS[c][1])
        out += "v" if c == "ü" else c
    return out + tone


with open(sys.argv[1], encoding="utf-8") as f:
    first = {chr(int(c, 16)): numbered(p.split(",")[0]) for c, p in re.findall(r'0x(\w+):\s*"([^"]+)"', f.read())}

with open(os.path.join(os.path.dirname(jieba.__file__), "dict.txt"), encoding="utf-8") as f:
    for word, count, _ in sorted(line.split(" ") for line in f):
        count = int(count)
        if count < RARE or len(word) > 6 or any(c not in first for c in word):
            continue
        plain = [first[c] for c in word]
        said = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False) if len(word) > 1 else plain
        if said != plain:
            print(word, count, " ".join(said), sep="\t")
        elif count >= COMMON or len(word) == 1:
            print(word, count, sep="\t")
