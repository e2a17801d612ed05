// Package screen decides what sipgo's parser leaves open, before a message reaches a call: which
// requests are answered with an error or dropped (RFC 3261 §8.2, RFC 4475), which responses are not
// ours, and which sources send too much. It also checks every message we emit, so that no foreign
// text becomes a header of ours.
//
// In order of a packet: Limiter.Filter, NewParser, Request or Response, and Outgoing on the way out.
// Quiet keeps hostile packets from filling the log.
package screen

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Limits on a message.
const (
	MaxDatagram = 16 << 10 // bytes, over UDP
	MaxMessage  = 64 << 10 // bytes, over streams
	MaxHeaders  = 128
	MaxHeader   = 4 << 10 // bytes of one header, name and value
)

// What we support, as announced in Allow, Supported, Accept and Accept-Encoding.
const (
	Allow          = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK"
	Supported      = "100rel, timer"
	Accept         = "application/sdp"
	AcceptInfo     = "application/dtmf-relay, application/dtmf"
	acceptEncoding = "identity"
)

// Verdict says how a request ends that must not go on.
type Verdict struct {
	Drop    bool // no answer: an ACK, or a message whose echo would not be safe
	Status  int  // SIP status of the answer otherwise
	Reason  string
	Headers []sip.Header // to be added to the answer
	Why     string       // what was wrong, for the log; holds no foreign text
}

// Response builds the answer, nil when the request is to be dropped.
func (v *Verdict) Response(req *sip.Request) *sip.Response {
	if v.Drop {
		return nil
	}
	res := sip.NewResponseFromRequest(req, v.Status, v.Reason, nil)
	res.SipVersion = version // sipgo repeats that of the request, which may be the reason for a 505
	for _, h := range v.Headers {
		res.AppendHeader(h)
	}
	return res
}

func refuse(status int, reason, why string, headers ...sip.Header) *Verdict {
	return &Verdict{Status: status, Reason: reason, Headers: headers, Why: why}
}

func bad(why string) *Verdict { return refuse(sip.StatusBadRequest, "Bad Request", why) }

const version = "SIP/2.0"

// List returns the elements of a comma-separated header, over all its occurrences, short form
// included: List(req.Headers(), "Supported") reads "Supported: timer" and "k: 100rel" alike.
func List(headers []sip.Header, name string) []string {
	var list []string
	for _, h := range headers {
		if !strings.EqualFold(fullName(h.Name()), name) {
			continue
		}
		for rest := h.Value(); rest != ""; {
			var element string
			element, rest = cutElement(rest)
			if element = strings.TrimSpace(element); element != "" {
				list = append(list, element)
			}
		}
	}
	return list
}

// cutElement cuts at the first comma outside quotes.
func cutElement(s string) (element, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// fullName returns the name behind a short form (IANA, "Compact Form" of SIP header fields).
func fullName(name string) string {
	if len(name) != 1 {
		return name
	}
	switch name[0] | 0x20 {
	case 'a':
		return "Accept-Contact"
	case 'b':
		return "Referred-By"
	case 'c':
		return "Content-Type"
	case 'd':
		return "Request-Disposition"
	case 'e':
		return "Content-Encoding"
	case 'f':
		return "From"
	case 'i':
		return "Call-ID"
	case 'j':
		return "Reject-Contact"
	case 'k':
		return "Supported"
	case 'l':
		return "Content-Length"
	case 'm':
		return "Contact"
	case 'n':
		return "Identity-Info"
	case 'o':
		return "Event"
	case 'r':
		return "Refer-To"
	case 's':
		return "Subject"
	case 't':
		return "To"
	case 'u':
		return "Allow-Events"
	case 'v':
		return "Via"
	case 'x':
		return "Session-Expires"
	case 'y':
		return "Identity"
	}
	return name
}

// isToken reports whether s is a token (RFC 3261 §25.1).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// hasControl reports whether s holds a control character that may not stand in a line.
func hasControl(s string, tab bool) bool {
	for i := 0; i < len(s); i++ {
		if (s[i] < ' ' || s[i] == 0x7f) && (s[i] != '\t' || !tab) {
			return true
		}
	}
	return false
}

// single reports whether a header, its full name in lower case, may occur only once in a message.
func single(name string) bool {
	return slices.Contains([]string{
		"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type",
		"content-disposition", "expires", "min-expires", "session-expires", "min-se", "event",
		"date", "rseq", "rack", "refer-to", "referred-by", "replaces", "retry-after", "timestamp",
	}, name)
}
