package call

import (
	"cmp"
	"context"
	"errors"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
)

// ring dials a party while the conversation goes on.
func (c *Conversation) ring(place handoff.Seat, to desk.Target) {
	ctx, cancel := context.WithCancel(c.ctx)
	s := &seat{who: nameOf(to), place: place, party: handoff.Party{Role: roles[place]}, leave: cancel}
	c.seats[place] = s
	if briefed(to) {
		s.whisper = c.whisper(ctx)
	}
	c.dial(ctx, s, to)
}

// dial calls whom a seat is kept for, until ctx ends.
func (c *Conversation) dial(ctx context.Context, s *seat, to desk.Target) {
	if c.cfg.Lines == nil {
		c.tasks.Go(func() {
			c.later(func() { c.unreached(s, hotline.Errorf("dial", hotline.CodeUnavailable, "there are no lines")) })
		})
		return
	}
	c.tasks.Go(func() {
		leg, err := c.cfg.Lines.Dial(ctx, to)
		if err == nil && ctx.Err() != nil {
			c.letGo(leg)
			return
		}
		if err != nil && ctx.Err() != nil {
			return
		}
		taken := c.later(func() {
			switch {
			case err != nil:
				c.unreached(s, err)
			case !c.seated(s):
				c.tasks.Go(func() { c.letGo(leg) })
			default:
				c.answered(s, leg)
			}
		})
		if !taken && err == nil {
			c.letGo(leg)
		}
	})
}

// seated tells whether a seat has not been given up.
func (c *Conversation) seated(s *seat) bool { return c.seats[s.place] == s || c.watching[s.who] == s }

func nameOf(t desk.Target) string { return cmp.Or(t.Agent, t.Number, t.Service, t.Extension) }

// reasonOf is why a line could not be had.
func reasonOf(err error) desk.Reason {
	var unreached *desk.Unreached
	if errors.As(err, &unreached) {
		return unreached.Reason
	}
	return desk.Network
}

func (c *Conversation) unreached(s *seat, err error) {
	if !c.seated(s) {
		return
	}
	c.cfg.Logger.Info("party not reached", "seat", s.place, "party", s.who, "error", err)
	if s.place == "" {
		c.unsummon(s, unanswered(err))
		return
	}
	delete(c.seats, s.place)
	s.leave()
	c.happen(handoff.Failed{Seat: s.place, Reason: reasonOf(err)})
}

func (c *Conversation) answered(s *seat, leg Leg) {
	if err := c.admit(s, leg); err != nil {
		c.tasks.Go(func() { c.letGo(leg) })
		c.unreached(s, err)
		return
	}
	if s.place == "" {
		c.summoned(s)
		return
	}
	c.happen(handoff.Answered{Seat: s.place})
}

// connect joins the headset of an agent who has accepted, or the line by which a supervisor listens.
func (c *Conversation) connect(place handoff.Seat, agent string) {
	if old := c.seats[place]; old != nil {
		c.hangUp(place)
	}
	if s := c.watching[agent]; s != nil && s.leg != nil {
		c.promote(s, place)
		return
	}
	_, cancel := context.WithCancel(c.ctx)
	s := &seat{who: agent, place: place, party: handoff.Party{Role: roles[place]}, leave: cancel}
	c.seats[place] = s
	leg, err := c.headset(agent)
	if err == nil {
		err = c.admit(s, leg)
	}
	if err != nil {
		c.tasks.Go(func() { c.later(func() { c.unreached(s, err) }) })
	}
}

func (c *Conversation) headset(agent string) (Leg, error) {
	if c.cfg.Lines == nil {
		return nil, hotline.Errorf("connect headset", hotline.CodeUnavailable, "there are no lines")
	}
	return c.cfg.Lines.Line(agent)
}
