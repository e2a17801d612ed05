package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// choices is one person's own chance.
func (s *storm) choices() *chance {
	return &chance{rng: rand.New(rand.NewPCG(s.seed, s.clients.Add(1)))}
}

// chance is used by one goroutine at a time, but for that of a phone.
type chance struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func (c *chance) of(percent int) bool { return c.upTo(100) < percent }

func (c *chance) upTo(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

// pause waits for some milliseconds, the most being given.
func (c *chance) pause(ctx context.Context, most int) {
	pause(ctx, time.Duration(c.upTo(most))*time.Millisecond)
}
