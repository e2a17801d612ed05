package kb

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// clean folds a sentence for matching: full-width forms to plain ones, letters to lower case,
// punctuation and space removed.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(text))
}

// plain takes the tones off vowels. ü is v, as everybody types it.
var plain = strings.NewReplacer(
	"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ē", "e", "é", "e", "ě", "e", "è", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v",
	"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m", "ế", "e", "ề", "e", "ê", "e",
)

// sounds returns one unit for each rune of a clean text: the fuzzy toneless syllable of a Han
// character in its most frequent reading, everything else as it is. Sounds that recognisers and
// speakers confuse fall together: zh/z, ch/c, sh/s, n/l/r, f/h and the finals -ng/-n.
func sounds(text string) []string {
	var list []string
	for _, r := range text {
		unit := string(r)
		if readings, known := pinyin.PinyinDict[int(r)]; known {
			first, _, _ := strings.Cut(readings, ",")
			unit = fuzzy(plain.Replace(first))
		}
		list = append(list, unit)
	}
	return list
}

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
