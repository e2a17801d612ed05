package report

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline/records"
)

// call is a request for a person by voice, as the windows of 24 hours count it.
type call struct {
	at       time.Time
	answered bool
}

func (b *Builder) addCall(r records.Record) {
	answered := !r.Answered.IsZero()
	if r.Requested.IsZero() || !isCall(r) || isShort(r) || !r.Over() && !answered {
		return
	}
	if r.Requested.Before(b.span.From.Add(-Window)) || !r.Requested.Before(b.span.To) {
		return
	}
	b.calls = append(b.calls, call{r.Requested, answered})
}

// windows works out the connect rate of every window of 24 hours that ends within the span. What a window
// holds only changes when a request comes into it or falls out, so these moments are all there are. A request
// is in the windows that end from its moment on, to just before 24 hours later.
func (b *Builder) windows() map[string]Figure {
	until := b.span.To
	if !b.span.Now.IsZero() && b.span.Now.Before(until) {
		until = b.span.Now
	}
	if until.Before(b.span.From) {
		until = b.span.From
	}
	var ends []time.Time
	for _, c := range b.calls {
		for _, end := range []time.Time{c.at, c.at.Add(Window)} {
			if !end.Before(b.span.From) && !end.After(until) {
				ends = append(ends, end)
			}
		}
	}
	ends = append(ends, b.span.From, until)
	slices.SortFunc(ends, time.Time.Compare)
	slices.SortFunc(b.calls, func(x, y call) int { return x.at.Compare(y.at) })

	none := ratio(0, 0, 0, noRequests)
	now, lowest, highest := none, none, none
	var in, out int // calls that have come into the window, and fallen out
	var answered int64
	for _, end := range ends {
		for ; in < len(b.calls) && !b.calls[in].at.After(end); in++ {
			answered += one(b.calls[in].answered)
		}
		for ; out < in && !b.calls[out].at.Add(Window).After(end); out++ {
			answered -= one(b.calls[out].answered)
		}
		now = ratio(answered, int64(in-out), 0, noRequests)
		now.At = end
		if now.Value == nil {
			continue
		}
		if lowest.Value == nil || *now.Value < *lowest.Value {
			lowest = now
		}
		if highest.Value == nil || *now.Value > *highest.Value {
			highest = now
		}
	}
	return map[string]Figure{"connect_24h": now, "connect_24h_min": lowest, "connect_24h_max": highest}
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
