package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
)

// The load that the desk is built for.
const (
	loadAgents   = 200
	loadWaiting  = 1000
	loadArrivals = 50 // a second
)

// hall has ten queues with overflow and agents in three of them each, with skills and dialects.
func hall() Roster {
	var roster Roster
	for i := range 10 {
		q := Queue{ID: fmt.Sprintf("q%d", i), MaxLength: 100000, MaxWait: 86400, WrapUp: 2, Sticky: 10, OverflowAfter: 30}
		if i < 9 {
			q.Overflow = fmt.Sprintf("q%d", i+1)
		}
		roster.Queues = append(roster.Queues, q)
	}
	for i := range loadAgents {
		a := Agent{ID: fmt.Sprintf("a%03d", i), Device: Browser, Chats: i % 3, Supervisor: i%40 == 0}
		for k := range 3 {
			a.Queues = append(a.Queues, fmt.Sprintf("q%d", (i+k*k)%10))
		}
		a.Skills = map[string]int{"law": i % 10, "tax": (i / 10) % 10}
		delete(a.Skills, map[bool]string{true: "law"}[i%10 == 0])
		delete(a.Skills, map[bool]string{true: "tax"}[(i/10)%10 == 0])
		if i%4 == 0 {
			a.Languages = []string{"yue"}
		}
		roster.Agents = append(roster.Agents, a)
	}
	return roster
}

func hallRequest(random *rand.Rand, id hotline.ConversationID) Request {
	q := Request{Conversation: id, Queue: fmt.Sprintf("q%d", random.IntN(10)), Priority: random.IntN(10)}
	switch random.IntN(4) {
	case 0:
		q.Skills = map[string]int{"law": 1 + random.IntN(9)}
	case 1:
		q.Skills = map[string]int{"law": 1 + random.IntN(5), "tax": 1 + random.IntN(5)}
	case 2:
		q.Language = "yue"
	}
	if random.IntN(5) == 0 {
		q.Agent = fmt.Sprintf("a%03d", random.IntN(loadAgents))
	}
	return q
}

// caller waits, talks for a while and hangs up, or runs out of patience.
type caller struct {
	id      hotline.ConversationID
	notices chan Notice
}

func (c *caller) live(ctx context.Context, d *Desk, random *rand.Rand, h *ledgerOfHall) error {
	talk, patience := time.Duration(1+random.IntN(6))*time.Second, time.Duration(60+random.IntN(240))*time.Second
	notify := func(n Notice) { c.notices <- n } // has room for all that may come
	channel := []hotline.Channel{hotline.ChannelPhone, hotline.ChannelChat}[random.IntN(2)]
	if err := d.Open(ctx, Talk{Conversation: c.id, Channel: channel, Caller: "1380000"}, notify); err != nil {
		return err
	}
	if err := d.Enqueue(ctx, hallRequest(random, c.id)); err != nil {
		return err
	}
	hangUp := time.NewTimer(patience)
	defer hangUp.Stop()
	for {
		select {
		case <-hangUp.C:
			h.abandoned.Add(1)
			return d.Close(ctx, c.id)
		case n := <-c.notices:
			o, is := n.(Offered)
			if !is {
				continue
			}
			if random.IntN(20) == 0 {
				_ = d.Decline(ctx, o.Agent.ID, o.Offer) // may have been withdrawn
				continue
			}
			if err := d.Accept(ctx, o.Agent.ID, o.Offer); err != nil {
				continue // withdrawn in this moment: the next offer comes
			}
			h.begin(o.Agent.ID, channel)
			time.Sleep(talk)
			h.end(o.Agent.ID, channel)
			h.answered.Add(1)
			return d.Close(ctx, c.id)
		}
	}
}

// ledgerOfHall counts who talks with whom, apart from the desk.
type ledgerOfHall struct {
	mu                  sync.Mutex
	calls, chats        map[string]int
	answered, abandoned atomic.Int64
	wrong               []string
}

func (h *ledgerOfHall) begin(agent string, c hotline.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c == hotline.ChannelChat {
		h.chats[agent]++
	} else {
		h.calls[agent]++
	}
	if h.calls[agent] > 1 || h.calls[agent] == 1 && h.chats[agent] > 0 {
		h.wrong = append(h.wrong, fmt.Sprintf("%s has %d calls and %d chats", agent, h.calls[agent], h.chats[agent]))
	}
}

func (h *ledgerOfHall) end(agent string, c hotline.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c == hotline.ChannelChat {
		h.chats[agent]--
	} else {
		h.calls[agent]--
	}
}

