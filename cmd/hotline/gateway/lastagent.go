package gateway

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
)

// lastWithin bounds how long somebody who asks for a person is held up by the search for the agent
// who had them last.
const lastWithin = time.Second

// lastTalks is how many conversations of a caller are looked through for one with an agent.
const lastTalks = 20

// lastAgent is the agent of the caller's last talk, "" when there is none to be preferred. Whoever
// gave that talk a bad grade is better served by somebody else.
func (g *Gateway) lastAgent(ctx context.Context, talk desk.Talk) string {
	life := g.cfg.Desk.LastAgent
	if life == 0 || !recognised(talk.Caller) {
		return ""
	}
	list, err := within(ctx, lastWithin, func(ctx context.Context) ([]records.Placed, error) {
		return g.store.Records(ctx, records.Query{Caller: talk.Caller, From: g.clock.Now().Add(-life), Limit: lastTalks})
	})
	if err != nil {
		g.log.Warn("agent of the last talk not found", "conversation", string(talk.Conversation), "error", err)
	}
	for _, r := range list {
		switch {
		case r.Agent() == "":
		case r.Rating > 0 && r.Rating <= hotline.Unsatisfied:
			return ""
		default:
			return r.Agent()
		}
	}
	return ""
}

// within returns what find finds, or that there was no time, even if find does not heed its context.
func within[T any](ctx context.Context, most time.Duration, find func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	type result struct {
		found T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		found, err := find(ctx)
		done <- result{found, err}
	}()
	select {
	case r := <-done:
		return r.found, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
