package dtmf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// blockSize is the length in bytes of one event in a payload (RFC 4733 section 2.3).
const blockSize = 4

// stale is how long after its last packet an event counts as over although no end was seen.
const stale = 100 * time.Millisecond

// reorder is how long a packet may be overtaken by later ones. An older timestamp after more than
// that is a sender that began anew.
const reorder = 2 * time.Second

var errPayload = errors.New("telephone-event payload is not a multiple of 4 bytes")

// Receiver turns RFC 4733 packets into keys. Each key is told once, from the first of its packets
// that arrives, whichever that is. Not safe for concurrent use.
type Receiver struct {
	clock int

	any       bool
	code      uint8
	timestamp uint32 // of the running or last event, or of its latest segment
	duration  uint16
	ended     bool
	seen      time.Time
}

// NewReceiver returns a Receiver of events whose RTP clock is clock Hz, 8000…48000.
func NewReceiver(clock int) (*Receiver, error) {
	if clock < 8000 || clock > 48000 {
		return nil, fmt.Errorf("telephone-event clock %d Hz is not within 8000…48000", clock)
	}
	return &Receiver{clock: clock}, nil
}

// Reset forgets the stream, for when another one with its own timestamps takes its place.
func (r *Receiver) Reset() { *r = Receiver{clock: r.clock} }

// Receive takes one packet that arrived at a time and appends the keys it begins to dst. Events
// that are not keys (fax tones, line states) are skipped.
func (r *Receiver) Receive(dst []Event, timestamp uint32, marker bool, payload []byte, at time.Time) ([]Event, error) {
	if len(payload) == 0 || len(payload)%blockSize != 0 {
		return dst, errPayload
	}
	for ; len(payload) > 0; payload = payload[blockSize:] {
		duration := binary.BigEndian.Uint16(payload[2:])
		if e, begun := r.block(timestamp, marker, payload[0], payload[1]&0x80 != 0, duration, at); begun {
			dst = append(dst, e)
		}
		// Further blocks follow each other in time (RFC 4733 section 2.5.1.5).
		timestamp += uint32(duration)
		marker = false
	}
	return dst, nil
}

func (r *Receiver) block(timestamp uint32, marker bool, code uint8, end bool, duration uint16, at time.Time) (Event, bool) {
	key, known := KeyOf(code)
	if !known {
		return Event{}, false
	}
	ahead := int32(timestamp - r.timestamp)
	switch {
	case r.any && ahead < 0 && at.Sub(r.seen) < reorder:
		return Event{}, false // a packet of an event that a later one has replaced
	case r.any && ahead == 0, r.continues(code, marker, end, duration, at):
		r.ended = r.ended || end
		r.timestamp, r.duration, r.seen = timestamp, duration, at
		return Event{}, false
	}
	*r = Receiver{
		clock: r.clock, any: true, code: code, timestamp: timestamp, duration: duration, ended: end, seen: at,
	}
	return Event{Key: key, Source: SourceRTP, Duration: r.length(duration), At: at}, true
}

// continues reports whether a packet with a timestamp of its own still belongs to the running
// event. Events longer than the duration field are cut into segments, each with its timestamp
// (RFC 4733 section 2.5.1.3), and some gateways stamp every packet anew.
func (r *Receiver) continues(code uint8, marker, end bool, duration uint16, at time.Time) bool {
	if !r.any || marker || code != r.code || at.Sub(r.seen) > stale {
		return false
	}
	repeatedEnd := end && duration >= r.duration
	return !r.ended || repeatedEnd
}

func (r *Receiver) length(units uint16) time.Duration {
	return time.Duration(units) * time.Second / time.Duration(r.clock)
}
