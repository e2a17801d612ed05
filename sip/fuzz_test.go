package sip

import (
	"net"
	"net/netip"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/sip/screen"
)

// FuzzReceive checks that whatever passes can be answered without smuggling a line, and names a
// transaction, a dialog and an interval without panic.
func FuzzReceive(f *testing.F) {
	for _, data := range tortureMessages(f) {
		f.Add(data)
	}
	f.Add([]byte("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bKd;rport\r\nFrom: <sip:e@f>;tag=g\r\nTo: <sip:a@b>\r\nCall-ID: h\r\n" +
		"CSeq: 1 INVITE\r\nContact: <sip:e@f>\r\nSession-Expires: 90;refresher=uac\r\nRecord-Route: <sip:r;lr>\r\nContent-Length: 0\r\n\r\n"))
	e, err := New(Config{Listen: []Listen{{Network: UDP, Address: netip.AddrPortFrom(loopback, 0)}}})
	if err != nil {
		f.Fatal(err)
	}
	source := net.UDPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 5060}
	parser := screen.NewParser()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parser.ParseSIP(data)
		if err != nil {
			return
		}
		m.SetTransport("UDP")
		m.SetSource(source.String())
		e.receive(m)
		req, ok := m.(*gosip.Request)
		if !ok || req.Transport() == consumed {
			return
		}
		_, _ = branchIDOf(req), dialogOf(req)
		_, _ = told(req)
		d := callee(req, "tag")
		for _, out := range []gosip.Message{response(req, 200, "tag"), d.request(gosip.BYE, 1)} {
			if b, ok := out.(*gosip.Request); ok {
				b.SetBody(nil)
			}
			if err := screen.Outgoing(out); err != nil {
				t.Errorf("cannot be sent: %v\n%s", err, out)
			}
		}
	})
}
