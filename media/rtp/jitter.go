package rtp

import (
	"fmt"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// JitterConfig bounds the delay the jitter buffer adds. It begins with Start, grows at once to
// what 95 of 100 packets need and shrinks slowly, within Min…Max.
type JitterConfig struct {
	Start time.Duration // default 40 ms
	Min   time.Duration // default 20 ms
	Max   time.Duration // default 200 ms, at most 400 ms
}

func (c JitterConfig) withDefaults() (JitterConfig, error) {
	if c.Max == 0 {
		c.Max = 200 * time.Millisecond
	}
	if c.Min == 0 {
		c.Min = min(media.Tick, c.Max)
	}
	if c.Start == 0 {
		c.Start = max(c.Min, min(2*media.Tick, c.Max))
	}
	if c.Min < 0 || c.Min > c.Start || c.Start > c.Max || c.Max > 400*time.Millisecond {
		return c, fmt.Errorf("jitter buffer: Min %v, Start %v, Max %v are not in order within 0…400 ms", c.Min, c.Start, c.Max)
	}
	return c, nil
}

const (
	slotCount = 64 // packets: 640 ms of the shortest

	// lateRun is how many packets in a row may come too late before the stream counts as delayed
	// for good, or its timestamps as having begun anew.
	lateRun = 5

	// backlog is how far beyond the largest delay the stream may run behind before the buffer
	// skips ahead.
	backlog = 300 * time.Millisecond

	// farthest is how far the unwrapped timestamps may run from 0: 17 years at 8 kHz and 3 at 48. A
	// peer that leaps there is begun anew, so that no time computed from them overflows.
	farthest = 1 << 42

	// targetFall is how much the target delay shrinks in each tick: 20 ms in a second.
	targetFall = 400 * time.Microsecond
)

// slot holds one packet until it is played.
type slot struct {
	seq     int64 // unwrapped; kept after playing, to recognise duplicates
	time    int64 // unwrapped timestamp
	full    bool
	payload []byte
}

// fate is what became of a packet given to the buffer.
type fate int

const (
	kept fate = iota
	late
	duplicate
)

// jitterBuffer puts packets back in order and decides how long they wait. Times are counted from
// an origin of the caller's. It holds at most slotCount packets.
type jitterBuffer struct {
	cfg   JitterConfig
	clock int // Hz

	slots  [slotCount]slot
	first  int64 // no packet before this one is waiting
	newest int64
	last   int64 // timestamp of the packet that came last

	active  bool // packets have come
	playing bool
	startAt time.Duration
	play    int64 // timestamp of the next sample to play
	length  int64 // of a packet, in clock units, as decoded last
	lates   int   // in a row
	target  time.Duration
	delays  delays
}

// reset forgets the stream. clock is that of the next one, in Hz.
func (j *jitterBuffer) reset(clock int) {
	for i := range j.slots {
		j.slots[i].full, j.slots[i].seq = false, -1
	}
	j.clock = clock
	j.active, j.playing, j.lates = false, false, 0
	j.length = j.units(media.Tick)
	if j.target == 0 {
		j.target = j.cfg.Start
	}
	j.delays.reset()
}

func (j *jitterBuffer) units(d time.Duration) int64 {
	return int64(d/time.Second)*int64(j.clock) + int64(d%time.Second)*int64(j.clock)/int64(time.Second)
}

// span is the time n clock units take.
func (j *jitterBuffer) span(n int64) time.Duration {
	return time.Duration(n/int64(j.clock))*time.Second + time.Duration(n%int64(j.clock))*time.Second/time.Duration(j.clock)
}

// insert takes a packet that arrived at a time. seq is unwrapped.
func (j *jitterBuffer) insert(seq int64, timestamp uint32, payload []byte, arrival time.Duration) fate {
	if !j.active {
		j.begin(seq, int64(timestamp), arrival)
	}
	when := j.last + int64(int32(timestamp-uint32(j.last)))
	if max(when, -when) > farthest {
		j.reset(j.clock)
		when = int64(timestamp)
		j.begin(seq, when, arrival)
	}
	j.last = when
	s := &j.slots[uint64(seq)%slotCount]
	if s.seq == seq {
		return duplicate
	}
	j.delays.add(arrival - j.span(when))
	if seq < j.first || j.playing && when+j.length <= j.play {
		j.lates++
		if j.lates < lateRun {
			return late
		}
		j.reset(j.clock)
		j.begin(seq, when, arrival)
		j.delays.add(arrival - j.span(when))
	}
	j.lates = 0
	j.newest = max(j.newest, seq)
	j.first = max(j.first, j.newest-slotCount+1)
	*s = slot{seq: seq, time: when, full: true, payload: append(s.payload[:0], payload...)}
	return kept
}

// begin makes a packet the first of a stream. Ones before it that it overtook may still come.
func (j *jitterBuffer) begin(seq, timestamp int64, arrival time.Duration) {
	j.active = true
	j.first, j.newest, j.last = seq-slotCount/2, seq, timestamp
	j.startAt = arrival + j.target
}

// ready reports whether there is a stream that has waited long enough to be played.
func (j *jitterBuffer) ready(now time.Duration) bool {
	if j.playing || !j.active || now < j.startAt {
		return j.playing
	}
	if s := j.head(); s != nil {
		j.playing = true
		j.play = s.time
	}
	return j.playing
}

// head returns the earliest packet waiting, nil when there is none.
func (j *jitterBuffer) head() *slot {
	for ; j.first <= j.newest; j.first++ {
		if s := &j.slots[uint64(j.first)%slotCount]; s.full && s.seq == j.first {
			return s
		}
	}
	return nil
}

// take removes the head.
func (j *jitterBuffer) take(s *slot) {
	s.full = false
	j.first = s.seq + 1
}

// waiting returns how many packets wait.
func (j *jitterBuffer) waiting() int {
	n := 0
	for i := range j.slots {
		if j.slots[i].full && j.slots[i].seq >= j.first {
			n++
		}
	}
	return n
}

// delay returns how long a packet that nothing held up waits before it is played at now, given
// sound of a length is played before it.
func (j *jitterBuffer) delay(now, decoded time.Duration) time.Duration {
	return now - (j.span(j.play) - decoded) - j.delays.least
}

// retarget follows the measured jitter, once a tick.
func (j *jitterBuffer) retarget() {
	want := max(j.cfg.Min, min(j.delays.spread, j.cfg.Max))
	j.target = max(want, j.target-targetFall)
}

// skip leaves out what keeps the delay above the target.
func (j *jitterBuffer) skip(delay time.Duration) { j.play += j.units(delay - j.target) }
