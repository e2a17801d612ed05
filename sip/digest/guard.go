package digest

import (
	"crypto/sha256"
	"net/netip"
	"time"

	"github.com/hotline-cc/hotline/internal/source"
)

// counts remembers the nonce counts used, for as long as their nonces may be used again. Only proven
// users write to it. Two generations take turns, so nothing has to be searched for.
type counts struct {
	life         time.Duration
	max          int
	turn         time.Time
	young, older map[string]*window
}

// take uses up one count of a nonce. It says no when the count was used or no room is left.
func (c *counts) take(now time.Time, nonce string, nc uint32) bool {
	// A nonce is usable for one life to either side of its time, so what was first used two lives
	// ago is past. A clock that was set back counts as a turn.
	if age := now.Sub(c.turn); age > 2*c.life || age < 0 {
		if age > 4*c.life {
			c.young = nil
		}
		c.older, c.young, c.turn = c.young, make(map[string]*window), now
	}
	w := c.young[nonce]
	if w == nil {
		w = c.older[nonce]
	}
	if w == nil {
		if len(c.young)+len(c.older) >= c.max {
			return false
		}
		w = new(window)
		c.young[nonce] = w
	}
	return w.take(nc)
}

// tally counts failures within a span and locks when there are too many.
type tally struct {
	failures int
	since    time.Time
	until    time.Time // locked until
}

func (t *tally) add(now time.Time, limit int, span time.Duration) {
	if now.Sub(t.since) >= span {
		t.failures, t.since = 0, now
	}
	if t.failures++; t.failures >= limit {
		*t = tally{until: now.Add(span)}
	}
}

func (t *tally) locked(now time.Time) bool { return t != nil && now.Before(t.until) }

type pair struct {
	source netip.Addr
	name   string
}

// guard locks names and sources after too many failures, names that nobody has as well, so that a lock
// does not tell that a name exists. A source from which a user has proven
// himself stays open to him while strangers try his name, or while another telephone behind the same
// address has a wrong password; it loses that trust when it fails too often itself.
type guard struct {
	limit   int
	span    time.Duration
	users   map[string]*tally // never forgotten
	others  *source.Table[[sha256.Size]byte, tally]
	sources *source.Table[netip.Addr, tally]
	trusted *source.Table[pair, tally]
}

func newGuard(limit int, span time.Duration, size int) guard {
	return guard{
		limit: limit, span: span,
		users:   make(map[string]*tally),
		others:  source.NewTable[[sha256.Size]byte, tally](size),
		sources: source.NewTable[netip.Addr, tally](size),
		trusted: source.NewTable[pair, tally](size),
	}
}

// name returns the tally of a name. Foreign names are kept as hashes, which are short.
func (g *guard) name(name string) *tally {
	key := sha256.Sum256([]byte(name))
	if t := g.users[name]; t != nil {
		return t
	}
	return g.others.Obtain(key)
}

func (g *guard) locked(now time.Time, p pair) bool {
	name, from := g.name(p.name), g.sources.Get(p.source)
	return g.trusted.Get(p) == nil && (name.locked(now) || from.locked(now))
}

func (g *guard) failed(now time.Time, p pair) {
	g.name(p.name).add(now, g.limit, g.span)
	g.sources.Obtain(p.source).add(now, g.limit, g.span)
	if t := g.trusted.Get(p); t != nil {
		if t.add(now, g.limit, g.span); t.locked(now) {
			g.trusted.Remove(p)
		}
	}
}

func (g *guard) succeeded(p pair) { g.trusted.Obtain(p) }
