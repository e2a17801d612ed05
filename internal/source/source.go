// Package source counts things by where packets come from, in memory that has a bound.
package source

import (
	"net"
	"net/netip"
)

// Key is the unit in which sources are counted: an IPv4 address, or the /64 of which an IPv6
// subscriber may choose addresses freely.
func Key(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// Of returns the address a packet or connection came from, invalid if it has none.
func Of(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr()
	case *net.TCPAddr:
		return a.AddrPort().Addr()
	case nil:
		return netip.Addr{}
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap.Addr()
}

// Table is a map that holds a bounded number of entries. It has two halves: when the younger is full
// the older is forgotten; what is used moves to the younger and stays. Not safe for concurrent use.
type Table[K comparable, V any] struct {
	half         int
	young, older map[K]*V
}

// NewTable returns a table of at most size entries, 2 or more.
func NewTable[K comparable, V any](size int) *Table[K, V] {
	return &Table[K, V]{half: max(1, size/2), young: make(map[K]*V)}
}

// Get returns an entry, or nil.
func (t *Table[K, V]) Get(key K) *V {
	if v, ok := t.young[key]; ok {
		return v
	}
	v, ok := t.older[key]
	if ok {
		delete(t.older, key)
		t.put(key, v)
	}
	return v
}

// Obtain returns an entry, made if there is none.
func (t *Table[K, V]) Obtain(key K) *V {
	v := t.Get(key)
	if v == nil {
		v = new(V)
		t.put(key, v)
	}
	return v
}

func (t *Table[K, V]) put(key K, v *V) {
	if len(t.young) >= t.half {
		t.older, t.young = t.young, make(map[K]*V)
	}
	t.young[key] = v
}

// Remove forgets an entry.
func (t *Table[K, V]) Remove(key K) {
	delete(t.young, key)
	delete(t.older, key)
}

// Len returns the number of entries.
func (t *Table[K, V]) Len() int { return len(t.young) + len(t.older) }
