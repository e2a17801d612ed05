package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/store/db"
)

// BenchDeskCmd is "hotline bench desk".
type BenchDeskCmd struct {
	Agents   int           `help:"Agents, in three of ten queues each." default:"200"`
	Waiting  int           `help:"People who wait from the beginning." default:"1000"`
	Arrivals int           `help:"People a second who come after that." default:"50"`
	For      time.Duration `help:"How long they come." default:"60s"`
}

// Run measures and prints.
func (*BenchDeskCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "desk") }

// deskResult is what came out.
type deskResult struct {
	Agents    int     `json:"agents"`
	People    int     `json:"people"`
	Waiting   int     `json:"waiting_at_most"`
	Answered  int64   `json:"answered"`
	Abandoned int64   `json:"abandoned"`
	Lost      int     `json:"lost"`   // neither answered nor hung up, or not so in the database
	Doubled   int     `json:"double"` // agents given more than they may have at once
	Decisions int     `json:"decisions"`
	P50       float64 `json:"decision_p50_ms"`
	P95       float64 `json:"decision_p95_ms"`
	P99       float64 `json:"decision_p99_ms"`
	Max       float64 `json:"decision_max_ms"`
	Late      int     `json:"decisions_over_10_ms"`
	Rush      float64 `json:"rush_decision_max_ms"` // while those who wait from the beginning came, all at once; not among the others
}

// deskGoal is the most that a decision may take, ms.
const deskGoal = 10

func (d *deskResult) rows() []measure.Row {
	return []measure.Row{
		measure.AtMost("决策 decision, the longest", d.Max, deskGoal, "ms"),
		measure.Plain("", "p50 %.3f, p95 %.3f, p99 %.3f ms of %d; %d over %d ms; max %.1f ms while the first came, all at once", d.P50, d.P95, d.P99, d.Decisions, d.Late, deskGoal, d.Rush),
		measure.AtMost("重复分配 assigned twice", float64(d.Doubled), 0, ""),
		measure.AtMost("丢失来电 lost", float64(d.Lost), 0, ""),
		measure.Plain("", "%d agents, %d people, up to %d waiting: %d answered, %d hung up", d.Agents, d.People, d.Waiting, d.Answered, d.Abandoned),
	}
}

// hall is a desk at work and what is known of it from outside.
type hall struct {
	desk  *desk.Desk
	agent int

	mu        sync.Mutex
	calls     map[string]int // by agent, at this moment
	chats     map[string]int
	doubled   int
	decisions measure.Times
	rush      int // decisions until those who wait from the beginning had come
	endings   map[desk.Ending]int

	waiting, most       atomic.Int64
	answered, abandoned atomic.Int64
}

// Answered implements desk.Observer.
func (h *hall) Answered(string, hotline.Channel, time.Duration) {}

// OfferEnded implements desk.Observer.
func (h *hall) OfferEnded(string, desk.Reason, time.Duration) {}

// Ended implements desk.Observer.
func (h *hall) Ended(_ string, _ hotline.Channel, e desk.Ending, _ time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endings[e]++
}

// Decided implements desk.Observer.
func (h *hall) Decided(took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decisions = append(h.decisions, took)
}

