package desk

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func BenchmarkRush(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range b.N {
		w := &world{clock: time.Date(2026, 10, 8, 9, 0, 0, 0, time.UTC)}
		w.r = newRoom(w.clock, 3*time.Second, discard, unobserved{})
		if err := w.r.reload(hall()); err != nil {
			b.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 3))
		streams := map[string]*Stream{}
		must := func(err error) {
			if err != nil {
				b.Fatal(err)
			}
		}
		for _, a := range hall().Agents {
			streams[a.ID] = &Stream{agent: a.ID, wake: make(chan struct{}, 1)}
			must(w.step(func() error { return w.r.connect(streams[a.ID]) }))
			must(w.step(func() error { return w.r.setLine(a.ID, true) }))
			must(w.step(func() error { return w.r.setState(a.ID, Ready, "") }))
		}
		var offers []string
		var most, mostArrive, mostAccept time.Duration
		var at time.Duration
		began := w.clock
		step := func(most *time.Duration, do func() error) {
			t := time.Now()
			_ = w.step(do)
			if took := time.Since(t); took > *most {
				*most = took
				at = w.clock.Sub(began)
			}
			w.r.kept = nil
		}
		for n := range loadWaiting + loadAgents {
			id := hotline.ConversationID(fmt.Sprintf("c%07d", n))
			notify := func(notice Notice) {
				if o, is := notice.(Offered); is {
					offers = append(offers, o.Offer)
				}
			}
			step(&mostArrive, func() error {
				return w.r.open(Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "138"}, notify)
			})
			step(&mostArrive, func() error { return w.r.enqueue(hallRequest(random, id)) })
		}
		for _, id := range offers {
			if o := w.r.offers[id]; o != nil {
				step(&mostAccept, func() error { return w.r.accept(o.person.ID, id) })
			}
		}
		for range 1200 {
			w.clock = w.clock.Add(100 * time.Millisecond)
			for {
				step(&most, func() error { return nil })
				if until, found := w.r.next(); !found || until > 0 {
					break
				}
			}
			for _, s := range streams {
				s.queue = s.queue[:0]
			}
		}
		_ = at
		b.Logf("arrive %v accept %v later %v", mostArrive, mostAccept, most)
	}
}
