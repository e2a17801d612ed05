package desk

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

// longest does one thing and all that follows from it at the same moment, and returns how long the longest step took.
func (w *world) longest(b *testing.B, do func() error) (most time.Duration) {
	b.Helper()
	for more := true; more; do = func() error { return nil } {
		began := time.Now()
		must(b, w.step(do))
		most = max(most, time.Since(began))
		w.r.kept = w.r.kept[:0]
		until, found := w.r.next()
		more = found && until <= 0
	}
	return most
}

// A thousand who came at the same moment are due at the same moments. Nobody who asks something meanwhile waits for all.
func TestWhatIsDueIsDoneInParts(t *testing.T) {
	const waiting = 5*dueAtOnce + 1
	s := newStage(t, team(Queue{Announce: 15}))
	s.login("li")
	s.do(s.r.setState("li", Break, "tea"))
	told := func(what string) (n int) {
		for id := range s.told {
			for _, one := range s.told[id] {
				if one[:len(what)] == what {
					n++
				}
			}
		}
		return n
	}
	for n := range waiting {
		s.call(Request{Conversation: hotline.ConversationID(fmt.Sprintf("c%d", n)), Queue: "q"})
	}
	clear(s.told)
	parts := func(what string, meanwhile func()) {
		t.Helper()
		for done := 0; done < waiting; {
			s.pass(0)
			if n := told(what) - done; n == 0 || n > dueAtOnce {
				t.Fatalf("%s: %d in one step after %d", what, n, done)
			}
			done = told(what)
			meanwhile()
		}
		clear(s.told)
	}
	s.clock = s.clock.Add(15 * time.Second)
	parts("waiting", func() { s.do(s.r.setState("li", Break, "tea")) }) // is done at once
	s.do(s.r.setState("li", Offline, ""))                               // the last who could serve anybody
	if n := told("refused"); n > 0 {
		t.Errorf("%d are refused by the agent's own step", n)
	}
	parts("refused", func() {})
	if n := len(s.r.queues["q"].line); n > 0 {
		t.Errorf("%d wait for nobody", n)
	}
}

// Who comes back in time keeps those who were left.
func TestWhoIsLeftIsServedByWhoComesBack(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.do(s.r.setState("li", Break, "tea"))
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.do(s.r.setState("li", Offline, ""))
	s.do(s.r.setState("li", Ready, ""))
	s.pass(0)
	s.heard("c1", "waiting 1", "offered li")
}

// BenchmarkRush measures the longest step while 1200 people come at the same moment upon 200 agents, and while they wait.
func BenchmarkRush(b *testing.B) {
	var coming, waiting time.Duration
	for range b.N {
		w, streams := hallAtWork(b)
		random := rand.New(rand.NewPCG(1, 3))
		var offers []string
		for n := range loadWaiting + loadAgents {
			id := hotline.ConversationID(fmt.Sprintf("c%07d", n))
			notify := func(notice Notice) {
				if o, is := notice.(Offered); is {
					offers = append(offers, o.Offer)
				}
			}
			talk := Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "138"}
			coming = max(coming, w.longest(b, func() error { return w.r.open(talk, notify) }))
			coming = max(coming, w.longest(b, func() error { return w.r.enqueue(hallRequest(random, id)) }))
		}
		for _, id := range offers {
			coming = max(coming, w.longest(b, func() error { return w.r.accept(w.r.offers[id].person.ID, id) }))
		}
		for range 120 {
			w.clock = w.clock.Add(time.Second)
			waiting = max(waiting, w.longest(b, func() error { return nil }))
			for _, s := range streams {
				s.queue = s.queue[:0]
			}
		}
	}
	b.ReportMetric(float64(coming.Nanoseconds())/1e3, "coming-max-µs")
	b.ReportMetric(float64(waiting.Nanoseconds())/1e3, "waiting-max-µs")
}

// BenchmarkLastAgentLeaves measures the longest step when a thousand people wait, nobody who could serve them is left, and
// all are refused with the time to come back.
func BenchmarkLastAgentLeaves(b *testing.B) {
	roster := Roster{Queues: []Queue{{ID: "q", MaxWait: 86400}}, Agents: []Agent{{ID: "li", Device: Browser, Queues: []string{"q"}}}}
	for i := range 2000 {
		tomorrow := []Range{{fmt.Sprintf("%02d:00", i%24), "24:00"}}
		roster.Shifts = append(roster.Shifts, Shift{Queue: "q", Hours: Hours{Days: map[string][]Range{"fri": tomorrow}}})
	}
	var most time.Duration
	for range b.N {
		w := &world{clock: shanghai("2026-10-08 09:00")}
		w.r = newRoom(w.clock, graces{3 * time.Second, 3 * time.Second}, discard, unobserved{})
		refused := 0
		must(b, w.step(func() error { return w.r.reload(roster) }))
		must(b, w.step(func() error { return w.r.connect(&Stream{agent: "li", wake: make(chan struct{}, 1)}) }))
		must(b, w.step(func() error { return w.r.setLine("li", Browser, true) }))
		must(b, w.step(func() error { return w.r.setState("li", Break, "tea") }))
		for n := range loadWaiting {
			id := hotline.ConversationID(fmt.Sprintf("c%d", n))
			notify := func(n Notice) {
				if no, is := n.(Refused); is && no.Back.Equal(shanghai("2026-10-09 00:00")) {
					refused++
				}
			}
			talk := Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: string(id)}
			must(b, w.step(func() error { return w.r.open(talk, notify) }))
			must(b, w.step(func() error { return w.r.enqueue(Request{Conversation: id, Queue: "q"}) }))
		}
		most = max(most, w.longest(b, func() error { return w.r.setState("li", Offline, "") }))
		if refused != loadWaiting {
			b.Fatalf("%d of %d refused", refused, loadWaiting)
		}
	}
	b.ReportMetric(float64(most.Nanoseconds())/1e3, "max-µs")
}
