package handoff

import (
	"cmp"

	"github.com/hotline-cc/hotline"
)

// OnHold tells whether the person waits because the phones of all whom they talk with hold. The phase goes on.
func (s State) OnHold() bool {
	switch cmp.Or(s.Before, s.phase()) {
	case Talking, Conference:
		agent := s.Agent.ID != "" && s.phase() != Lost && !s.AgentHolds
		peer := s.Rang && !s.PeerHolds
		return !agent && !peer
	}
	return false
}

// Shown is the phase as people see it: whoever holds, a talk on hold is Held.
func (s State) Shown() Phase {
	if s.phase() == Talking && s.OnHold() {
		return Held
	}
	return s.phase()
}

// Holding tells whether the phone of a party holds. What it sends meanwhile is for nobody, be it music of its own.
func (s State) Holding(seat Seat) bool {
	return seat == AgentSeat && s.AgentHolds || seat == PeerSeat && s.PeerHolds
}

// Waits tells whether a party has music as the person has: in a consultation nobody else listens to it.
func (s State) Waits(seat Seat) bool {
	if cmp.Or(s.Before, s.phase()) != Consulting {
		return false
	}
	return seat == AgentSeat && s.PeerHolds || seat == PeerSeat && (s.AgentHolds || s.phase() == Lost)
}

// holds takes a phone that holds or goes on, and reports whether the event was that.
func (t *step) holds(e Event) bool {
	h, ok := e.(Holds)
	if !ok {
		return false
	}
	was := t.s.OnHold()
	switch h.Seat {
	case AgentSeat:
		t.s.AgentHolds = h.On
	case PeerSeat:
		t.s.PeerHolds = h.On
	}
	if t.waits(was) {
		t.log(hotline.Held{Party: t.s.Writer(), On: !was})
	}
	return true
}

// waits has the person wait with music or ends that, when it has changed whether they are OnHold, and reports whether it has.
func (t *step) waits(was bool) bool {
	is := t.s.OnHold()
	if is != was {
		t.do(Route{t.layout()})
		t.music(is)
	}
	return is != was
}
