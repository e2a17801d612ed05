package nlu

import (
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// reading is how a character sounds, as numbers of syllables; 0 is no sound.
type reading struct {
	exact, fuzzy uint16
	// also is the second reading of a common character with two (长, 行), in fuzzy syllables.
	also uint16
}

// sounding is the table of readings. It never changes.
type sounding struct {
	names    []string // of syllables, by number
	readings map[rune]reading
}

var soundings = sync.OnceValue(buildSoundings)

// polyphones are the common characters whose second reading is common too.
const polyphones = "长行重还得都调乐会车便差传弹朝单和华降角觉空量落率没宿为相兴应着种曾参藏"

const firstHan, lastHan = 0x4E00, 0x9FFF

func buildSoundings() *sounding {
	s := &sounding{names: []string{""}, readings: make(map[rune]reading, lastHan-firstHan)}
	numbers := map[string]uint16{}
	number := func(name string) uint16 {
		if n, ok := numbers[name]; ok {
			return n
		}
		n := uint16(len(s.names))
		numbers[name], s.names = n, append(s.names, name)
		return n
	}
	for r := rune(firstHan); r <= lastHan; r++ {
		marked := pinyin.PinyinDict[int(r)]
		if marked == "" {
			continue
		}
		all := strings.Split(marked, ",")
		plain := toneless(all[0])
		v := reading{exact: number(plain), fuzzy: number(fuzzy(plain))}
		if strings.ContainsRune(polyphones, r) {
			for _, other := range all[1:] {
				if n := number(fuzzy(toneless(other))); n != v.fuzzy {
					v.also = n
					break
				}
			}
		}
		s.readings[r] = v
	}
	for i, name := range digitSyllables {
		s.readings[rune('0'+i)] = reading{exact: number(name), fuzzy: number(fuzzy(name))}
	}
	return s
}

var digitSyllables = [...]string{"ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"}

// tones takes the marks off vowels.
var tones = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ē", "e", "é", "e", "ě", "e", "è", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v",
	"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m", "ê", "e", "\u0304", "", "\u0301", "", "\u030c", "", "\u0300", "")

func toneless(marked string) string { return tones.Replace(marked) }

// fuzzy folds what recognisers and speakers confuse: zh/z, ch/c, sh/s, n/l, r/l, f/h, -ng/-n.
func fuzzy(s string) string {
	switch {
	case strings.HasPrefix(s, "zh"), strings.HasPrefix(s, "ch"), strings.HasPrefix(s, "sh"):
		s = s[:1] + s[2:]
	case strings.HasPrefix(s, "n"), strings.HasPrefix(s, "r"):
		s = "l" + s[1:]
	case strings.HasPrefix(s, "f"):
		s = "h" + s[1:]
	}
	return strings.TrimSuffix(s, "g")
}

func readingOf(r rune) reading { return soundings().readings[r] }

// Syllables reads a sentence as fuzzy toneless syllables, one for each Han character; runs of
// Latin letters are one unit and digits are read as Chinese digits. Sounds that recognisers and
// many speakers confuse fall together: zh/z, ch/c, sh/s, n/l, f/h, r/l and the finals -ng/-n.
func Syllables(text string) []string {
	var units []string
	var latin strings.Builder
	flush := func() {
		if latin.Len() > 0 {
			units = append(units, latin.String())
			latin.Reset()
		}
	}
	table := soundings()
	for _, r := range Clean(text) {
		if r >= 'a' && r <= 'z' {
			latin.WriteRune(r)
			continue
		}
		flush()
		if s := table.names[table.readings[r].fuzzy]; s != "" {
			units = append(units, s)
		}
	}
	flush()
	return units
}
