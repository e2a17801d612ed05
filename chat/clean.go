package chat

import (
	"strings"
	"unicode"
)

// Clean returns the words of a message as the dialog reads them: without control characters, marks
// that turn the direction of writing and others that show nothing, on one line and trimmed. Emoji
// and the joiners inside them stay.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200d' || r >= '\ufe00' && r <= '\ufe0f':
			return r // inside emoji
		case r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	return strings.Trim(text, "\u200d\ufe0e\ufe0f ")
}
