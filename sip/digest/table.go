package digest

import "net/netip"

// table is a map that never holds more than 2×half entries. When the younger half is full the older
// one is forgotten; what is used moves to the younger one and stays.
type table[K comparable, V any] struct {
	half         int
	young, older map[K]*V
}

func newTable[K comparable, V any](size int) *table[K, V] {
	return &table[K, V]{half: max(1, size/2), young: make(map[K]*V)}
}

// get returns the entry, or nil.
func (t *table[K, V]) get(key K) *V {
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

// obtain returns the entry, made if missing.
func (t *table[K, V]) obtain(key K) *V {
	v := t.get(key)
	if v == nil {
		v = new(V)
		t.put(key, v)
	}
	return v
}

func (t *table[K, V]) put(key K, v *V) {
	if len(t.young) >= t.half {
		t.older, t.young = t.young, make(map[K]*V)
	}
	t.young[key] = v
}

func (t *table[K, V]) remove(key K) {
	delete(t.young, key)
	delete(t.older, key)
}

func (t *table[K, V]) len() int { return len(t.young) + len(t.older) }

// sourceKey is the unit in which sources are counted: an IPv4 address, or the /64 an IPv6 subscriber
// may choose addresses from freely.
func sourceKey(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
