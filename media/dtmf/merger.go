package dtmf

import (
	"sync"
	"time"
)

// together is how far apart the same key may arrive on two ways.
const together = 300 * time.Millisecond

// trust ranks the ways. A way is ignored once a better one has been seen on the call, because it
// would only repeat it.
var trust = map[Source]int{SourceInBand: 1, SourceInfo: 2, SourceRTP: 3}

// Merger joins the keys of the ways of one call so that each press counts once. It is safe for
// concurrent use.
type Merger struct {
	mu   sync.Mutex
	way  Source  // the best way seen
	last Event   // the key accepted last
	told [4]bool // the ways, by trust, that have told it
}

// Accept reports whether the event is a key press not yet told by another way.
func (m *Merger) Accept(e Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	way := trust[e.Source]
	if way < trust[m.way] {
		return false
	}
	m.way = e.Source
	if e.Key == m.last.Key && !m.told[way] && e.At.Sub(m.last.At) <= together {
		m.told[way] = true
		return false
	}
	m.last = e
	clear(m.told[:])
	m.told[way] = true
	return true
}

// Way returns the way the call's keys come, "" before the first.
func (m *Merger) Way() Source {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.way
}
