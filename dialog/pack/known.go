package pack

import (
	"slices"

	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/kb"
)

// OrderSystem is the system that work orders are looked up in, by number; every gateway has it.
const OrderSystem = "ticket"

// Known is what flows refer to, on a day.
type Known struct {
	Base    *kb.Base // nil allows all
	Day     kb.Day
	Systems []string // that can be asked; nil allows all
}

var _ flow.Knowledge = Known{}

// Entry reports whether there is such an entry, and whether callers may be answered with it.
func (k Known) Entry(id string) (valid, found bool) {
	if k.Base == nil {
		return true, true
	}
	e, found := k.Base.Entry(id)
	return found && e.Public() && kb.Validity(e, k.Day) == kb.Valid, found
}

// Category reports whether work orders can be filed under it.
func (k Known) Category(id string) bool {
	if k.Base == nil {
		return true
	}
	c, found := k.Base.Category(id)
	return found && c.Leaf
}

// Group reports whether it is a category or a group of them.
func (k Known) Group(id string) bool {
	if k.Base == nil {
		return true
	}
	_, found := k.Base.Category(id)
	return found
}

// Connector reports whether a system can be asked.
func (k Known) Connector(name string) bool {
	return k.Systems == nil || name == OrderSystem || slices.Contains(k.Systems, name)
}
