package kb

import "github.com/hotline-cc/hotline/internal/han"

// sounds returns one unit for each rune of a folded text: the syllable of a Han character as
// han.Syllable has it, everything else as it is.
func sounds(text string) []string {
	var list []string
	for _, r := range text {
		unit := han.Syllable(r)
		if unit == "" {
			unit = string(r)
		}
		list = append(list, unit)
	}
	return list
}
