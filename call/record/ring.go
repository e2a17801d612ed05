package record

import (
	"sync/atomic"

	"github.com/hotline-cc/hotline/media"
)

// ringTicks is how long the writer may be held up by the disk before sound is lost: 200 ticks, 4 s.
const ringTicks = 200

// ring hands ticks from the frame path to the writer: one goroutine pushes, one pops.
type ring struct {
	tick  int     // samples of one channel in a tick
	pcm   []int16 // ringTicks × tick stereo samples
	marks [ringTicks]mark
	head  atomic.Uint64 // next slot to fill; only push moves it
	tail  atomic.Uint64 // next slot to empty; only pop moves it
	lost  atomic.Uint64
	gap   uint32 // ticks lost since the last slot that was filled; push's own
}

// mark says what a slot holds besides sound.
type mark struct {
	gap   uint32 // ticks lost before it
	muted bool
}

func newRing(rate int) *ring {
	tick := media.Mono(rate).TickSamples()
	return &ring{tick: tick, pcm: make([]int16, ringTicks*tick*channels)}
}

// push takes one tick, silent when muted. A full ring loses it.
func (r *ring) push(in, out []int16, muted bool) {
	head := r.head.Load()
	if head-r.tail.Load() == ringTicks {
		r.gap++
		r.lost.Add(1)
		return
	}
	i := int(head % ringTicks)
	slot := r.slot(i)
	if muted {
		clear(slot)
	} else {
		interleave(slot, in, out)
	}
	r.marks[i] = mark{gap: r.gap, muted: muted}
	r.gap = 0
	r.head.Store(head + 1)
}

// pop calls take with the oldest tick and reports whether there was one. The slice is valid until
// take returns.
func (r *ring) pop(take func(stereo []int16, m mark)) bool {
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
	n := r.tick * channels
	return r.pcm[i*n : (i+1)*n]
}

// interleave fills dst with left and right samples by turns, silence where a side is short.
func interleave(dst, left, right []int16) {
	n := len(dst) / channels
	l, r := min(n, len(left)), min(n, len(right))
	for i := range n {
		dst[2*i], dst[2*i+1] = 0, 0
		if i < l {
			dst[2*i] = left[i]
		}
		if i < r {
			dst[2*i+1] = right[i]
		}
	}
}
