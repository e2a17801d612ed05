package screen

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Response reports whether a response may be taken for an answer to a request of ours; all others
// are dropped without a word. It must have exactly one Via, the one we wrote (RFC 3261 §8.1.3.3),
// which ours tells by its host, without brackets, and its port, 0 if left out.
func Response(res *sip.Response, ours func(host string, port int) bool) bool {
	if res.StatusCode < 100 || res.StatusCode > 699 || !strings.EqualFold(res.SipVersion, version) {
		return false
	}
	if len(res.Headers()) > MaxHeaders || hasControl(res.Reason, true) {
		return false
	}
	seen := make(map[string]int, 16)
	for _, h := range res.Headers() {
		name := strings.ToLower(fullName(h.Name()))
		value := h.Value()
		if !isToken(name) || hasControl(value, true) || len(name)+len(": ")+len(value) > MaxHeader {
			return false
		}
		if seen[name]++; seen[name] > 1 && single(name) {
			return false
		}
	}
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		if seen[name] != 1 {
			return false
		}
	}
	if n := res.ContentLength(); n != nil && int(*n) != len(res.Body()) {
		return false
	}
	v := res.Via()
	return strings.EqualFold(v.ProtocolName, "SIP") && v.ProtocolVersion == "2.0" && ours(strings.Trim(v.Host, "[]"), v.Port)
}
