// Package measure has what the evaluations and benchmarks share: percentiles, tables, transcripts,
// error rates, packet streams as they arrive, sounds that are no speech, and facts about the machine.
package measure

import (
	"math"
	"slices"
	"time"
)

// Times are durations of one kind, in any order.
type Times []time.Duration

// Percentile returns the smallest duration that at least p percent of them do not exceed (the nearest
// rank); p is within 0…100. It is 0 when there are none.
func (t Times) Percentile(p float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Max returns the longest, 0 when there are none.
func (t Times) Max() time.Duration { return t.Percentile(100) }

// Sum returns all of them together.
func (t Times) Sum() (sum time.Duration) {
	for _, d := range t {
		sum += d
	}
	return sum
}

// MS returns milliseconds, rounded to a hundredth, as they stand in reports.
func MS(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*100) / 100
}

// Spread is a median and a near worst case in milliseconds.
type Spread struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	Max float64 `json:"max_ms"`
}

// Spread returns the median, the 95th percentile and the longest.
func (t Times) Spread() Spread {
	return Spread{P50: MS(t.Percentile(50)), P95: MS(t.Percentile(95)), Max: MS(t.Max())}
}
