package speech

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// maxThreads is the most that one recognition gets: whisper's small matrices gain nothing beyond
// it, and every thread more spins at ggml's barriers.
const maxThreads = 4

// maxClauseThreads is the most that work at a clause. Two make Kokoro a third faster, more hardly.
// They sleep rather than spin while one has nothing to do, so they may share a core.
const maxClauseThreads = 2

// ClauseThreads returns how many threads a synthesiser should have that may use so many cores.
func ClauseThreads(cores int) int { return min(maxClauseThreads, cores) }

// Class is what a job is for. It decides whose turn comes first.
type Class int

// The classes, the most urgent first.
const (
	Final       Class = iota // recognition whose answer the caller waits for
	Speculative              // recognition that becomes the final one if the caller stays silent
	FirstClause              // the caller hears nothing until it is spoken
	LaterClause              // is spoken while the clause before it plays
	Background               // prompts rendered before anybody asks
)

// patience is how much earlier than a final recognition a job must have asked to have its turn
// first. So every class yields to the ones above it, and none waits for ever.
func (c Class) patience() time.Duration {
	return [...]time.Duration{
		Final:       0,
		Speculative: 150 * time.Millisecond,
		FirstClause: 300 * time.Millisecond,
		LaterClause: time.Second,
		Background:  time.Minute, // longer than any client waits
	}[c]
}

func (c Class) speaks() bool { return c >= FirstClause }

// Cores shares the processor's cores among recognitions and syntheses, so that no recognition has
// more threads than cores to itself: ggml's threads spin at barriers, and one thread too many turns
// a decode of half a second into many. Synthesis leaves one core to recognition where there are
// two or more; its second thread shares a core when there is no free one. Safe for concurrent use.
type Cores struct {
	clock media.Clock
	spare func() int

	cores, clause int // all, and what one clause takes if it can

	mu       sync.Mutex
	free     int
	speakers int                 // more syntheses that may run at once
	waiting  []*waiter           // by due, then by arrival
	held     map[*grant]struct{} // what is at work
}

// waiter is a job that waits for its turn.
type waiter struct {
	class Class
	due   time.Time
	turn  chan *grant // takes one grant
}

// grant is a job at work.
type grant struct {
	class   Class
	threads int
	since   time.Time
}

// CoresConfig describes a scheduler.
type CoresConfig struct {
	Cores int // that may be used, at least 1
	// Spare tells how many processors the rest of the machine leaves to this process at the moment,
	// so that a recognition takes no second thread to a machine that is busy with other things; see
	// Spare. nil means that all are ours.
	Spare func() int
	Clock media.Clock // nil is the system's
}

// NewCores returns a scheduler.
func NewCores(cfg CoresConfig) (*Cores, error) {
	if cfg.Cores < 1 {
		return nil, hotline.Errorf("share cores", hotline.CodeInvalid, "%d cores, at least 1", cfg.Cores)
	}
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	if cfg.Spare == nil {
		cfg.Spare = func() int { return cfg.Cores }
	}
	clause := min(maxClauseThreads, max(1, cfg.Cores-1))
	c := &Cores{
		clock:  cfg.Clock,
		spare:  cfg.Spare,
		cores:  cfg.Cores,
		clause: clause,
		free:   cfg.Cores,
		held:   map[*grant]struct{}{},
	}
	c.speakers = c.speakersAtMost()
	return c, nil
}

// Recognition waits for the turn of a recognition and returns how many threads it may use until it
// calls release: all cores when nothing else runs or waits here, else its share of the free ones,
// and never more than the machine can spare. The error is that of ctx.
func (c *Cores) Recognition(ctx context.Context, speculative bool) (threads int, release func(), err error) {
	class := Final
	if speculative {
		class = Speculative
	}
	return c.acquire(ctx, class)
}

// speakersAtMost is how many syntheses may run at once.
func (c *Cores) speakersAtMost() int { return max(1, (c.cores-1)/c.clause) }

// Clause waits for the turn of one clause to be synthesised. The Server's requests tell
// the class through ctx; a ctx that says nothing is that of a first clause.
func (c *Cores) Clause(ctx context.Context) (release func(), err error) {
	_, release, err = c.acquire(ctx, clauseClass(ctx))
	return release, err
}

// Longest returns for how long the job that is longest at work has held its cores, 0 when none is.
func (c *Cores) Longest() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	longest := time.Duration(0)
	for g := range c.held {
		longest = max(longest, c.clock.Now().Sub(g.since))
	}
	return longest
}

func (c *Cores) acquire(ctx context.Context, class Class) (int, func(), error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	w := &waiter{class: class, turn: make(chan *grant, 1)}
	c.mu.Lock()
	w.due = c.clock.Now().Add(class.patience())
	at := len(c.waiting)
	for at > 0 && c.waiting[at-1].due.After(w.due) {
		at--
	}
	c.waiting = slices.Insert(c.waiting, at, w)
	c.dispatch()
	c.mu.Unlock()

	select {
	case g := <-w.turn:
		return g.threads, sync.OnceFunc(func() { c.release(g) }), nil
	case <-ctx.Done():
		c.withdraw(w)
		return 0, nil, ctx.Err()
	}
}

// withdraw takes back a request, and its grant if that came meanwhile.
func (c *Cores) withdraw(w *waiter) {
	c.mu.Lock()
	i := slices.Index(c.waiting, w)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	c.mu.Unlock()
	if i < 0 {
		c.release(<-w.turn)
	}
}

func (c *Cores) release(g *grant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, g)
	c.free += g.threads
	if g.class.speaks() {
		c.speakers++
	}
	c.dispatch()
}

// dispatch gives the free cores to those who wait, in turn. mu is held.
func (c *Cores) dispatch() {
	for i := 0; c.free > 0 && i < len(c.waiting); {
		w := c.waiting[i]
		g := &grant{class: w.class, threads: 1, since: c.clock.Now()}
		switch {
		case !w.class.speaks():
			g.threads = max(1, min(c.free/c.wanting(), c.spare()-(c.cores-c.free), maxThreads))
		case c.speakers == 0:
			i++
			continue
		default:
			c.speakers--
			g.threads = min(c.clause, c.free)
		}
		c.free -= g.threads
		c.held[g] = struct{}{}
		c.waiting = slices.Delete(c.waiting, i, i+1)
		w.turn <- g
	}
}

// wanting returns how many of those who wait could begin if there were cores enough. mu is held.
func (c *Cores) wanting() int {
	clauses := 0
	for _, w := range c.waiting {
		if w.class.speaks() {
			clauses++
		}
	}
	return len(c.waiting) - clauses + min(clauses, c.speakers)
}

// speaking is what is known of a synthesis while it runs; its clauses find it in their context.
type speaking struct {
	background bool
	begun      bool // the first piece is out; set between clauses by the goroutine that speaks
}

type speakingKey struct{}

func clauseClass(ctx context.Context) Class {
	s, _ := ctx.Value(speakingKey{}).(*speaking)
	switch {
	case s == nil:
		return FirstClause
	case s.background:
		return Background
	case s.begun:
		return LaterClause
	default:
		return FirstClause
	}
}