// TestNobodyIsLostUnderLoad lets 50 people a second arrive for two minutes upon 1000 who wait, in
// virtual time, with a goroutine each.
func TestNobodyIsLostUnderLoad(t *testing.T) {
	const seconds = 120
	h := &ledgerOfHall{calls: map[string]int{}, chats: map[string]int{}}
	ledger := &memory{}
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(hall()), Ledger: ledger})
		ctx := t.Context()
		var callers sync.WaitGroup
		arrive := func(n int) {
			c := &caller{id: hotline.ConversationID(fmt.Sprintf("c%05d", n)), notices: make(chan Notice, 1024)}
			callers.Go(func() {
				if err := c.live(ctx, d, rand.New(rand.NewPCG(uint64(n), 2)), h); err != nil {
					t.Errorf("%s: %v", c.id, err)
				}
			})
		}
		var consoles []*Stream
		for _, a := range hall().Agents {
			s, err := d.Connect(ctx, a.ID)
			must(t, err)
			consoles = append(consoles, s)
			must(t, d.Line(ctx, a.ID, Browser, true))
			must(t, d.SetState(ctx, a.ID, Ready, ""))
		}
		n := 0
		for range loadWaiting {
			arrive(n)
			n++
		}
		for range seconds * loadArrivals {
			time.Sleep(time.Second / loadArrivals)
			arrive(n)
			n++
		}
		callers.Wait()
		if got := h.answered.Load() + h.abandoned.Load(); got != int64(n) {
			t.Errorf("%d arrived, %d were answered or hung up", n, got)
		}
		time.Sleep(time.Minute)
		b, err := d.Board(ctx)
		must(t, err)
		if len(b.Talks) > 0 {
			t.Errorf("left in the end: %d talks", len(b.Talks))
		}
		for _, row := range b.Agents {
			if row.State != Ready && row.State != Ringing {
				t.Errorf("left in the end: %+v", row)
			}
		}
		for _, s := range consoles {
			s.Close()
		}
		stop()
	})
	for _, wrong := range h.wrong {
		t.Error(wrong)
	}
	endings := map[Ending]int64{}
	for _, o := range ledger.outcomes {
		endings[o.Ending]++
	}
	if endings[EndAnswered] != h.answered.Load() || endings[EndAbandoned] != h.abandoned.Load() || len(ledger.places) > 0 {
		t.Errorf("outcomes %v and %d places left, callers count %d and %d",
			endings, len(ledger.places), h.answered.Load(), h.abandoned.Load())
	}
	t.Logf("%d answered, %d hung up", h.answered.Load(), h.abandoned.Load())
}

// hallAtWork has every agent ready at a connected console, and nobody waiting.
func hallAtWork(b *testing.B) (*world, []*Stream) {
	w := &world{clock: time.Date(2026, 10, 8, 9, 0, 0, 0, time.UTC)}
	w.r = newRoom(w.clock, graces{3 * time.Second, 3 * time.Second}, discard, unobserved{})
	must(b, w.r.reload(hall()))
	var streams []*Stream
	for _, a := range hall().Agents {
		stream := &Stream{agent: a.ID, wake: make(chan struct{}, 1)}
		streams = append(streams, stream)
		w.longest(b, func() error { return w.r.connect(stream) })
		w.longest(b, func() error { return w.r.setLine(a.ID, Browser, true) })
		w.longest(b, func() error { return w.r.setState(a.ID, Ready, "") })
	}
	return w, streams
}

// BenchmarkDecision measures one step of a desk with 200 agents at work and 1000 people waiting: an
// arrival, an accepted offer and the end of a talk in turn. Consoles of all agents are connected.
func BenchmarkDecision(b *testing.B) {
	w, streams := hallAtWork(b)
	random := rand.New(rand.NewPCG(1, 3))
	var offers []string
	var talks []hotline.ConversationID
	n, waiting := 0, 0
	var took []time.Duration
	step := func(do func() error) {
		began := time.Now()
		must(b, w.step(do))
		took = append(took, time.Since(began))
		w.r.kept = w.r.kept[:0]
	}
	arrive := func() {
		n++
		waiting++
		id := hotline.ConversationID(fmt.Sprintf("c%07d", n))
		notify := func(notice Notice) {
			if o, is := notice.(Offered); is {
				offers = append(offers, o.Offer)
			}
		}
		step(func() error {
			return w.r.open(Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "138"}, notify)
		})
		step(func() error { return w.r.enqueue(hallRequest(random, id)) })
	}
	turn := func() {
		w.clock = w.clock.Add(time.Second / loadArrivals)
		arrive()
		for len(offers) > 0 {
			id := offers[0]
			offers = offers[1:]
			o := w.r.offers[id]
			if o == nil {
				continue
			}
			waiting--
			talks = append(talks, o.request.Conversation)
			step(func() error { return w.r.accept(o.person.ID, id) })
		}
		for waiting > loadWaiting && len(talks) > 0 { // as many leave as arrive
			id := talks[0]
			talks = talks[1:]
			step(func() error { return w.r.close(id) })
		}
		for _, s := range streams {
			s.queue = s.queue[:0]
		}
	}
	for range loadWaiting + loadAgents {
		turn()
	}
	took = took[:0]
	b.ResetTimer()
	for range b.N {
		turn()
	}
	b.StopTimer()
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(float64(len(took)-1)*share)].Nanoseconds()) / 1e3 }
	b.ReportMetric(at(0.50), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
	b.ReportMetric(at(1), "max-µs")
	b.ReportMetric(float64(waiting), "waiting")
}
