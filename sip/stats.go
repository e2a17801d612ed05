package sip

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/hotline-cc/hotline/sip/screen"
)

// Stats is what an Endpoint has seen since it began.
type Stats struct {
	Calls, SettingUp   int            // at present
	Incoming, Answered uint64         // calls that passed the checks; those answered
	Outgoing           uint64         // calls of ours that were answered
	Refused            map[int]uint64 // calls, by status
	AuthFailed         uint64
	Dropped            uint64 // messages that did not reach a transaction
	KeysDropped        uint64 // because nobody read them
	MediaPorts         int    // pairs in use
	Connections        int    // TCP and TLS
	Packets            screen.LimiterStats
}

type counters struct {
	incoming, answered, outgoing, authFailed, dropped, keysDropped atomic.Uint64

	mu        sync.Mutex
	byRefusal map[int]uint64
}

func (c *counters) refused(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byRefusal == nil {
		c.byRefusal = make(map[int]uint64)
	}
	c.byRefusal[status]++
}

// Stats returns a snapshot.
func (e *Endpoint) Stats() Stats {
	s := Stats{
		Incoming: e.counters.incoming.Load(), Answered: e.counters.answered.Load(), Outgoing: e.counters.outgoing.Load(),
		AuthFailed: e.counters.authFailed.Load(), Dropped: e.counters.dropped.Load(), KeysDropped: e.counters.keysDropped.Load(),
		Connections: e.tcp.count() + e.tls.count(), Packets: e.limiter.Stats(),
	}
	s.Calls, s.SettingUp = e.admission.counts()
	e.counters.mu.Lock()
	s.Refused = maps.Clone(e.counters.byRefusal)
	e.counters.mu.Unlock()
	if e.ports4 != nil {
		s.MediaPorts += e.ports4.InUse()
	}
	if e.ports6 != nil {
		s.MediaPorts += e.ports6.InUse()
	}
	return s
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}
