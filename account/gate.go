package account

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline"
)

// gate bounds how much of the machine proving passwords takes, so that a flood of log-ins leaves calls
// theirs: how many are under way, how many wait, and how many begin in a second.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int32
	begun   *rate.Limiter
}

const (
	mostWaiting   = 64
	perSecondCore = 8  // some third of a core
	beginTogether = 40 // a shift that begins
)

func newGate(cores int) *gate {
	return &gate{
		slots: make(chan struct{}, max(1, cores/2)),
		begun: rate.NewLimiter(rate.Limit(perSecondCore*cores), beginTogether),
	}
}

// enter waits for its turn; leave has to follow when it says so.
func (g *gate) enter(ctx context.Context, now time.Time) (leave func(), err error) {
	const op = "prove password"
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > mostWaiting || !g.begun.AllowN(now, 1) {
		return nil, refuse(op, hotline.CodeOverload, Refused{Reason: Busy, After: 2 * time.Second})
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, hotline.Errorf(op, hotline.CodeTimeout, "%w", ctx.Err())
	}
}
