// Package pace gives every stream of the gateway its beat. One Pacer ticks all of them each
// media.Tick; the streams are spread over slots inside the tick, so that their packets leave
// evenly and no stream needs a goroutine or a timer of its own.
package pace

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline/media"
)

// Member is ticked by a Pacer. Tick must neither block nor panic. now is when the tick was due:
// exactly one media.Tick after the last one, or a multiple after the machine has stalled.
type Member interface{ Tick(now time.Time) }

// maxBurst is how many ticks a member may get in a row after a stall. Those missed before are
// skipped.
const maxBurst = 2

// Config tunes a Pacer.
type Config struct {
	// Slots is how many moments of a tick members are spread over, 1…200. Default 20.
	Slots int
	// Shards is how many goroutines share the slots, 1…Slots. Default 1: one goroutine serves some
	// thousand streams on one core.
	Shards int
}

func (c Config) withDefaults() (Config, error) {
	if c.Slots == 0 {
		c.Slots = 20
	}
	if c.Shards == 0 {
		c.Shards = 1
	}
	if c.Slots < 1 || c.Slots > 200 {
		return c, fmt.Errorf("pace: Slots %d is not within 1…200", c.Slots)
	}
	if c.Shards < 1 || c.Shards > c.Slots {
		return c, fmt.Errorf("pace: Shards %d is not within 1…%d", c.Shards, c.Slots)
	}
	return c, nil
}

// Pacer ticks its members. It is safe for concurrent use.
type Pacer struct {
	slots  []slot
	shards int
	adding sync.Mutex

	lateness lateness
	skipped  atomic.Uint64
}

// slot holds the members that are ticked at one moment.
type slot struct {
	offset time.Duration // from the beginning of each tick
	size   atomic.Int32

	mu      sync.Mutex // held while the members are ticked
	members []Member
}

// New returns a Pacer without members.
func New(cfg Config) (*Pacer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pacer{slots: make([]slot, cfg.Slots), shards: cfg.Shards}
	for i := range p.slots {
		p.slots[i].offset = media.Tick * time.Duration(i) / time.Duration(cfg.Slots)
	}
	return p, nil
}

// Add makes m a member in the slot with the fewest. The returned function takes it out again and
// waits until a running Tick has ended; it may be called more than once, but not from a Tick.
func (p *Pacer) Add(m Member) (remove func()) {
	p.adding.Lock()
	defer p.adding.Unlock()
	s := &p.slots[0]
	for i := range p.slots {
		if p.slots[i].size.Load() < s.size.Load() {
			s = &p.slots[i]
		}
	}
	s.add(m)
	return sync.OnceFunc(func() { s.remove(m) })
}

func (s *slot) add(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = append(s.members, m)
	s.size.Add(1)
}

func (s *slot) remove(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.members {
		if s.members[i] == m {
			last := len(s.members) - 1
			s.members[i], s.members[last] = s.members[last], nil
			s.members = s.members[:last]
			s.size.Add(-1)
			return
		}
	}
}

// Members returns how many members there are.
func (p *Pacer) Members() int {
	n := 0
	for i := range p.slots {
		n += int(p.slots[i].size.Load())
	}
	return n
}

// Run ticks the members until ctx ends, which it returns nil for.
func (p *Pacer) Run(ctx context.Context) error {
	start := time.Now()
	var shards errgroup.Group
	for first := range p.shards {
		shards.Go(func() error {
			p.runShard(ctx, start, first)
			return nil
		})
	}
	return shards.Wait()
}

// runShard ticks every slot whose number is first plus a multiple of the number of shards.
func (p *Pacer) runShard(ctx context.Context, start time.Time, first int) {
	for period := start; ctx.Err() == nil; {
		for i := first; i < len(p.slots); i += p.shards {
			s := &p.slots[i]
			if s.size.Load() == 0 {
				continue
			}
			due := period.Add(s.offset)
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			}
			if ctx.Err() != nil {
				return
			}
			p.tick(s, due)
		}
		period = p.nextPeriod(period)
	}
}

// nextPeriod waits for the period after this one. After a stall it is a later one.
func (p *Pacer) nextPeriod(period time.Time) time.Time {
	period = period.Add(media.Tick)
	wait := time.Until(period)
	if wait > 0 {
		time.Sleep(wait)
		return period
	}
	if missed := int(-wait/media.Tick) - (maxBurst - 1); missed > 0 {
		p.skipped.Add(uint64(missed))
		period = period.Add(time.Duration(missed) * media.Tick)
	}
	return period
}

func (p *Pacer) tick(s *slot, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.members {
		p.lateness.observe(time.Since(due))
		m.Tick(due)
	}
}
