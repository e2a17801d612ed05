package call

import (
	"context"
	"errors"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/mix"
)

// seat is the place of one more party on the line.
type seat struct {
	who    string // in the log
	party  handoff.Party
	leg    Leg // nil while it rings
	port   *mix.Port
	aside  *mouth // what only this party hears
	leave  context.CancelFunc
	place  handoff.Seat
	typing *captioner

	whisper *whisper // what it is told before it is joined, nil for nothing
}

// Format returns the format of the party's leg.
func (s *seat) Format() media.Format { return s.leg.Format() }

// WriteFrame takes what the party says; see media.Sink.
func (s *seat) WriteFrame(f media.Frame) error {
	if s.typing != nil {
		s.typing.hear(f.PCM)
	}
	return s.port.WriteFrame(f)
}

// ReadFrame gives what it hears: what is meant for it alone goes before everything else.
func (s *seat) ReadFrame(pcm []int16) bool {
	heard := s.port.ReadFrame(pcm)
	if s.aside.status().idle {
		return heard
	}
	return s.aside.ReadFrame(pcm)
}

var roles = map[handoff.Seat]handoff.Role{
	handoff.AgentSeat: handoff.RoleAgent, handoff.PeerSeat: handoff.RolePeer, handoff.ServiceSeat: handoff.RoleService,
}

// everybody is all seats that are taken, in a fixed order.
func (c *Conversation) everybody() []*seat {
	var list []*seat
	for _, place := range []handoff.Seat{handoff.AgentSeat, handoff.PeerSeat, handoff.ServiceSeat} {
		if s := c.seats[place]; s != nil {
			list = append(list, s)
		}
	}
	for _, s := range c.watching {
		list = append(list, s)
	}
	return list
}

// reroute lets those hear each other who may by now, and shows it.
func (c *Conversation) reroute() {
	for place, s := range c.seats {
		s.party.Muted = place == handoff.AgentSeat && c.way.Muted
		s.party.Aside = c.way.Aside(place)
	}
	c.bridge.route(c.layout, c.everybody())
	c.pass()
	c.show()
}

// ring dials a party while the conversation goes on.
func (c *Conversation) ring(place handoff.Seat, to desk.Target) {
	ctx, cancel := context.WithCancel(c.ctx)
	s := &seat{who: nameOf(to), place: place, party: handoff.Party{Role: roles[place]}, leave: cancel}
	c.seats[place] = s
	if briefed(to) {
		s.whisper = c.whisper(ctx)
	}
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
			case c.seats[place] != s:
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

func nameOf(t desk.Target) string {
	for _, name := range []string{t.Agent, t.Number, t.Service} {
		if name != "" {
			return name
		}
	}
	return t.Extension
}

// reasonOf is why a line could not be had.
func reasonOf(err error) desk.Reason {
	var unreached *desk.Unreached
	if errors.As(err, &unreached) {
		return unreached.Reason
	}
	return desk.Network
}

func (c *Conversation) unreached(s *seat, err error) {
	if c.seats[s.place] != s {
		return
	}
	c.cfg.Logger.Info("party not reached", "seat", s.place, "party", s.who, "error", err)
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
	c.happen(handoff.Answered{Seat: s.place})
}

// connect joins the headset of an agent who has accepted.
func (c *Conversation) connect(place handoff.Seat, agent string) {
	if old := c.seats[place]; old != nil {
		c.hangUp(place)
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

// admit puts a leg into the bridge. Nobody hears it yet.
func (c *Conversation) admit(s *seat, leg Leg) (err error) {
	if c.bridge == nil {
		if c.bridge, err = newBridge(c.line, c.cfg.Clock); err != nil {
			return err
		}
	}
	if s.port, err = c.bridge.mixer.Join(string(s.party.Role)+":"+s.who, leg.Format()); err != nil {
		return err
	}
	s.leg, s.aside = leg, newMouth(leg.Format(), c.cfg.Clock)
	if s.typing, err = c.caption(s); err != nil {
		c.cfg.Logger.Warn("no captions of a party", "party", s.who, "error", err)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	dial := s.leave
	s.leave = func() { cancel(); dial() }
	if err := leg.Join(s, s); err != nil {
		s.port.Leave()
		s.leave()
		return err
	}
	c.tasks.Go(func() { c.follow(ctx, s) })
	return nil
}

// follow tells the owner of the keys and the end of a party's leg.
func (c *Conversation) follow(ctx context.Context, s *seat) {
	for {
		select {
		case key := <-s.leg.Keys():
			c.later(func() { c.keyOf(s, key) })
		case ended := <-s.leg.Ended():
			c.later(func() { c.left(s, ended.By != "caller") })
			return
		case <-ctx.Done():
			return
		}
	}
}

func (c *Conversation) keyOf(s *seat, key dtmf.Event) {
	if c.seats[s.place] == s {
		c.happen(handoff.Pressed{Seat: s.place, Key: key.Key.String()})
	}
}

// left takes the end of a party's leg.
func (c *Conversation) left(s *seat, broken bool) {
	switch {
	case c.watching[s.who] == s:
		c.unwatch(s.who)
	case c.seats[s.place] == s:
		c.vacate(s)
		delete(c.seats, s.place)
		c.happen(handoff.Gone{Seat: s.place, Broken: broken})
	}
}

// move gives a party another place.
func (c *Conversation) move(from, to handoff.Seat) {
	s := c.seats[from]
	if s == nil {
		return
	}
	delete(c.seats, from)
	c.seats[to], s.place, s.party.Role = s, to, roles[to]
}

// hangUp ends the leg of a party or stops ringing it.
func (c *Conversation) hangUp(place handoff.Seat) {
	s := c.seats[place]
	if s == nil {
		return
	}
	delete(c.seats, place)
	c.vacate(s)
	if s.leg != nil {
		c.tasks.Go(func() { c.letGo(s.leg) })
	}
}

// vacate takes a party out of the bridge.
func (c *Conversation) vacate(s *seat) {
	s.leave()
	if s.port != nil {
		s.port.Leave()
	}
	if s.typing != nil {
		s.typing.close()
	}
}

// letGo ends a leg from our side.
func (c *Conversation) letGo(leg Leg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), hangupWithin)
	defer cancel()
	if err := leg.Hangup(ctx, "done"); err != nil {
		c.cfg.Logger.Warn("the leg of a party did not end in order", "error", err)
	}
}
