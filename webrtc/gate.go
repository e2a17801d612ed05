package webrtc

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline/media"
)

const (
	// strangerChecks and friendChecks are how many STUN messages a second a path takes from addresses that ICE has not
	// validated and from those it has. A browser sends 20 while it looks for a way.
	strangerChecks = 100
	friendChecks   = 50
	// maxWaiting is how many DTLS records wait for the check that validates their address.
	maxWaiting = 8
	maxRecord  = 1500
	// maxClaimed is how many addresses a path remembers having written to; the pair in use comes first again soon.
	maxClaimed = 128
	maxWait    = 2 * time.Second
)

// gate stands between the shared ports and the ICE agent of one path. It lets DTLS and SRTP through only from addresses
// that ICE has validated by a check of ours, which pion does not ask for: any address the browser named would do.
type gate struct {
	clock     media.Clock
	counters  *counters
	believed  atomic.Pointer[[]netip.AddrPort]
	claimed   atomic.Pointer[[]claim]
	strangers *rate.Limiter
	friends   *rate.Limiter
	look      chan struct{} // asks the path to look which addresses are valid; holds one

	mu      sync.Mutex
	waiting []waiting
}

// waiting is a record of a browser that was quicker than the answer to our check.
type waiting struct {
	from   netip.AddrPort
	record []byte
	since  time.Time
}

func newGate(clock media.Clock, c *counters) *gate {
	g := &gate{
		clock: clock, counters: c, look: make(chan struct{}, 1),
		strangers: rate.NewLimiter(strangerChecks, 2*strangerChecks), friends: rate.NewLimiter(friendChecks, 2*friendChecks),
	}
	g.believed.Store(new([]netip.AddrPort))
	g.claimed.Store(new([]claim))
	return g
}

// admit decides on one packet.
func (g *gate) admit(b []byte, from netip.AddrPort) bool {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	valid := slices.Contains(*g.believed.Load(), from)
	switch {
	case stun.IsMessage(b):
		limiter := g.strangers
		if valid {
			limiter = g.friends
		}
		if !limiter.AllowN(g.clock.Now(), 1) {
			g.counters.excess.Add(1)
			return false
		}
		return true
	case valid:
		return true
	}
	g.counters.foreign.Add(1)
	if isDTLS(b) && len(b) <= maxRecord {
		g.hold(b, from)
	}
	select {
	case g.look <- struct{}{}:
	default:
	}
	return false
}

// hold keeps a record until its address is valid or others have pushed it out.
func (g *gate) hold(b []byte, from netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == maxWaiting {
		g.waiting = slices.Delete(g.waiting, 0, 1)
	}
	g.waiting = append(g.waiting, waiting{from, slices.Clone(b), g.clock.Now()})
}

// believe takes the valid addresses and returns the records that waited for them. more tells that others wait on.
func (g *gate) believe(valid []netip.AddrPort) (records [][]byte, more bool) {
	if !slices.Equal(valid, *g.believed.Load()) {
		g.believed.Store(&valid)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	g.waiting = slices.DeleteFunc(g.waiting, func(w waiting) bool {
		if slices.Contains(valid, w.from) {
			records = append(records, w.record)
			return true
		}
		return now.Sub(w.since) > maxWait
	})
	return records, len(g.waiting) > 0
}

// claim tells whether a path writes to an address for the first time, or for the first time since reclaim. A shared port gives
// what comes from an address to the path that wrote there last. A browser that restarts ICE may keep its address: then
// the new path claims it with its first check, and the old one, which goes on sending sound, must not take it back.
func (g *gate) claim(c claim) bool {
	if slices.Contains(*g.claimed.Load(), c) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	claimed := append(slices.Clone(*g.claimed.Load()), c)
	if len(claimed) > maxClaimed {
		claimed = claimed[1:]
	}
	g.claimed.Store(&claimed)
	return true
}

// reclaim has a path claim its addresses anew, for the one that had them is gone.
func (g *gate) reclaim() { g.claimed.Store(new([]claim)) }

// claim is an address that a path has written to by a port.
type claim struct {
	by *net.UDPConn
	to netip.AddrPort
}

// guard returns conn, a share of socket, behind the gate. A connection of its own has no socket.
func (g *gate) guard(conn net.PacketConn, socket *net.UDPConn) net.PacketConn {
	c := guarded{conn, socket, g}
	if direct, ok := conn.(ice.AddrPortReaderWriter); ok {
		return guardedDirect{c, direct}
	}
	return c
}

type guarded struct {
	net.PacketConn
	socket *net.UDPConn
	gate   *gate
}

func (c guarded) WriteTo(b []byte, addr net.Addr) (int, error) {
	if to, ok := addrPort(addr); ok && c.socket != nil && !c.gate.claim(claim{c.socket, to}) {
		return c.socket.WriteTo(b, addr)
	}
	return c.PacketConn.WriteTo(b, addr)
}

func (c guarded) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := c.PacketConn.ReadFrom(b)
		if err != nil {
			return n, addr, err
		}
		if from, ok := addrPort(addr); ok && c.gate.admit(b[:n], from) {
			return n, addr, nil
		}
	}
}

// guardedDirect is guarded for sockets whose addresses need no allocation.
type guardedDirect struct {
	guarded
	direct ice.AddrPortReaderWriter
}

func (c guardedDirect) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.direct.ReadFromAddrPort(b)
		if err != nil || c.gate.admit(b[:n], from) {
			return n, from, err
		}
	}
}

func (c guardedDirect) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.socket != nil && !c.gate.claim(claim{c.socket, to}) {
		return c.socket.WriteToUDPAddrPort(b, to)
	}
	return c.direct.WriteToAddrPort(b, to)
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort(), true
	case *net.TCPAddr:
		return a.AddrPort(), true
	}
	return netip.AddrPort{}, false
}
