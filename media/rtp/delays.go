package rtp

import "time"

const (
	delayCount   = 256 // packets looked back on: 5 s of 20 ms packets
	delayBucket  = 4 * time.Millisecond
	delayBuckets = 64
	measureEvery = 8 // packets
)

// delays measures how unevenly packets arrive. A packet's transit is its arrival less its
// timestamp: it contains an unknown constant, so only differences mean something.
type delays struct {
	ring    [delayCount]time.Duration
	filled  int
	at      int
	pending int // packets since the last measurement

	// least is the shortest transit, that of a packet nothing held up.
	least time.Duration
	// spread is how much longer the transit of 95 of 100 packets was at most.
	spread time.Duration
}

func (d *delays) reset() { *d = delays{} }

func (d *delays) add(transit time.Duration) {
	d.ring[d.at] = transit
	d.at = (d.at + 1) % delayCount
	d.filled = min(d.filled+1, delayCount)
	d.pending++
	if d.filled == 1 || transit < d.least {
		d.least = transit
	}
	if transit-d.least > d.spread || d.pending >= measureEvery {
		d.measure()
	}
}

func (d *delays) measure() {
	d.pending = 0
	d.least = d.ring[0]
	for _, t := range d.ring[1:d.filled] {
		d.least = min(d.least, t)
	}
	var counts [delayBuckets]int
	for _, t := range d.ring[:d.filled] {
		counts[min(int((t-d.least)/delayBucket), delayBuckets-1)]++
	}
	seen, bucket := 0, 0
	for bucket = range counts {
		if seen += counts[bucket]; seen*100 >= d.filled*95 {
			break
		}
	}
	d.spread = time.Duration(bucket+1) * delayBucket
}
