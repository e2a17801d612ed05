package store

import (
	"slices"

	"github.com/hotline-cc/hotline"
)

// Tally gathers from the events of one call what its call detail record says of them.
type Tally struct {
	turns     int
	latencies []int // ms
	ended     hotline.Ended
}

// Add takes the next event.
func (t *Tally) Add(body hotline.EventBody) {
	switch b := body.(type) {
	case hotline.Heard:
		if b.Rejected == "" && b.Replaces == 0 { // a turn that goes on is one turn
			t.turns++
		}
	case hotline.TurnTraced:
		if b.FirstSentMS > 0 { // an answer that was never sent has no latency
			t.latencies = append(t.latencies, b.FirstSentMS)
		}
	case hotline.Ended:
		t.ended = b
	}
}

// Fill sets the turns, the latencies and the end of a record. A call whose log was not closed
// broke off by our own fault.
func (t *Tally) Fill(c *CDR) {
	c.HangUpBy, c.Reason = t.ended.By, t.ended.Reason
	if c.HangUpBy == "" {
		c.HangUpBy, c.Reason = "system", "broken off"
	}
	c.Turns = t.turns
	sorted := slices.Sorted(slices.Values(t.latencies))
	c.LatencyP50MS, c.LatencyP95MS = nearestRank(sorted, 50), nearestRank(sorted, 95)
}

// nearestRank returns the least value that percent of all do not exceed, 0 without values.
func nearestRank(sorted []int, percent int) int {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}
