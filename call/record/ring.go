package record

import (
	"sync/atomic"

	"github.com/hotline-cc/hotline/media"
)

// ringTicks is how long the writer may be held up by the disk before sound is lost: 200 ticks, 4 s.
const ringTicks = 200

// ring hands ticks of one set of channels from the frame path to the writer: one goroutine pushes,
// one pops. Another set has a ring of its own, which the one before leads to.
type ring struct {
	channels []string
	tick     int     // samples of one channel in a tick
	pcm      []int16 // ringTicks ticks, interleaved
	marks    [ringTicks]mark
	head     atomic.Uint64 // next slot to fill; only push moves it
	tail     atomic.Uint64 // next slot to empty; only pop moves it
	next     atomic.Pointer[ring]
}

// mark says what a slot holds besides sound.
type mark struct {
	gap     uint32 // ticks lost before it
	stalled uint32 // ticks before it that never were
	muted   bool
}

func newRing(rate int, channels []string) *ring {
	tick := media.Mono(rate).TickSamples()
	return &ring{channels: channels, tick: tick, pcm: make([]int16, ringTicks*tick*len(channels))}
}

// push takes one tick of every channel, silent when muted, and reports whether there was room.
func (r *ring) push(sides [][]int16, m mark) bool {
	head := r.head.Load()
	if head-r.tail.Load() == ringTicks {
		return false
	}
	i := int(head % ringTicks)
	if m.muted {
		sides = nil
	}
	interleave(r.slot(i), sides, len(r.channels))
	r.marks[i] = m
	r.head.Store(head + 1)
	return true
}

// pop calls take with the oldest tick and reports whether there was one. The slice is valid until
// take returns.
func (r *ring) pop(take func(pcm []int16, m mark)) bool {
	tail := r.tail.Load()
	if tail == r.head.Load() {
		return false
	}
	i := int(tail % ringTicks)
	take(r.slot(i), r.marks[i])
	r.tail.Store(tail + 1)
	return true
}

func (r *ring) slot(i int) []int16 {
	n := r.tick * len(r.channels)
	return r.pcm[i*n : (i+1)*n]
}

// interleave fills dst with a sample of each channel by turns, silence where a side is short or
// missing.
func interleave(dst []int16, sides [][]int16, channels int) {
	for c := range channels {
		var side []int16
		if c < len(sides) {
			side = sides[c]
		}
		for i, at := 0, c; at < len(dst); i, at = i+1, at+channels {
			if i < len(side) {
				dst[at] = side[i]
			} else {
				dst[at] = 0
			}
		}
	}
}
