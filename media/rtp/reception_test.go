package rtp

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestReceptionCountsWhatCameAndWhatDidNot(t *testing.T) {
	for _, c := range []struct {
		name           string
		seqs           []uint16
		expected, lost int64
		reordered      uint64
		refused        int
		fraction       uint8
	}{
		{"packets in order", []uint16{7, 8, 9}, 3, 0, 0, 0, 0},
		{"one of four lost", []uint16{1, 2, 4}, 4, 1, 0, 0, 64},
		{"a pair out of order", []uint16{1, 3, 2, 4}, 4, 0, 1, 0, 0},
		{"a duplicate makes one too many", []uint16{1, 2, 2, 3}, 3, -1, 0, 0, 0},
		{"the number wraps around", []uint16{65534, 65535, 0, 2}, 5, 1, 0, 0, 51},
		{"a packet from before a wrap comes late", []uint16{65535, 1, 0, 2}, 4, 0, 1, 0, 0},
		{"the first packets come swapped", []uint16{10, 9, 11}, 2, -1, 1, 0, 0},
		{"the longest gap is still the same stream", []uint16{1, 3001}, 3001, 2999, 0, 0, 255},
		{"one number out of line is refused", []uint16{1, 30000, 2}, 2, 0, 0, 1, 0},
		{"two different numbers out of line are refused", []uint16{1, 30000, 40000, 2}, 2, 0, 0, 2, 0},
		{"two in sequence begin anew", []uint16{1, 2, 30000, 30001, 30002}, 2, 0, 0, 1, 0},
		{"a sender that restarts lower begins anew", []uint16{5000, 5001, 4000, 4001}, 1, 0, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reception
			r.reset(8000)
			refused := 0
			for i, seq := range c.seqs {
				if _, _, ok := r.packet(seq, uint32(seq)*160, time.Duration(i)*20*ms); !ok {
					refused++
				}
			}
			if r.expected() != c.expected || r.lost() != c.lost || r.reordered != c.reordered || refused != c.refused {
				t.Errorf("expected %d, lost %d, reordered %d, refused %d; want %d, %d, %d, %d", r.expected(), r.lost(),
					r.reordered, refused, c.expected, c.lost, c.reordered, c.refused)
			}
			if got := r.fraction(); got != c.fraction {
				t.Errorf("fraction %d/256, want %d", got, c.fraction)
			}
			if got := r.fraction(); got != 0 {
				t.Errorf("fraction %d/256 of nothing since", got)
			}
		})
	}
}

func TestUnwrappedNumbersGoOnForThreeCycles(t *testing.T) {
	var r reception
	r.reset(8000)
	first, _, _ := r.packet(65000, 0, 0)
	for i := range int64(3 << 16) {
		got, restarted, ok := r.packet(uint16(65001+i), uint32(i)*160, time.Duration(i)*20*ms)
		if !ok || restarted || got != first+1+i {
			t.Fatalf("packet %d: number %d, restarted %v, ok %v; want %d", i, got, restarted, ok, first+1+i)
		}
	}
	if r.lost() != 0 {
		t.Errorf("lost %d, want 0", r.lost())
	}
}

// The estimates are J += (|D| - J)/16 by hand, in units of 1/8000 s.
func TestJitterIsThatOfRFC3550(t *testing.T) {
	for _, c := range []struct {
		name     string
		start    uint32
		arrivals []time.Duration // of packets of 20 ms
		want     float64
	}{
		{"an even stream has none", 0, []time.Duration{0, 20 * ms, 40 * ms, 60 * ms}, 0},
		{"one packet 20 ms late: 160/16", 0, []time.Duration{0, 40 * ms}, 10},
		{"and the next on time again: 10 + (160-10)/16", 0, []time.Duration{0, 40 * ms, 40 * ms}, 19.375},
		{"then an even one: 19.375 - 19.375/16", 0, []time.Duration{0, 40 * ms, 40 * ms, 60 * ms}, 18.1640625},
		{"early counts as late does", 0, []time.Duration{10 * ms, 20 * ms}, 5},
		{"the timestamp wraps around", math.MaxUint32 - 100, []time.Duration{0, 40 * ms, 40 * ms, 60 * ms}, 18.1640625},
		{"more than a second is another time base", 0, []time.Duration{0, 2000 * ms}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reception
			r.reset(8000)
			for i, at := range c.arrivals {
				r.packet(uint16(i), c.start+uint32(i)*160, at)
			}
			if math.Abs(r.jitter-c.want) > 1e-9 {
				t.Errorf("jitter %v, want %v", r.jitter, c.want)
			}
			if got, want := r.jitterTime(), time.Duration(c.want*125_000); got != want {
				t.Errorf("jitter %v, want %v", got, want)
			}
		})
	}
}

func TestFractionCountsSinceTheLastReportOnly(t *testing.T) {
	var r reception
	r.reset(8000)
	seq := uint16(65500)
	for _, c := range []struct {
		lose int // of 100
		want uint8
	}{{50, 128}, {0, 0}, {25, 64}} {
		for i := range 100 {
			// The last of a hundred comes, or the loss would be seen in the next hundred.
			if i == 0 || i > c.lose {
				r.packet(seq, 0, 0)
			}
			seq++
		}
		if got := r.fraction(); got != c.want {
			t.Errorf("fraction %d/256 with %d %% lost, want %d", got, c.lose, c.want)
		}
	}
}
