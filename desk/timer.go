package desk

import (
	"container/heap"
	"time"
)

// timer calls a function of the room at a moment. The zero value is stopped.
type timer struct {
	at    time.Time
	order uint64 // of setting, so that equal moments come in order
	fire  func()
	index int // in the heap, from 1; 0 is stopped
}

// timers are those that run, the earliest first.
type timers struct {
	heap  timerHeap
	order uint64
}

// set lets t fire at a moment, in place of what it was set to.
func (s *timers) set(t *timer, at time.Time, fire func()) {
	s.stop(t)
	s.order++
	t.at, t.order, t.fire = at, s.order, fire
	heap.Push(&s.heap, t)
}

func (s *timers) stop(t *timer) {
	if t.index > 0 {
		heap.Remove(&s.heap, t.index-1)
	}
}

// next returns when the earliest timer fires.
func (s *timers) next() (time.Time, bool) {
	if len(s.heap) == 0 {
		return time.Time{}, false
	}
	return s.heap[0].at, true
}

// due takes out the earliest timer that is due, or returns nil.
func (s *timers) due(now time.Time) *timer {
	if len(s.heap) == 0 || s.heap[0].at.After(now) {
		return nil
	}
	return heap.Pop(&s.heap).(*timer)
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h) + 1
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = 0
	return t
}
