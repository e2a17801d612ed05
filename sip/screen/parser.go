package screen

import (
	"maps"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// NewParser returns sipgo's parser with a stricter reading of Contact: a URI with headers must stand
// in angle brackets (RFC 3261 §20.10; RFC 4475, regbadct), which cannot be told after parsing. One
// that does not is read as a Contact without host, which Request refuses.
func NewParser() *sip.Parser {
	parsers := maps.Clone(sip.DefaultHeadersParser()) // the original is shared by every parser
	for _, name := range []string{"contact", "m"} {
		contact := parsers[name]
		parsers[name] = func(name []byte, text string) (sip.Header, error) {
			h, err := contact(name, text)
			if c, ok := h.(*sip.ContactHeader); ok && len(c.Address.Headers) > 0 && !bracketed(text) {
				c.Address.Host = ""
			}
			return h, err
		}
	}
	return sip.NewParser(sip.WithHeadersParsers(parsers))
}

// bracketed reports whether the first address of a header value stands in angle brackets.
func bracketed(text string) bool {
	first, _ := cutElement(text)
	quoted := false
	for i := 0; i < len(first); i++ {
		switch {
		case first[i] == '\\' && quoted:
			i++
		case first[i] == '"':
			quoted = !quoted
		case first[i] == '<' && !quoted:
			return true
		case strings.IndexByte(";?", first[i]) >= 0 && !quoted:
			return false
		}
	}
	return false
}
