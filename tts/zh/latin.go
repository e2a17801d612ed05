package zh

import (
	"fmt"
	"strings"
)

// readLatin reads how Latin letters and words sound: a letter or word and its symbols per line.
func readLatin(data string) (map[string]string, error) {
	words := map[string]string{}
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, symbols, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("read latin.tsv: %q has no symbols", line)
		}
		words[name] = symbols
	}
	return words, nil
}

// letterRules read Latin letters: units after 元/, words that are spoken as such, everything else
// letter by letter.
func (f *Frontend) letterRules() []rule {
	return []rule{
		newRule(unitPattern, func(m match) (string, bool) {
			return unitNames[m.groups[0]], m.follows("/") && m.alone()
		}),
		newRule(`[Ww]i-?[Ff]i`, always(" wifi ")),
		newRule(`([A-Za-z]+)(\d+(?:\.\d+)+)`, func(m match) (string, bool) { // PM2.5, V2.0.1
			numbers := strings.Split(m.groups[2], ".")
			for i, n := range numbers {
				numbers[i] = plain(n)
			}
			return " " + f.latinWord(m.groups[1]) + " " + strings.Join(numbers, "点"), m.whole()
		}),
		newRule(`([A-Za-z]+)(\d*)`, func(m match) (string, bool) {
			name, digits := m.groups[1], m.groups[2]
			if digits == "" && isLetterNext(m.after) {
				return "", false
			}
			said := " " + f.latinWord(name) + " "
			switch {
			case digits == "":
			case len(digits) <= 2 && digits[0] != '0':
				said += cardinal(digits)
			default:
				said += dictated(digits)
			}
			return said, true
		}),
	}
}

func isLetterNext(after string) bool { return after != "" && isLetter(rune(after[0])) }

// latinWord is a word that is spoken as such in lower case, or its letters.
func (f *Frontend) latinWord(name string) string {
	if lower := strings.ToLower(name); len(name) > 1 {
		if _, ok := f.latin[lower]; ok {
			return lower
		}
	}
	return strings.TrimSpace(strings.ToUpper(strings.Join(strings.Split(name, ""), " ")))
}

// code spells letters and figures one by one.
func (f *Frontend) code(s string) string {
	var b strings.Builder
	for _, r := range s {
		if isDigit(r) {
			b.WriteString(yao(string(r)))
			continue
		}
		b.WriteString(" " + strings.ToUpper(string(r)) + " ")
	}
	return b.String()
}

// serial spells letters and figures four by four.
func (f *Frontend) serial(s string) string {
	var groups []string
	for len(s) > 5 {
		groups, s = append(groups, f.code(s[:4])), s[4:]
	}
	return strings.Join(append(groups, f.code(s)), "，")
}

// addressSigns are the signs of an address and their names.
var addressSigns = map[string]string{".": "点", "@": "艾特", "-": "杠", "_": "下划线"}

var spacedSigns = strings.NewReplacer(".", " . ", "@", " @ ", "-", " - ", "_", " _ ")

// address spells a mail or network address without its path.
func (f *Frontend) address(m match) (string, bool) {
	host, _, _ := strings.Cut(m.groups[0], "/")
	var b strings.Builder
	for i, p := range strings.Fields(spacedSigns.Replace(host)) {
		switch sign := addressSigns[p]; {
		case sign != "":
			b.WriteString(sign)
		case p == "www" && i == 0:
			b.WriteString("三 W ")
		case p == "12345":
			b.WriteString(serviceNumber(p))
		case strings.ContainsAny(p, "0123456789"):
			b.WriteString(f.code(p))
		default:
			b.WriteString(" " + f.latinWord(p) + " ")
		}
	}
	return b.String(), m.alone()
}
