// Package crowd is many cheap callers: SIP messages written by hand over one UDP socket, with or
// without sound that is sent and timed but not decoded. It loads a gateway without competing with it
// more than need be.
package crowd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotline-cc/hotline"
)

// Crowd places calls to one server. It is safe for concurrent use.
type Crowd struct {
	conn   *net.UDPConn
	sink   *net.UDPConn // takes sound that nobody listens to
	server netip.AddrPort
	name   string // unique in Call-ID
	calls  atomic.Uint64
	done   chan struct{}

	mu   sync.Mutex
	open map[string]*Call
}

// receiveBuffer is what a burst of responses may take, in bytes, where the kernel allows it.
const receiveBuffer = 4 << 20

// New opens the sockets on loopback.
func New(server netip.AddrPort) (*Crowd, error) {
	loopback := net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Addr(), 0))
	conn, err := net.ListenUDP("udp", loopback)
	if err != nil {
		return nil, err
	}
	sink, err := net.ListenUDP("udp", loopback)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetReadBuffer(receiveBuffer)
	_ = sink.SetReadBuffer(1) // the least there is: it is never read
	c := &Crowd{
		conn: conn, sink: sink, server: server, name: fmt.Sprintf("%x", time.Now().UnixNano()),
		done: make(chan struct{}), open: make(map[string]*Call),
	}
	go c.read()
	return c, nil
}

// Close closes the sockets; calls that stand are left to the server. It returns when nothing runs.
func (c *Crowd) Close() error {
	err := errors.Join(c.conn.Close(), c.sink.Close())
	<-c.done
	return err
}

// read hands every message to its call until the socket is closed.
func (c *Crowd) read() {
	defer close(c.done)
	buffer := make([]byte, 64<<10)
	for {
		n, _, err := c.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		m, ok := parse(buffer[:n])
		if !ok {
			continue
		}
		c.mu.Lock()
		call := c.open[m.callID]
		c.mu.Unlock()
		switch {
		case m.status == 0:
			c.serve(m, call)
		case call != nil:
			call.response(m)
		}
	}
}

// serve answers a request of the server, so that it need not repeat it.
func (c *Crowd) serve(m message, call *Call) {
	if bytes.HasPrefix(m.raw, []byte("ACK ")) {
		return
	}
	if call != nil && bytes.HasPrefix(m.raw, []byte("BYE ")) {
		call.end()
	}
	c.send(m.ok())
}

func (c *Crowd) send(packet []byte) {
	_, _ = c.conn.WriteToUDPAddrPort(packet, c.server) // what is lost is sent again
}

// Timers of RFC 3261 section 17.1.1.
const (
	firstRetry = 500 * time.Millisecond
	giveUp     = 8 * time.Second
)

// exchange sends a request again and again until its final response comes.
func (c *Call) exchange(ctx context.Context, request []byte) (message, error) {
	retry := time.NewTimer(firstRetry)
	defer retry.Stop()
	deadline := time.NewTimer(giveUp)
	defer deadline.Stop()
	c.crowd.send(request)
	for wait := firstRetry; ; {
		select {
		case m := <-c.final:
			return m, nil
		case <-retry.C:
			c.Resent++
			c.crowd.send(request)
			wait *= 2
			retry.Reset(wait)
		case <-deadline.C:
			return message{}, hotline.Errorf("call", hotline.CodeTimeout, "no final response within %v", giveUp)
		case <-ctx.Done():
			return message{}, ctx.Err()
		}
	}
}
