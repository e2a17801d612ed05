package rtp

import (
	"net/netip"
	"time"
)

// Count is how much of something there was.
type Count struct{ Packets, Bytes uint64 } // Bytes are those of the payload

func (c *Count) add(bytes int) {
	c.Packets++
	c.Bytes += uint64(bytes)
}

// Discards counts packets that came and were not used, by why.
type Discards struct {
	Malformed       uint64 // not RTP or RTCP at all
	ForeignSource   uint64 // from an address that is not the peer's
	ForeignStream   uint64 // with an SSRC that is not the peer's
	Unproven        uint64 // on probation, before a source was learnt
	PayloadType     uint64 // of a type not agreed on
	Unauthenticated uint64 // with a wrong SRTP tag
	Replayed        uint64 // seen before, by SRTP
	OnHold          uint64 // although we do not receive
	Looped          uint64 // our own, come back
	OutOfLine       uint64 // with a sequence number far from the last
	Undecodable     uint64
	Keys            uint64 // telephone-events of a wrong form
}

// Stats is what a Session has seen since it began.
type Stats struct {
	Sent, Received Count
	Forwarded      Count // of those received, to another session
	// Remote is where the peer's packets come from, the zero value until that is known.
	Remote netip.AddrPort

	// Of the packets of the peer's present stream: Lost never came.
	Expected, Lost int64
	// Late, Duplicated and Reordered packets came after all. A reordered one is only late when it
	// came too late to be played.
	Late, Duplicated, Reordered uint64
	Discarded                   Discards
	Unsent                      uint64 // packets the system or a codec refused

	Jitter    time.Duration // interarrival, RFC 3550 section 6.4.1
	RoundTrip time.Duration // 0 until the peer reports
	// RemoteLost (0…1) and RemoteJitter are what the peer last reported about our stream.
	RemoteLost   float64
	RemoteJitter time.Duration

	Target    time.Duration // delay the jitter buffer aims at
	Waiting   int           // packets in it
	Concealed time.Duration // made up for lost or late sound
	Stretched time.Duration // inserted to make the delay longer
	Shortened time.Duration // left out to make it shorter
	RanDry    uint64        // times there was nothing to play

	// MOS estimates how the peer's voice sounds here, 1…4.5; 0 before anything was received.
	MOS float64
}

// unplayable is the part of the expected packets that could not be played.
func (s *Stats) unplayable() float64 {
	return float64(max(s.Lost, 0)+int64(s.Late)) / float64(max(s.Expected, 1))
}

// rate fills in MOS.
func (s *Stats) rate(codec string) {
	if s.Received.Packets == 0 {
		return
	}
	const packetAndCodec = 25 * time.Millisecond // a packet of 20 ms and what encoders look ahead
	s.MOS = MOS(codec, s.unplayable(), s.RoundTrip/2+s.Target+packetAndCodec)
}
