package api

import (
	"slices"
	"strings"
)

// visitorName is what a conversation keeps of who began it.
func (i identity) visitorName(given string) string {
	if i.key == nil {
		return "address:" + bucketOf(i.address)
	}
	return "key:" + i.key.ID + ":" + given
}

// withheld is what networks write in the place of a number that the caller does not show (RFC 3323).
var withheld = []string{"anonymous", "private", "restricted", "unavailable", "unknown"}

// OnePerson tells whether a caller, as conversations keep it, is one person: not an address that many share, nor
// whoever a system did not name, nor a number that was withheld.
func OnePerson(caller string) bool {
	if of, system := strings.CutPrefix(caller, "key:"); system {
		_, name, _ := strings.Cut(of, ":")
		return name != ""
	}
	return caller != "" && !strings.HasPrefix(caller, "address:") && !slices.Contains(withheld, strings.ToLower(caller))
}

func (i identity) owns(visitor string) bool {
	return i.key != nil && strings.HasPrefix(visitor, "key:"+i.key.ID+":")
}
