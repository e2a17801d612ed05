package call

import (
	"context"
	"slices"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// outcome is what came of an errand.
type outcome struct {
	turn int // that it was sent in
	done dialog.Done
	body hotline.EventBody
}

// maxErrands is how many may be under way at once.
const maxErrands = 64

// errand has something done for a turn while the conversation goes on, after what was to be done by that name before. What
// cannot be done is told at once.
func (c *Conversation) errand(ctx context.Context, turn int, id string, a dialog.Action) []dialog.Event {
	if c.cfg.Clerk == nil || c.underway == maxErrands {
		c.append(hotline.Degraded{Stage: "errand", Reason: string(hotline.CodeUnavailable)})
		return []dialog.Event{dialog.Done{ID: id, Failed: "not done"}}
	}
	c.underway++
	before, over := c.errandOf[id], make(chan struct{})
	c.errandOf[id] = over
	c.errands.Go(func() {
		defer close(over)
		if before != nil {
			<-before // or what was taken back could be done last
		}
		done, body := c.cfg.Clerk.Do(ctx, c.cfg.Conversation, c.cfg.Started.Channel, a)
		c.outcomes <- outcome{turn, done, body}
	})
	return nil
}

// came takes the outcome of an errand. The dialog is not told of one whose turn was taken back: it has
// sent what it still wants again.
func (c *Conversation) came(o outcome) {
	c.underway--
	if o.body != nil {
		c.append(o.body)
	}
	if !c.replaced[o.turn] {
		c.step(o.done)
	}
}

// takeBack undoes the orders of a turn that another has replaced, but for those that it filed again. The dialog is not told:
// it knows nothing of them, and may give their names to others.
func (c *Conversation) takeBack(turn int, before []string) {
	for _, id := range before {
		if !slices.Contains(c.filed, id) {
			c.errand(context.WithoutCancel(c.ctx), turn, id, dialog.File{ID: id, Order: dialog.Order{Kind: dialog.OrderVoid}})
		}
	}
}

// settle waits for what is under way when the call is over, for the log tells of it before its end.
func (c *Conversation) settle() {
	go func() {
		c.errands.Wait()
		close(c.outcomes)
	}()
	for o := range c.outcomes {
		if o.body != nil {
			c.append(o.body)
		}
	}
}
