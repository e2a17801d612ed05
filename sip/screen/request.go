package screen

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Request judges a parsed request in the order of RFC 3261 §8.2. It returns nil when the request may
// go on. Whether it belongs to a dialog, is a merged one (482) or is allowed is not judged here.
//
// A request without Contact, Max-Forwards, From tag or branch passes, as from an RFC 2543 telephone.
// Max-Forwards 0 passes: we are where it goes.
func Request(req *sip.Request) *Verdict {
	v := judge(req)
	if v != nil && req.IsAck() {
		return &Verdict{Drop: true, Why: v.Why} // an ACK is never answered (RFC 3261 §17)
	}
	return v
}

func judge(req *sip.Request) *Verdict {
	for _, check := range []func(*sip.Request) *Verdict{
		size, form, headers, via, method, uris, extensions, content,
	} {
		if v := check(req); v != nil {
			return v
		}
	}
	return nil
}

// size holds a request against the limits. sipgo has its own for streams; UDP is cut by Limiter.
func size(req *sip.Request) *Verdict {
	if len(req.Headers()) > MaxHeaders {
		return tooLarge("too many headers")
	}
	limit := MaxMessage
	if strings.EqualFold(req.Transport(), "UDP") {
		limit = MaxDatagram
	}
	total := len(req.StartLine()) + len(req.Body())
	for _, h := range req.Headers() {
		n := len(h.Name()) + len(": ") + len(h.Value())
		if n > MaxHeader {
			return tooLarge("header too long")
		}
		total += n + len("\r\n")
	}
	if total > limit {
		return tooLarge("message too long")
	}
	return nil
}

func tooLarge(why string) *Verdict {
	return refuse(sip.StatusMessageTooLarge, "Message Too Large", why)
}

// form looks for what cannot even be answered safely. sipgo ends a line at CR LF only, so that a bare
// LF stays in a value; and a NUL or escape may be quoted legally (RFC 4475, intmeth), yet nobody
// writes that to us in good faith and our answer would have to repeat it.
func form(req *sip.Request) *Verdict {
	if req.Via() == nil {
		return &Verdict{Drop: true, Why: "no Via"}
	}
	if hasControl(req.StartLine(), false) {
		return &Verdict{Drop: true, Why: "control character in request line"}
	}
	for _, h := range req.Headers() {
		if hasControl(h.Name(), false) || hasControl(h.Value(), true) {
			return &Verdict{Drop: true, Why: "control character in header"}
		}
	}
	if !strings.EqualFold(req.SipVersion, version) {
		return refuse(sip.StatusVersionNotSupported, "Version Not Supported", "not SIP/2.0")
	}
	return nil
}

// headers looks for missing, repeated and contradicting headers (RFC 3261 §8.1.1, §20).
func headers(req *sip.Request) *Verdict {
	seen := make(map[string]bool, 16)
	for _, h := range req.Headers() {
		name := strings.ToLower(fullName(h.Name()))
		if !isToken(name) {
			return bad("header name is no token")
		}
		if seen[name] && single(name) {
			return bad("header repeated that may occur once")
		}
		seen[name] = true
	}
	for _, name := range []string{"from", "to", "call-id", "cseq"} {
		if !seen[name] {
			return bad("mandatory header missing")
		}
	}
	if n := req.MaxForwards(); n != nil && *n > 255 {
		return bad("Max-Forwards over 255")
	}
	if n := req.ContentLength(); n != nil && int(*n) != len(req.Body()) {
		return bad("Content-Length is not the length of the body")
	}
	return nil
}

// via looks at the topmost Via, to which the answer goes. A branch that is the magic cookie and
// nothing else would match every other such request (RFC 4475, badbranch).
func via(req *sip.Request) *Verdict {
	v := req.Via()
	branch, _ := v.Params.Get("branch")
	switch {
	case !strings.EqualFold(v.ProtocolName, "SIP") || v.ProtocolVersion != "2.0":
		return bad("Via is not SIP/2.0")
	case v.Host == "" || v.Port < 0 || v.Port > 65535:
		return bad("Via without usable address")
	case branch == sip.RFC3261BranchMagicCookie:
		return bad("branch is the magic cookie only")
	}
	return nil
}

// method tells methods we know but do not serve from those we do not know (RFC 3261 §21.4.6, §21.5.2).
func method(req *sip.Request) *Verdict {
	allow := sip.NewHeader("Allow", Allow)
	switch m := string(req.Method); {
	case slices.Contains(strings.Split(Allow, ", "), m):
	case slices.Contains([]string{"MESSAGE", "NOTIFY", "PUBLISH", "REFER", "SUBSCRIBE"}, m):
		return refuse(sip.StatusMethodNotAllowed, "Method Not Allowed", "method not served", allow)
	default:
		return refuse(sip.StatusNotImplemented, "Not Implemented", "method unknown", allow)
	}
	if req.CSeq().MethodName != req.Method {
		return bad("CSeq names another method")
	}
	return nil
}

