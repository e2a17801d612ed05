package pace

import (
	"sync/atomic"
	"time"
)

// bounds are the upper ends of the lateness histogram's buckets; one more holds the rest.
var bounds = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond,
	5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
}

// lateness counts how much later than due members were ticked.
type lateness struct {
	counts [len(bounds) + 1]atomic.Uint64
	sum    atomic.Int64
}

func (l *lateness) observe(late time.Duration) {
	i := 0
	for i < len(bounds) && late > bounds[i] {
		i++
	}
	l.counts[i].Add(1)
	l.sum.Add(int64(late))
}

// Stats is how well a Pacer has kept time since it began.
type Stats struct {
	Members int
	Ticks   uint64
	Skipped uint64 // whole ticks left out after a stall, once for each shard
	// Late is a histogram of how late each member was ticked: Counts[i] ticks were at most
	// Bounds[i] late and later than the bound before; the last count has no bound.
	Bounds []time.Duration
	Counts []uint64
	Sum    time.Duration
}

// Stats returns a snapshot.
func (p *Pacer) Stats() Stats {
	s := Stats{
		Members: p.Members(),
		Skipped: p.skipped.Load(),
		Bounds:  append([]time.Duration(nil), bounds[:]...),
		Counts:  make([]uint64, len(p.lateness.counts)),
		Sum:     time.Duration(p.lateness.sum.Load()),
	}
	for i := range s.Counts {
		s.Counts[i] = p.lateness.counts[i].Load()
		s.Ticks += s.Counts[i]
	}
	return s
}

// Quantile returns a bound that the given part (0…1) of all ticks kept, 0 without ticks. Ticks
// later than the highest bound count as that bound.
func (s Stats) Quantile(part float64) time.Duration {
	if s.Ticks == 0 {
		return 0
	}
	var seen uint64
	for i, bound := range s.Bounds {
		seen += s.Counts[i]
		if float64(seen) >= part*float64(s.Ticks) {
			return bound
		}
	}
	return s.Bounds[len(s.Bounds)-1]
}
