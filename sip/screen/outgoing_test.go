package screen

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	hotline "github.com/hotline-cc/hotline"
)

// checkLines fails when a message on the wire has other lines than its start line and headers.
func checkLines(t *testing.T, msg sip.Message, headers []sip.Header) {
	t.Helper()
	head, body, found := strings.Cut(msg.String(), "\r\n\r\n")
	if !found || body != string(msg.Body()) {
		t.Fatalf("body is %q, want %q", body, msg.Body())
	}
	lines := strings.Split(head, "\r\n")
	if len(lines) != 1+len(headers) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), 1+len(headers), head)
	}
	for i, h := range headers {
		if !strings.HasPrefix(lines[1+i], h.Name()+": ") || strings.ContainsAny(lines[1+i], "\r\n\x00") {
			t.Fatalf("line %q is not header %s", lines[1+i], h.Name())
		}
	}
}

func TestOutgoingRefusesInjection(t *testing.T) {
	const evil = "x\r\nVia: SIP/2.0/UDP 192.0.2.66"
	request := func(change func(*sip.Request)) sip.Message {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", User: "1", Host: "example.com"})
		req.AppendHeader(&sip.FromHeader{DisplayName: "热线", Address: sip.Uri{Scheme: "sip", Host: "gw"}})
		req.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: "gw"}})
		req.SetBody([]byte("v=0\r\ns=-\r\n"))
		change(req)
		return req
	}
	response := func(status int, reason string) sip.Message { return sip.NewResponse(status, reason) }
	tests := map[string]struct {
		msg  sip.Message
		want bool
	}{
		"sound request":       {request(func(*sip.Request) {}), true},
		"sound response":      {response(486, "Busy Here"), true},
		"no reason":           {response(200, ""), true},
		"tab":                 {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("X", "a\tb")) }), true},
		"method":              {request(func(r *sip.Request) { r.Method = evil }), false},
		"user of the URI":     {request(func(r *sip.Request) { r.Recipient.User = evil }), false},
		"space in the URI":    {request(func(r *sip.Request) { r.Recipient.User = "a b" }), false},
		"parameter of URI":    {request(func(r *sip.Request) { r.Recipient.UriParams.Add("x", evil) }), false},
		"version":             {request(func(r *sip.Request) { r.SipVersion = "SIP/2.0\r\nX: y" }), false},
		"display name":        {request(func(r *sip.Request) { r.From().DisplayName = evil }), false},
		"display name LF":     {request(func(r *sip.Request) { r.From().DisplayName = "a\nb" }), false},
		"display name CR":     {request(func(r *sip.Request) { r.From().DisplayName = "a\rb" }), false},
		"display name NUL":    {request(func(r *sip.Request) { r.From().DisplayName = "a\x00b" }), false},
		"display name DEL":    {request(func(r *sip.Request) { r.From().DisplayName = "a\x7fb" }), false},
		"contact":             {request(func(r *sip.Request) { r.Contact().Address.Host = evil }), false},
		"header value":        {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("X", evil)) }), false},
		"folded value":        {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("X", "a\r\n b")) }), false},
		"header name":         {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("X: y\r\nZ", "1")) }), false},
		"empty header name":   {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("", "1")) }), false},
		"space before colon":  {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("X ", "1")) }), false},
		"second length":       {request(func(r *sip.Request) { r.AppendHeader(sip.NewHeader("l", "0")) }), false},
		"wrong length":        {request(func(r *sip.Request) { *r.ContentLength() = 3 }), false},
		"reason":              {response(200, evil), false},
		"status out of range": {response(1200, "OK"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := Outgoing(tt.msg)
			if (err == nil) != tt.want {
				t.Errorf("error %v, want accepted %v", err, tt.want)
			}
			if err != nil && (hotline.CodeOf(err) != hotline.CodeInvalid || strings.Contains(err.Error(), "192.0.2.66")) {
				t.Errorf("error %q has code %s or repeats the value", err, hotline.CodeOf(err))
			}
		})
	}
}

// FuzzOutgoing checks that what passes has exactly the lines it was built of.
func FuzzOutgoing(f *testing.F) {
	f.Add("INVITE", "alice", "热线", "X-Queue", "vip", "OK", []byte("v=0\r\n"))
	f.Add("BYE", "a\r\nVia: x", "a\rb", "X\n", "a\r\n b", "OK\n", []byte("\r\n\r\nINVITE"))
	f.Fuzz(func(t *testing.T, method, user, display, name, value, reason string, body []byte) {
		req := sip.NewRequest(sip.RequestMethod(method), sip.Uri{Scheme: "sip", User: user, Host: "example.com"})
		req.AppendHeader(&sip.FromHeader{DisplayName: display, Address: sip.Uri{Scheme: "sip", User: user, Host: "gw"}})
		req.AppendHeader(sip.NewHeader(name, value))
		req.SetBody(body)
		if Outgoing(req) == nil {
			checkLines(t, req, req.Headers())
		}
		res := sip.NewResponse(200, reason)
		res.AppendHeader(sip.NewHeader(name, value))
		res.SetBody(body)
		if Outgoing(res) == nil {
			checkLines(t, res, res.Headers())
		}
	})
}
