package dtmf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hotline-cc/hotline/media"
)

const (
	maxQueued   = 64
	endPackets  = 3  // RFC 4733 section 2.5.1.4
	pauseTicks  = 2  // with the repeated ends 80 ms of pause, twice what ITU-T Q.24 asks for
	eventVolume = 10 // -10 dBm0
	minPressed  = 40 * time.Millisecond
	maxPressed  = time.Second
	// DefaultPressed is how long a key is held down when nobody says otherwise.
	DefaultPressed = 100 * time.Millisecond
)

var errQueueFull = fmt.Errorf("more than %d keys wait to be sent", maxQueued)

var errPressed = errors.New("a key can be held down for 40…1000 ms")

// Packet is one RFC 4733 packet to send.
type Packet struct {
	Payload   [blockSize]byte
	Timestamp uint32
	Marker    bool
}

// Sender sends queued keys as RFC 4733 events, one packet for every media.Tick. Not safe for
// concurrent use.
type Sender struct {
	perTick int // RTP clock units

	queue   [maxQueued]press
	waiting int

	timestamp uint32
	sent      int // packets of the first key in the queue
}

type press struct {
	code  uint8
	ticks int
}

// NewSender returns a Sender of events whose RTP clock is clock Hz, 8000…48000.
func NewSender(clock int) (*Sender, error) {
	if clock < 8000 || clock > 48000 {
		return nil, fmt.Errorf("telephone-event clock %d Hz is not within 8000…48000", clock)
	}
	return &Sender{perTick: clock / int(time.Second/media.Tick)}, nil
}

// Queue adds keys that are held down for a time of 40…1000 ms each; 0 means DefaultPressed. On an
// error none is added.
func (s *Sender) Queue(pressed time.Duration, all ...Key) error {
	if pressed == 0 {
		pressed = DefaultPressed
	}
	if pressed < minPressed || pressed > maxPressed {
		return fmt.Errorf("hold a key for %v: %w", pressed, errPressed)
	}
	if s.waiting+len(all) > maxQueued {
		return errQueueFull
	}
	for i, k := range all {
		code, ok := k.Code()
		if !ok {
			return fmt.Errorf("key %q: want one of %s", byte(k), keys)
		}
		s.queue[s.waiting+i] = press{code, int((pressed + media.Tick - 1) / media.Tick)}
	}
	s.waiting += len(all)
	return nil
}

// Waiting returns how many keys are not yet sent completely.
func (s *Sender) Waiting() int { return s.waiting }

// Next returns the packet of this tick, whose RTP timestamp in the event clock is now. There is
// none when no key is down; the sound of the line is sent then.
func (s *Sender) Next(now uint32) (Packet, bool) {
	if s.waiting == 0 {
		return Packet{}, false
	}
	p := s.queue[0]
	if s.sent == 0 {
		s.timestamp = now
	}
	s.sent++
	if s.sent >= p.ticks+endPackets {
		if s.sent >= p.ticks+endPackets-1+pauseTicks {
			s.drop()
		}
		return Packet{}, false
	}
	out := Packet{Timestamp: s.timestamp, Marker: s.sent == 1}
	out.Payload[0], out.Payload[1] = p.code, eventVolume
	if s.sent >= p.ticks {
		out.Payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(out.Payload[2:], uint16(min(s.sent, p.ticks)*s.perTick))
	return out, true
}

// drop takes the first key out of the queue.
func (s *Sender) drop() {
	copy(s.queue[:], s.queue[1:s.waiting])
	s.waiting--
	s.sent = 0
}
