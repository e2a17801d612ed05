package crowd

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"github.com/hotline-cc/hotline"
)

// Call is one call of a Crowd.
type Call struct {
	Remote netip.AddrPort // where its sound goes to
	Resent int            // requests that had to be sent again

	crowd  *Crowd
	id     string
	number uint64
	final  chan message
	ended  chan struct{}
	once   sync.Once

	mu  sync.Mutex
	ack []byte // of the INVITE, "" before
	to  string // with the server's tag
	uri string // of the server's Contact
}

// Dial places a call whose sound comes to a port of ours, 0 for one that nobody listens at, and
// returns when it is answered and that is acknowledged.
func (c *Crowd) Dial(ctx context.Context, port uint16) (*Call, error) {
	if port == 0 {
		port = localPort(c.sink)
	}
	n := c.calls.Add(1)
	call := &Call{crowd: c, id: fmt.Sprintf("%s-%d", c.name, n), number: n, final: make(chan message, 2), ended: make(chan struct{})}
	c.mu.Lock()
	c.open[call.id] = call
	c.mu.Unlock()
	host := c.server.Addr()
	sdp := fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		n, host, host, port)
	target := fmt.Sprintf("sip:12345@%s", c.server)
	call.uri, call.to = target, "<"+target+">"
	m, err := call.exchange(ctx, call.request("INVITE", 1, "", sdp))
	if err == nil && m.status != 200 {
		c.send(call.request("ACK", 1, "", "")) // of a refusal
		err = hotline.Errorf("call", hotline.CodeUnavailable, "the server says %d", m.status)
	}
	if err != nil {
		c.forget(call)
		return nil, err
	}
	call.mu.Lock()
	call.to = m.to
	if m.contact != "" {
		call.uri = m.contact
	}
	call.mu.Unlock()
	call.Remote = m.media
	ack := call.request("ACK", 1, "a", "") // its own transaction (RFC 3261 section 13.2.2.4)
	call.mu.Lock()
	call.ack = ack
	call.mu.Unlock()
	c.send(ack)
	return call, nil
}

// Ended is closed when the server has ended the call.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Hangup ends the call and returns when the server has said so.
func (c *Call) Hangup(ctx context.Context) error {
	defer c.crowd.forget(c)
	select {
	case <-c.ended:
		return nil
	default:
	}
	m, err := c.exchange(ctx, c.request("BYE", 2, "", ""))
	if err == nil && m.status != 200 && m.status != 481 { // 481: it hung up at the same moment
		err = hotline.Errorf("hang up", hotline.CodeUnavailable, "the server says %d", m.status)
	}
	return err
}

func (c *Crowd) forget(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, call.id)
}

func (c *Call) end() { c.once.Do(func() { close(c.ended) }) }

// response takes a response. A 200 that comes again has missed its ACK.
func (c *Call) response(m message) {
	if m.status < 200 {
		return
	}
	c.mu.Lock()
	ack := c.ack
	c.mu.Unlock()
	if m.method == "INVITE" && ack != nil {
		c.crowd.send(ack)
		return
	}
	m.raw = nil // it is read over
	select {
	case c.final <- m:
	default: // a repetition
	}
}

// request writes a request of the call. Suffix tells its transaction from others of that number.
func (c *Call) request(method string, seq int, suffix, body string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	own := c.crowd.conn.LocalAddr()
	b := fmt.Appendf(nil, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s.%d%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:caller%d@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		method, c.uri, own, c.id, seq, suffix, c.number, own, c.id, c.to, c.id, seq, method)
	if method == "INVITE" {
		b = fmt.Appendf(b, "Contact: <sip:caller@%s>\r\n", own)
	}
	if body != "" {
		b = append(b, "Content-Type: application/sdp\r\n"...)
	}
	return fmt.Appendf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
}
