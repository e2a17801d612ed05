package call

import (
	"context"
	"sync/atomic"

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
	leg    Leg                      // nil while it rings
	port   atomic.Pointer[mix.Port] // nil while it rings
	aside  *mouth                   // what only this party hears
	leave  context.CancelFunc
	place  handoff.Seat
	typing *captioner
	holds  atomic.Bool // its phone holds: what it sends is not said to anybody

	whisper *whisper         // what it is told before it is joined, nil for nothing
	ordered []desk.Commanded // of a supervisor whose phone rings: what to do when it is picked up
}

// Format returns the format of the party's leg.
func (s *seat) Format() media.Format { return s.leg.Format() }

// WriteFrame takes what the party says; see media.Sink.
func (s *seat) WriteFrame(f media.Frame) error {
	if s.typing != nil {
		said := f.PCM
		if s.holds.Load() {
			said = nil
		}
		s.typing.hear(said)
	}
	return s.port.Load().WriteFrame(f)
}

// ReadFrame gives what it hears: what is meant for it alone goes before everything else, music after it.
func (s *seat) ReadFrame(pcm []int16) bool {
	heard := s.port.Load().ReadFrame(pcm)
	if aside := s.aside.status(); aside.idle && (heard || !aside.playing) {
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
		holds := c.way.Holding(place)
		s.holds.Store(holds)
		s.party.Muted = place == handoff.AgentSeat && c.way.Muted || holds
		aside := c.way.Aside(place)
		if s.party.Aside && !aside {
			s.aside.drop(true) // who has taken the call need not be told about it to the end
		}
		s.party.Aside = aside
		if s.aside != nil {
			s.aside.accompany(c.way.Waits(place))
		}
	}
	c.bridge.route(c.layout, c.everybody())
	c.pass()
	c.show()
}

// admit puts a leg into the bridge. Nobody hears it yet.
func (c *Conversation) admit(s *seat, leg Leg) (err error) {
	if c.bridge == nil {
		if c.bridge, err = newBridge(c.line, c.cfg.Clock); err != nil {
			return err
		}
	}
	port, err := c.join(s, leg)
	if err != nil {
		return err
	}
	s.port.Store(port)
	s.leg, s.aside = leg, newMouth(leg.Format(), c.cfg.Clock)
	if s.typing, err = c.caption(s); err != nil {
		c.cfg.Logger.Warn("no captions of a party", "party", s.who, "error", err)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	dial := s.leave
	s.leave = func() { cancel(); dial() }
	if err := leg.Join(s, s); err != nil {
		port.Leave()
		s.leave()
		return err
	}
	c.tasks.Go(func() { c.follow(ctx, s) })
	return nil
}

// join gives a leg a place in the mixer, named for what the party is: the recording has a channel by that name.
func (c *Conversation) join(s *seat, leg Leg) (*mix.Port, error) {
	return c.bridge.mixer.Join(string(s.party.Role)+":"+s.who, leg.Format())
}

// follow tells the owner of the keys, the holds and the end of a party's leg.
func (c *Conversation) follow(ctx context.Context, s *seat) {
	var holds <-chan bool
	if h, ok := s.leg.(Holder); ok {
		holds = h.Holds()
	}
	for {
		select {
		case on := <-holds:
			c.later(func() { c.holds(s, on) })
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

// Holder is a Leg whose far end may hold, which is not to listen. Holds tells when that begins and ends.
type Holder interface{ Holds() <-chan bool }

func (c *Conversation) holds(s *seat, on bool) {
	switch {
	case c.seats[s.place] == s:
		c.happen(handoff.Holds{Seat: s.place, On: on})
	case c.watching[s.who] == s:
		s.party.Muted = on
		s.holds.Store(on)
		c.reroute()
	}
}

// left takes the end of a party's leg.
func (c *Conversation) left(s *seat, broken bool) {
	switch {
	case c.watching[s.who] == s: // they have put their phone down
		c.unwatch(s.who)
		c.cfg.Desk.Do(handoff.Release{Agent: s.who, How: desk.Finished}, c.state)
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
	if port := s.port.Load(); port != nil {
		port.Leave()
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
