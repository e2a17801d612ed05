package nlu

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Noise is a way to spoil sentences the way recognisers do.
type Noise string

// The kinds of noise.
const (
	NoiseNone   Noise = ""
	NoisePinyin Noise = "pinyin" // about 12 % of the characters become others that sound the same or nearly so
	NoiseASR    Noise = "asr"    // that, with fillers, repetitions, lost characters, spaces and no punctuation
)

// Chances of the noise, by character.
const (
	chanceHomophone = 0.12
	chanceExact     = 0.6 // of those: the same syllable, else one that is confused with it
	chanceFiller    = 0.03
	chanceRepeat    = 0.02
	chanceDrop      = 0.015
	chanceSpace     = 0.06
)

var spokenFillers = []string{"嗯", "那个", "呃", "就是", "啊", "这个", "然后"}

// Spoil returns a sentence with noise. The same sentence and seed give the same result.
func Spoil(text string, kind Noise, seed uint64) string {
	if kind != NoisePinyin && kind != NoiseASR {
		return text
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	var b strings.Builder
	for _, r := range text {
		spoken := homophone(r, random)
		if kind == NoisePinyin {
			b.WriteRune(spoken)
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if random.Float64() < chanceFiller {
			b.WriteString(spokenFillers[random.IntN(len(spokenFillers))])
		}
		if random.Float64() < chanceDrop {
			continue
		}
		b.WriteRune(spoken)
		if random.Float64() < chanceRepeat {
			b.WriteRune(spoken)
		}
		if random.Float64() < chanceSpace {
			b.WriteByte(' ')
		}
	}
	if out := strings.TrimSpace(b.String()); out != "" {
		return out
	}
	return text
}

func homophone(r rune, random *rand.Rand) rune {
	v := readingOf(r)
	if v.exact == 0 || unicode.IsDigit(r) || random.Float64() >= chanceHomophone {
		return r
	}
	alike := homophones()
	from := alike.fuzzy[v.fuzzy]
	if random.Float64() < chanceExact {
		from = alike.exact[v.exact]
	}
	if len(from) == 0 || len(from) == 1 && from[0] == r {
		return r
	}
	for {
		if other := from[random.IntN(len(from))]; other != r {
			return other
		}
	}
}

type alike struct{ exact, fuzzy map[uint16][]rune }

// homophones lists the 3755 characters of the first level of GB 2312, the ones people write, by sound.
var homophones = sync.OnceValue(func() alike {
	a := alike{map[uint16][]rune{}, map[uint16][]rune{}}
	decoder := simplifiedchinese.GBK.NewDecoder()
	for hi := 0xB0; hi <= 0xD7; hi++ {
		for lo := 0xA1; lo <= 0xFE; lo++ {
			text, err := decoder.Bytes([]byte{byte(hi), byte(lo)})
			r := []rune(string(text))
			if err != nil || len(r) != 1 {
				continue
			}
			if v := readingOf(r[0]); v.exact != 0 && !slices.Contains(a.exact[v.exact], r[0]) {
				a.exact[v.exact] = append(a.exact[v.exact], r[0])
				a.fuzzy[v.fuzzy] = append(a.fuzzy[v.fuzzy], r[0])
			}
		}
	}
	return a
})
