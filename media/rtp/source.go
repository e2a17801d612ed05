package rtp

import (
	"net/netip"
	"time"
)

const (
	// probation is how many packets in sequence make an unexpected source or stream believed.
	probation = 5

	// silent is how long a stream must have been silent before another from the same source takes
	// its place.
	silent = 200 * time.Millisecond
)

// verdict is what a packet's origin makes of it.
type verdict int

const (
	accepted  verdict = iota
	newStream         // accepted, and the first of a stream
	onProbation
	foreignStream
)

// source decides whose packets are the peer's. It learns one source within a short window and
// then keeps to it, because on an open port anybody can send.
type source struct {
	learning Learning
	window   time.Duration
	expected netip.AddrPort // what the SDP tells

	locked   netip.AddrPort // valid once known
	ssrc     uint32
	heard    time.Time // last packet of the stream
	reopened bool      // new terms were agreed on since; another stream may follow at once
	deadline time.Time // end of the window, zero before it begins

	candidate struct {
		from netip.AddrPort
		ssrc uint32
		next uint16
		run  int
	}
}

// expect begins to learn anew where the peer sends from. A peer that has just been heard and whose
// SDP still tells the same address stays.
func (s *source) expect(remote netip.AddrPort, now time.Time) {
	if s.locked.IsValid() && remote == s.expected && now.Sub(s.heard) < s.window {
		s.reopened = true
		return
	}
	*s = source{learning: s.learning, window: s.window, expected: remote}
}

// target is where we send to: to the source of what we hear, as peers behind NAT need it.
func (s *source) target() netip.AddrPort {
	if s.locked.IsValid() {
		return s.locked
	}
	return s.expected
}

// admits tells by the address alone whether a packet is worth looking at.
func (s *source) admits(from netip.AddrPort, now time.Time) bool {
	if s.locked.IsValid() {
		return from == s.locked
	}
	if from == s.expected {
		return true
	}
	if !s.deadline.IsZero() && now.After(s.deadline) {
		return false
	}
	switch s.learning {
	case LearnAny:
		return true
	case LearnNear:
		return s.expected.IsValid() && (from.Addr() == s.expected.Addr() || from.Port() == s.expected.Port())
	default:
		return false
	}
}

// judge decides on a packet from an admitted address, after its authentication if there is one.
func (s *source) judge(from netip.AddrPort, ssrc uint32, seq uint16, now time.Time, authenticated bool) verdict {
	known := s.locked.IsValid()
	switch {
	case known && ssrc == s.ssrc:
		s.heard, s.reopened = now, false
		return accepted
	case known && !s.reopened && now.Sub(s.heard) < silent:
		return foreignStream
	case !known && from != s.expected && s.deadline.IsZero():
		s.deadline = now.Add(s.window)
	}
	trusted := authenticated || !known && from == s.expected
	if !s.convincing(from, ssrc, seq) && !trusted {
		return onProbation
	}
	s.locked, s.ssrc, s.heard, s.reopened = from, ssrc, now, false
	s.candidate.run = 0
	return newStream
}

// convincing counts packets in sequence and reports whether there have been enough.
func (s *source) convincing(from netip.AddrPort, ssrc uint32, seq uint16) bool {
	c := &s.candidate
	if c.run > 0 && c.from == from && c.ssrc == ssrc && c.next == seq {
		c.run++
	} else {
		c.from, c.ssrc, c.run = from, ssrc, 1
	}
	c.next = seq + 1
	return c.run >= probation
}
