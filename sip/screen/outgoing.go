package screen

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	hotline "github.com/hotline-cc/hotline"
)

// Outgoing checks a message before it is sent: that it will be read as the one start line, the headers
// and the body it was built of. Foreign text in any of them, be it from a caller or the operator, must
// not end a line, and no line is folded. No control character but a tab leaves; the body is free. The error
// is of CodeInvalid and names the header, never its value.
func Outgoing(msg sip.Message) error {
	const op = "check outgoing message"
	var list []sip.Header
	switch m := msg.(type) {
	case *sip.Request:
		list = m.Headers()
		line := m.StartLine()
		if hasControl(line, false) || m.SipVersion != version || !isToken(string(m.Method)) || strings.Count(line, " ") != 2 {
			return hotline.Errorf(op, hotline.CodeInvalid, "request line is not method, URI and version")
		}
	case *sip.Response:
		list = m.Headers()
		if hasControl(m.StartLine(), false) || m.SipVersion != version || m.StatusCode < 100 || m.StatusCode > 699 {
			return hotline.Errorf(op, hotline.CodeInvalid, "status line is not version, status and reason")
		}
	default:
		return hotline.Errorf(op, hotline.CodeInvalid, "message of type %T", msg)
	}
	lengths := 0
	for _, h := range list {
		name := h.Name()
		if !isToken(name) {
			return hotline.Errorf(op, hotline.CodeInvalid, "header name %.40q is no token", name)
		}
		if hasControl(h.Value(), true) {
			return hotline.Errorf(op, hotline.CodeInvalid, "header %s holds a control character", name)
		}
		if n, ok := h.(*sip.ContentLengthHeader); ok {
			if lengths++; lengths > 1 || int(*n) != len(msg.Body()) {
				return hotline.Errorf(op, hotline.CodeInvalid, "Content-Length is not the length of the body")
			}
		} else if strings.EqualFold(fullName(name), "Content-Length") {
			return hotline.Errorf(op, hotline.CodeInvalid, "Content-Length is not of sipgo's making")
		}
	}
	return nil
}
