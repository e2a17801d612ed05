package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/sip/screen"
)

// maxSources is how many changes of the source address a UDP socket may see before the stack's
// table of them is emptied, because the stack itself never does.
const maxSources = 32768

// handles start above every real port, so that an address made of one names a connection of ours
// in the stack's pool and nothing on the network.
const firstHandle = 1 << 16

// datagrams is one UDP socket that requests are taken at. It stands between the stack and the
// network: what goes out passes the check for smuggled lines.
//
// It is a net.PacketConn for the stack's reader and a gosip.Connection for its transactions. The
// stack's own connection refuses messages over 1300 bytes, answers too, where RFC 3261 section
// 18.1.1 wants that of requests only.
type datagrams struct {
	*net.UDPConn
	local  *listener
	closed atomic.Bool

	last    netip.AddrPort // belongs to the reader
	changes atomic.Int64   // of last

	mu       sync.Mutex
	current  map[string]struct{} // sources that answers may be sent to
	previous map[string]struct{}
}

// ReadFrom gives the next datagram. After maxSources it ends the
// stack's loop once with net.ErrClosed; the owner begins the loop again.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	if d.changes.Load() >= maxSources {
		d.changes.Store(0)
		return 0, nil, net.ErrClosed
	}
	for {
		n, from, err := d.ReadFromUDPAddrPort(b)
		if err != nil {
			if d.closed.Load() {
				return 0, nil, net.ErrClosed
			}
			if isTemporary(err) {
				continue // such as an ICMP error of an earlier send
			}
			return 0, nil, err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if from != d.last {
			d.last = from
			d.changes.Add(1)
		}
		return n, net.UDPAddrFromAddrPort(from), nil
	}
}

func isTemporary(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !errors.Is(err, net.ErrClosed)
}

// remember makes the stack answer a source through d. Each source is kept while at least
// maxSources others come after it.
func (d *datagrams) remember(pool *gosip.ConnectionPool, source string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.current[source] = struct{}{}
	pool.Add(source, d)
	if len(d.current) < maxSources {
		return
	}
	for old := range d.previous {
		if _, fresh := d.current[old]; !fresh {
			pool.Delete(old)
		}
	}
	d.current, d.previous = make(map[string]struct{}), d.current
}

// WriteMsg sends a message to where it says, an ACK that the stack made to where its INVITE went.
func (d *datagrams) WriteMsg(m gosip.Message) error {
	if err := screen.Outgoing(m); err != nil {
		return err
	}
	to := m.Destination()
	if req, ok := m.(*gosip.Request); ok && req.IsAck() && req.Source() != "" {
		to = req.Source() // the stack copies it from the INVITE, where we set it
	}
	addr, err := netip.ParseAddrPort(to)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	m.StringWrite(&b)
	_, err = d.WriteToUDPAddrPort(b.Bytes(), addr)
	return err
}

// Ref is part of gosip.Connection. The socket lives as long as the endpoint.
func (d *datagrams) Ref(int) int { return 1 }

// TryClose is part of gosip.Connection.
func (d *datagrams) TryClose() (int, error) { return 1, nil }

// Close is part of both. The stack may not close the socket.
func (d *datagrams) Close() error { return nil }

// shut ends the reader and closes the socket.
func (d *datagrams) shut() error {
	d.closed.Store(true)
	return d.UDPConn.Close()
}