// uris looks at the addresses. To and From may be of any scheme: they name, they do not lead anywhere.
func uris(req *sip.Request) *Verdict {
	switch r := req.Recipient; {
	case r.Scheme != "sip" && r.Scheme != "sips" && r.Scheme != "tel":
		return refuse(416, "Unsupported URI Scheme", "scheme of Request-URI")
	case !usable(r):
		return bad("Request-URI without usable host")
	case len(r.Headers) > 0 || r.UriParams.Has("method"):
		return bad("Request-URI with headers or method (RFC 3261 §19.1.1)")
	case !usable(req.From().Address) || !usable(req.To().Address):
		return bad("From or To without usable host")
	}
	contacts := 0
	for _, h := range req.Headers() {
		c, ok := h.(*sip.ContactHeader)
		if !ok {
			continue
		}
		contacts++
		switch req.Method {
		case sip.REGISTER:
			if !c.Address.Wildcard && !usable(c.Address) {
				return bad("Contact without usable host")
			}
		case sip.INVITE, sip.UPDATE:
			if contacts > 1 || c.Address.Wildcard || !isSIP(c.Address) || !usable(c.Address) {
				return bad("Contact is not one SIP address (RFC 3261 §8.1.1.8)")
			}
		}
	}
	return nil
}

func isSIP(u sip.Uri) bool { return u.Scheme == "sip" || u.Scheme == "sips" }

// usable reports whether a SIP URI leads somewhere; other schemes are not judged.
func usable(u sip.Uri) bool {
	host := strings.TrimSpace(u.Host) // sipgo leaves the white space before a semicolon
	return !isSIP(u) || host != "" && !strings.ContainsAny(host, " \t<>\"") && u.Port >= 0 && u.Port <= 65535
}

// extensions refuses what the caller insists on and we do not have (RFC 3261 §8.2.2.3).
// Proxy-Require is for proxies.
func extensions(req *sip.Request) *Verdict {
	if req.IsAck() || req.IsCancel() {
		return nil
	}
	var missing []string
	for _, tag := range List(req.Headers(), "Require") {
		supported := slices.ContainsFunc(strings.Split(Supported, ", "), func(s string) bool { return strings.EqualFold(s, tag) })
		if !supported {
			missing = append(missing, tag)
		}
	}
	if missing == nil {
		return nil
	}
	return refuse(sip.StatusBadExtension, "Bad Extension", "extension required that we do not have",
		sip.NewHeader("Unsupported", strings.Join(missing, ", ")))
}

// content looks at the body where we read it, and at whether the caller will read ours (RFC 3261
// §8.2.3, §21.4.7). A body its sender calls optional may be anything (§20.11).
func content(req *sip.Request) *Verdict {
	accept := Accept
	switch req.Method {
	case sip.INVITE, sip.UPDATE, sip.PRACK:
	case sip.INFO:
		accept = AcceptInfo
	default:
		return nil
	}
	if req.Method == sip.INVITE && req.GetHeader("Accept") != nil && !accepts(List(req.Headers(), "Accept")) {
		return refuse(sip.StatusNotAcceptable, "Not Acceptable", "caller does not accept application/sdp")
	}
	if len(req.Body()) == 0 || optional(req) {
		return nil
	}
	for _, encoding := range List(req.Headers(), "Content-Encoding") {
		if !strings.EqualFold(encoding, acceptEncoding) {
			return refuse(sip.StatusUnsupportedMediaType, "Unsupported Media Type", "encoded body",
				sip.NewHeader("Accept-Encoding", acceptEncoding))
		}
	}
	if req.ContentType() == nil {
		return bad("body without Content-Type")
	}
	if !slices.Contains(strings.Split(accept, ", "), mediaType(req.ContentType().Value())) {
		return refuse(sip.StatusUnsupportedMediaType, "Unsupported Media Type", "type of body",
			sip.NewHeader("Accept", accept))
	}
	return nil
}

// mediaType returns the type without parameters, in lower case.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

func accepts(types []string) bool {
	return slices.ContainsFunc(types, func(t string) bool {
		return slices.Contains([]string{Accept, "application/*", "*/*"}, mediaType(t))
	})
}

func optional(req *sip.Request) bool {
	h := req.GetHeader("Content-Disposition")
	if h == nil {
		return false
	}
	value := strings.ToLower(strings.Join(strings.Fields(h.Value()), ""))
	return strings.Contains(value, ";handling=optional")
}