func (c *BenchDeskCmd) measure(b bench) (_ measured, err error) {
	if b.Quick {
		c.For = min(c.For, 5*time.Second)
	}
	dir, err := os.MkdirTemp("", "hotline-desk-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kept, err := db.Open(b.env.Ctx, db.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	h := &hall{agent: c.Agents, calls: map[string]int{}, chats: map[string]int{}, endings: map[desk.Ending]int{}}
	roster := c.roster()
	h.desk, err = desk.New(desk.Config{
		Directory: func(context.Context) (desk.Roster, error) { return roster, nil },
		Ledger:    db.Ledger{DB: kept}, Observer: h, Logger: b.env.Log,
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(b.env.Ctx)
	var running errgroup.Group
	running.Go(func() error { return h.desk.Run(ctx) })
	people, err := h.open(ctx, c, roster)
	stop()
	if err := errors.Join(err, running.Wait()); err != nil {
		return nil, err
	}
	return h.result(c, people), nil
}

// roster has ten queues that overflow into one another, and agents with skills and a dialect.
func (c *BenchDeskCmd) roster() (r desk.Roster) {
	for i := range 10 {
		q := desk.Queue{ID: fmt.Sprintf("q%d", i), MaxLength: 100_000, MaxWait: 86_400, WrapUp: 2, Sticky: 10, OverflowAfter: 30}
		if i < 9 {
			q.Overflow = fmt.Sprintf("q%d", i+1)
		}
		r.Queues = append(r.Queues, q)
	}
	for i := range c.Agents {
		a := desk.Agent{ID: agentName(i), Device: desk.Browser, Chats: i % 3, Supervisor: i%40 == 0, Skills: map[string]int{}}
		for k := range 3 {
			a.Queues = append(a.Queues, fmt.Sprintf("q%d", (i+k*k)%10))
		}
		for skill, level := range map[string]int{"law": i % 10, "tax": i / 10 % 10} {
			if level > 0 {
				a.Skills[skill] = level
			}
		}
		if i%4 == 0 {
			a.Languages = []string{"yue"}
		}
		r.Agents = append(r.Agents, a)
	}
	return r
}

func agentName(i int) string { return fmt.Sprintf("a%03d", i) }

// open has all agents come and people arrive, and returns how many those were once the last of them has gone.
func (h *hall) open(ctx context.Context, c *BenchDeskCmd, roster desk.Roster) (people int, err error) {
	for _, a := range roster.Agents {
		s, err := h.desk.Connect(ctx, a.ID)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		go func() {
			for {
				if _, err := s.Next(ctx); err != nil {
					return
				}
			}
		}()
		if err := errors.Join(h.desk.Line(ctx, a.ID, desk.Browser, true), h.desk.SetState(ctx, a.ID, desk.Ready, "")); err != nil {
			return 0, err
		}
	}
	var all errgroup.Group
	arrive := func() {
		random := rand.New(rand.NewPCG(uint64(people), 2))
		id := hotline.NewConversationID(time.Now())
		all.Go(func() error { return h.person(ctx, id, random) })
		people++
	}
	for range c.Waiting {
		arrive()
	}
	pause(ctx, time.Second)
	h.mu.Lock()
	h.rush = len(h.decisions)
	h.mu.Unlock()
	began := time.Now()
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	for came := 0; time.Since(began) < c.For; <-clock.C {
		for ; came < int(time.Since(began).Seconds()*float64(c.Arrivals)); came++ {
			arrive()
		}
	}
	return people, all.Wait()
}

// person waits, talks for a while and hangs up, or runs out of patience.
func (h *hall) person(ctx context.Context, id hotline.ConversationID, random *rand.Rand) error {
	talk, patience := time.Duration(1+random.IntN(6))*time.Second, time.Duration(20+random.IntN(40))*time.Second
	channel := []hotline.Channel{hotline.ChannelPhone, hotline.ChannelChat}[random.IntN(2)]
	notices := make(chan desk.Notice, 64) // has room for all that may come in a minute
	if err := h.desk.Open(ctx, desk.Talk{Conversation: id, Channel: channel, Caller: "1380000"}, func(n desk.Notice) { notices <- n }); err != nil {
		return err
	}
	if err := h.desk.Enqueue(ctx, h.request(id, random)); err != nil {
		return err
	}
	waiting := h.waiting.Add(1)
	for most := h.most.Load(); waiting > most && !h.most.CompareAndSwap(most, waiting); most = h.most.Load() {
	}
	defer h.waiting.Add(-1)
	leaves := time.After(patience)
	for {
		select {
		case <-leaves:
			h.abandoned.Add(1)
			return h.desk.Close(ctx, id)
		case <-ctx.Done():
			return ctx.Err()
		case n := <-notices:
			offer, is := n.(desk.Offered)
			if !is {
				continue
			}
			if random.IntN(20) == 0 {
				_ = h.desk.Decline(ctx, offer.Agent.ID, offer.Offer) // may have been withdrawn
				continue
			}
			if err := h.desk.Accept(ctx, offer.Agent.ID, offer.Offer); err != nil {
				continue // withdrawn in this moment: the next offer comes
			}
			h.has(offer.Agent.ID, channel, 1)
			pause(ctx, talk)
			h.has(offer.Agent.ID, channel, -1)
			h.answered.Add(1)
			return h.desk.Close(ctx, id)
		}
	}
}

func (h *hall) request(id hotline.ConversationID, random *rand.Rand) desk.Request {
	q := desk.Request{Conversation: id, Queue: fmt.Sprintf("q%d", random.IntN(10)), Priority: random.IntN(10)}
	switch random.IntN(4) {
	case 0:
		q.Skills = map[string]int{"law": 1 + random.IntN(9)}
	case 1:
		q.Skills = map[string]int{"law": 1 + random.IntN(5), "tax": 1 + random.IntN(5)}
	case 2:
		q.Language = "yue"
	}
	if random.IntN(5) == 0 {
		q.Agent = agentName(random.IntN(h.agent))
	}
	return q
}

// has counts what an agent has: one call, or chats.
func (h *hall) has(agent string, channel hotline.Channel, more int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if channel == hotline.ChannelChat {
		h.chats[agent] += more
	} else {
		h.calls[agent] += more
	}
	if calls := h.calls[agent]; more > 0 && (calls > 1 || calls == 1 && h.chats[agent] > 0) {
		h.doubled++
	}
}

func (h *hall) result(c *BenchDeskCmd, people int) *deskResult {
	h.mu.Lock()
	defer h.mu.Unlock()
	rush, decisions := h.decisions[:h.rush], h.decisions[h.rush:]
	d := &deskResult{
		Agents: c.Agents, People: people, Waiting: int(h.most.Load()), Answered: h.answered.Load(), Abandoned: h.abandoned.Load(),
		Doubled: h.doubled, Decisions: len(decisions), Rush: milliseconds(rush.Max()),
	}
	d.Lost = people - h.endings[desk.EndAnswered] - h.endings[desk.EndAbandoned]
	at := func(p float64) float64 { return milliseconds(decisions.Percentile(p)) }
	d.P50, d.P95, d.P99, d.Max = at(50), at(95), at(99), at(100)
	for _, took := range decisions {
		if milliseconds(took) > deskGoal {
			d.Late++
		}
	}
	return d
}
