package webrtc

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	maxWait    = 2 * time.Second
)

// gate stands between the shared ports and the ICE agent of one path. It lets DTLS and SRTP through only from addresses
// that ICE has validated by a check of ours, which pion does not ask for: any address the browser named would do.
type gate struct {
	clock     media.Clock
	counters  *counters
	believed  atomic.Pointer[[]netip.AddrPort]
	strangers *rate.Limiter
	friends   *rate.Limiter
	look      chan struct{} // asks the path to look which addresses are valid; holds one

	pwd  string // of ours, that checks are made with
	most int    // how many addresses checks may come from

	mu      sync.Mutex
	waiting []waiting
	sources map[netip.AddrPort]struct{} // that checks came from
}

// waiting is a record of a browser that was quicker than the answer to our check.
type waiting struct {
	from   netip.AddrPort
	record []byte
	since  time.Time
}

func newGate(clock media.Clock, c *counters, pwd string, most int) *gate {
	g := &gate{
		clock: clock, counters: c, pwd: pwd, most: most, look: make(chan struct{}, 1), sources: make(map[netip.AddrPort]struct{}),
		strangers: rate.NewLimiter(strangerChecks, 2*strangerChecks), friends: rate.NewLimiter(friendChecks, 2*friendChecks),
	}
	g.believed.Store(new([]netip.AddrPort))
	return g
}

// believes tells whether an address is valid.
func (g *gate) believes(from netip.AddrPort) bool { return slices.Contains(*g.believed.Load(), from) }

// admit decides on one packet.
func (g *gate) admit(b []byte, from netip.AddrPort) bool {
	switch {
	case stun.IsMessage(b):
		return g.admitSTUN(b, from)
	case g.believes(from):
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

// admitSTUN lets few enough messages through. Each address that a check comes from is one more candidate for pion, with checks
// of ours to it as long as the path lives, so there is a bound to them, too; only who knows the password counts.
func (g *gate) admitSTUN(b []byte, from netip.AddrPort) bool {
	limiter := g.strangers
	if g.believes(from) {
		limiter = g.friends
	}
	if !limiter.AllowN(g.clock.Now(), 1) {
		g.counters.excess.Add(1)
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.sources[from]; known {
		return true
	}
	m := stun.Message{Raw: b}
	if m.Decode() != nil {
		return false
	}
	if m.Type.Class != stun.ClassRequest {
		return true // pion makes nothing of it unless it answers a check
	}
	if stun.NewShortTermIntegrity(g.pwd).Check(&m) != nil {
		return false
	}
	if len(g.sources) == g.most {
		g.counters.excess.Add(1)
		return false
	}
	g.sources[from] = struct{}{}
	return true
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

// guarded is a connection by TCP behind the gate.
type guarded struct {
	net.PacketConn
	gate *gate
}

func (c guarded) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := c.PacketConn.ReadFrom(b)
		if err != nil {
			return n, addr, err
		}
		if from, ok := addrPort(addr); ok && c.gate.admit(b[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())) {
			return n, addr, nil
		}
	}
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
