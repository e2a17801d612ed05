package rtp

import "time"

const (
	maxDropout  = 3000 // packets missing before a sequence number counts as a new beginning
	maxMisorder = 200  // packets a late one may be behind
	firstCycle  = 1 << 16
)

// reception keeps the figures of RFC 3550 appendix A about one incoming stream.
type reception struct {
	clock int // Hz

	begun         bool
	base, highest int64 // unwrapped sequence numbers
	badNext       int   // what would follow a sequence number out of line, -1 for none

	received, reordered uint64
	expectedBefore      int64 // at the last report
	receivedBefore      uint64

	transit int64
	jitter  float64 // clock units
}

func (r *reception) reset(clock int) { *r = reception{clock: clock, badNext: -1} }

// packet notes a packet and returns its unwrapped sequence number. It is refused when the number
// is far out of line; two such in sequence are a sender that began anew, and restarted is true.
func (r *reception) packet(seq uint16, timestamp uint32, arrival time.Duration) (unwrapped int64, restarted, ok bool) {
	if !r.begun {
		r.begin(seq)
		restarted = true
	}
	delta := int64(int16(seq - uint16(r.highest)))
	if delta > maxDropout || delta < -maxMisorder {
		if int(seq) != r.badNext {
			r.badNext = int(seq + 1)
			return 0, false, false
		}
		r.begin(seq)
		restarted, delta = true, 0
	}
	r.badNext = -1
	unwrapped = r.highest + delta
	if delta < 0 {
		r.reordered++
	}
	r.highest = max(r.highest, unwrapped)
	r.received++
	r.estimateJitter(timestamp, arrival, restarted)
	return unwrapped, restarted, true
}

func (r *reception) begin(seq uint16) {
	r.begun = true
	r.base = firstCycle + int64(seq)
	r.highest = r.base
	r.received, r.expectedBefore, r.receivedBefore = 0, 0, 0
}

// estimateJitter is RFC 3550 appendix A.8.
func (r *reception) estimateJitter(timestamp uint32, arrival time.Duration, first bool) {
	transit := int64(arrival)*int64(r.clock)/int64(time.Second) - int64(timestamp)
	d := int64(int32(transit - r.transit)) // differs by 2³² when the timestamp wraps
	r.transit = transit
	if first || d > int64(r.clock) || -d > int64(r.clock) {
		return // another time base, not jitter
	}
	r.jitter += (float64(max(d, -d)) - r.jitter) / 16
}

func (r *reception) expected() int64 {
	if !r.begun {
		return 0
	}
	return r.highest - r.base + 1
}

// lost is how many packets are missing; duplicates can make it negative.
func (r *reception) lost() int64 { return r.expected() - int64(r.received) }

// fraction returns the part lost since it was last asked, in 1/256 (RFC 3550 appendix A.3).
func (r *reception) fraction() uint8 {
	expected := r.expected() - r.expectedBefore
	lost := expected - int64(r.received-r.receivedBefore)
	r.expectedBefore, r.receivedBefore = r.expected(), r.received
	if expected <= 0 || lost <= 0 {
		return 0
	}
	return uint8(min(lost*256/expected, 255))
}

func (r *reception) jitterTime() time.Duration {
	return time.Duration(r.jitter * float64(time.Second) / float64(r.clock))
}
