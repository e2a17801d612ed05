package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// blackHole returns the address of a socket that never answers.
func blackHole(t testing.TB) string { return newWire(t, nil).local.String() }

// wire is a peer that sends what a test writes, byte by byte, over UDP.
type wire struct {
	t     testing.TB
	conn  *net.UDPConn
	local netip.AddrPort
	peer  netip.AddrPort
	last  map[string]bool // messages seen
}

func newWire(t testing.TB, e *Endpoint) *wire { return newWireAt(t, e, loopback) }

func newWireAt(t testing.TB, e *Endpoint, a netip.Addr) *wire {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w := &wire{t: t, conn: conn, local: conn.LocalAddr().(*net.UDPAddr).AddrPort(), last: make(map[string]bool)}
	if e != nil {
		w.peer = e.Addr(UDP)
	}
	return w
}

// g711 is an offer of one G.711 stream at a port nobody listens at.
const g711 = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// write sends a message. Lines may end in LF only; LOCAL and PEER stand for the addresses, and
// Content-Length is added.
func (w *wire) write(head, body string) {
	w.t.Helper()
	head = strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n")
	head = strings.NewReplacer("LOCAL", w.local.String(), "PEER", w.peer.String()).Replace(head)
	if body != "" && !strings.Contains(head, "Content-Type") {
		head += "\r\nContent-Type: application/sdp"
	}
	w.raw([]byte(fmt.Sprintf("%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)))
}

func (w *wire) raw(data []byte) {
	w.t.Helper()
	if _, err := w.conn.WriteToUDPAddrPort(data, w.peer); err != nil {
		w.t.Fatal(err)
	}
}

// request sends a request of a call named id. more are lines to add.
func (w *wire) request(method, id string, seq int, toTag, body string, more ...string) {
	w.t.Helper()
	to := "<sip:hotline@PEER>"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	lines := append([]string{
		method + " sip:hotline@PEER SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP LOCAL;branch=z9hG4bK%s%s%d;rport", id, strings.Replace(method, "CANCEL", "INVITE", 1), seq),
		"From: <sip:caller@LOCAL>;tag=from" + id,
		"To: " + to,
		"Call-ID: " + id,
		fmt.Sprintf("CSeq: %d %s", seq, method),
		"Contact: <sip:caller@LOCAL>",
		"Max-Forwards: 70",
	}, more...)
	w.write(strings.Join(lines, "\n"), body)
}

// read returns the next message that was not seen before, or nil after a wait.
func (w *wire) read(wait time.Duration) gosip.Message {
	w.t.Helper()
	buffer := make([]byte, 65536)
	_ = w.conn.SetReadDeadline(time.Now().Add(wait))
	for {
		n, from, err := w.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return nil
		}
		w.peer = from
		if w.last[string(buffer[:n])] {
			continue
		}
		w.last[string(buffer[:n])] = true
		m, err := gosip.ParseMessage(buffer[:n])
		if err != nil {
			w.t.Fatalf("unreadable message %q: %v", buffer[:n], err)
		}
		return m
	}
}

// status waits for a response, over provisional ones that are not asked for.
func (w *wire) status(want int) *gosip.Response {
	w.t.Helper()
	for {
		switch m := w.read(5 * time.Second).(type) {
		case nil:
			w.t.Fatalf("no response, want %d", want)
		case *gosip.Request:
			w.t.Fatalf("%s instead of %d", m.StartLine(), want)
		case *gosip.Response:
			if m.StatusCode == want {
				return m
			}
			if !m.IsProvisional() {
				w.t.Fatalf("%s instead of %d", m.StartLine(), want)
			}
		}
	}
}

// asked waits for a request.
func (w *wire) asked(method gosip.RequestMethod) *gosip.Request {
	w.t.Helper()
	for {
		switch m := w.read(5 * time.Second).(type) {
		case nil:
			w.t.Fatalf("no request, want %s", method)
		case *gosip.Request:
			if m.Method != method {
				w.t.Fatalf("%s instead of %s", m.StartLine(), method)
			}
			return m
		}
	}
}

// quiet checks that nothing new comes for a while.
func (w *wire) quiet(wait time.Duration) {
	w.t.Helper()
	if m := w.read(wait); m != nil {
		w.t.Fatalf("unexpected message:\n%s", m)
	}
}

// reply answers a request. tag goes into To unless it has one. more are lines to add.
func (w *wire) reply(req *gosip.Request, status int, tag, body string, more ...string) {
	w.t.Helper()
	res := gosip.NewResponseFromRequest(req, status, "Said", nil)
	if tag != "" {
		res.To().Params.Add("tag", tag)
	}
	res.RemoveHeader("Content-Length")
	head := strings.TrimSuffix(strings.ReplaceAll(res.String(), "\r\n", "\n"), "\n\n")
	w.write(strings.Join(append([]string{head, "Contact: <sip:callee@LOCAL>"}, more...), "\n"), body)
}

// call places a call and returns the tag of the callee after the ACK.
func (w *wire) call(id string, more ...string) (tag string) {
	w.t.Helper()
	w.request("INVITE", id, 1, "", g711, more...)
	res := w.status(200)
	tag = toTag(res)
	w.request("ACK", id, 1, tag, "")
	return tag
}
