package nlu

import (
	"strings"
	"sync"

	"github.com/hotline-cc/hotline/internal/han"
)

// reading is how a character sounds, as numbers of syllables; 0 is no sound.
type reading struct {
	exact, fuzzy uint16
	// also is the second reading of a common character with two (长, 行), in fuzzy syllables.
	also uint16
}

// sounding is the table of readings. It never changes.
type sounding struct {
	names  []string // of syllables, by number
	han    [han.Last - han.First + 1]reading
	digits [10]reading
}

var soundings = sync.OnceValue(buildSoundings)

// polyphones are the common characters whose second reading is common too.
const polyphones = "长行重还得都调乐会车便差传弹朝单和华降角觉空量落率没宿为相兴应着种曾参藏"

func buildSoundings() *sounding {
	s := &sounding{names: []string{""}}
	numbers := map[string]uint16{}
	number := func(name string) uint16 {
		if n, ok := numbers[name]; ok {
			return n
		}
		n := uint16(len(s.names))
		numbers[name], s.names = n, append(s.names, name)
		return n
	}
	for r := rune(han.First); r <= han.Last; r++ {
		all := han.Readings(r)
		if len(all) == 0 {
			continue
		}
		v := reading{exact: number(all[0]), fuzzy: number(han.Confusable(all[0]))}
		if strings.ContainsRune(polyphones, r) {
			for _, other := range all[1:] {
				if n := number(han.Confusable(other)); n != v.fuzzy {
					v.also = n
					break
				}
			}
		}
		s.han[r-han.First] = v
	}
	for d := '0'; d <= '9'; d++ {
		s.digits[d-'0'] = s.of(han.Numeral(d))
	}
	return s
}

// of returns the reading of a Han character or a digit; others have none.
func (s *sounding) of(r rune) reading {
	switch {
	case r >= han.First && r <= han.Last:
		return s.han[r-han.First]
	case r >= '0' && r <= '9':
		return s.digits[r-'0']
	}
	return reading{}
}

func readingOf(r rune) reading { return soundings().of(r) }

// Syllables reads a sentence as fuzzy toneless syllables, one for each Han character; runs of
// Latin letters are one unit and digits are read as Chinese digits. What sounds alike is in
// han.Confusable.
func Syllables(text string) []string { return syllablesOf(Clean(text)) }

// syllablesOf reads a clean sentence.
func syllablesOf(clean string) []string {
	units := make([]string, 0, len(clean)/3) // a Han character is three bytes
	var latin strings.Builder
	flush := func() {
		if latin.Len() > 0 {
			units = append(units, latin.String())
			latin.Reset()
		}
	}
	table := soundings()
	for _, r := range clean {
		if r >= 'a' && r <= 'z' {
			latin.WriteRune(r)
			continue
		}
		flush()
		if s := table.names[table.of(r).fuzzy]; s != "" {
			units = append(units, s)
		}
	}
	flush()
	return units
}
