package call

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media/dtmf"
)

var modes = map[desk.Verb]handoff.Mode{desk.Listen: handoff.Listening, desk.Whisper: handoff.Whispering, desk.Barge: handoff.Barging}

// supervise lets a supervisor in, changes how they take part, gives them the place of the agent, or lets them go. It reports
// whether that waits for their phone.
func (c *Conversation) supervise(command desk.Commanded) (waits bool) {
	verb, s := command.Command.Verb, c.watching[command.By]
	switch {
	case verb == desk.Leave && s == nil,
		verb != desk.Leave && c.way.Agent.ID == command.By: // they have taken over meanwhile
		c.refused = true
	case verb == desk.Leave:
		c.unwatch(command.By)
	case s == nil && command.Phone != "":
		c.summon(command)
		return true
	case s != nil && s.leg == nil:
		s.ordered = append(s.ordered, command)
		return true
	case verb == desk.TakeOver:
		holds := s != nil && s.holds.Load()
		c.happen(handoff.Notice{Notice: command})
		if holds {
			c.holds(s, true)
		}
	default:
		c.watch(s, command.By, modes[verb])
	}
	return false
}

// watch lets a supervisor take part, by the headset when they are not on the line.
func (c *Conversation) watch(s *seat, who string, mode handoff.Mode) {
	if s == nil {
		leg, err := c.headset(who)
		s = &seat{who: who, party: handoff.Party{Role: handoff.RoleSupervisor, Mode: mode}, leave: func() {}}
		if err == nil {
			err = c.admit(s, leg)
		}
		if err != nil {
			c.cfg.Logger.Warn("supervisor not connected", "supervisor", who, "error", err)
			c.refused = true
			return
		}
		c.watching[who] = s
	}
	s.party.Mode = mode
	c.append(hotline.Joined{Party: who, Role: string(handoff.RoleSupervisor), Mode: string(mode)})
	c.reroute()
}

// summon rings the phone of a supervisor.
func (c *Conversation) summon(command desk.Commanded) {
	ctx, cancel := context.WithCancel(c.ctx)
	s := &seat{
		who: command.By, party: handoff.Party{Role: handoff.RoleSupervisor, Mode: modes[command.Command.Verb]},
		leave: cancel, ordered: []desk.Commanded{command},
	}
	c.watching[s.who] = s
	c.dial(ctx, s, desk.Target{Agent: s.who, Extension: command.Phone})
	c.reroute()
}

// summoned does what a supervisor wanted who has picked up their phone.
func (c *Conversation) summoned(s *seat) {
	ordered := s.ordered
	s.ordered = nil
	for _, command := range ordered {
		c.notice(command)
	}
}

// unsummon gives up a supervisor's phone and tells them why.
func (c *Conversation) unsummon(s *seat, why error) {
	delete(c.watching, s.who)
	s.leave()
	for _, command := range s.ordered {
		if command.Reply != nil {
			command.Reply(why)
		}
	}
	c.reroute()
}

// unanswered tells a supervisor why they are not in the call.
func unanswered(err error) error {
	why := "您的话机没有接通 your phone could not be reached"
	switch reasonOf(err) {
	case desk.NoAnswer:
		why = "您的话机无人接听 nobody has picked up your phone"
	case desk.Declined:
		why = "您的话机拒接 your phone has declined"
	case desk.BusyLine:
		why = "您的话机正忙 your phone is engaged"
	}
	return hotline.Errorf(opSupervise, hotline.CodeConflict, "%s: %w", why, err)
}

const opSupervise = "supervise"

// unwatch ends a supervisor's part.
func (c *Conversation) unwatch(id string) {
	s := c.watching[id]
	if s.leg == nil {
		c.unsummon(s, hotline.Errorf(opSupervise, hotline.CodeConflict, "监控已取消或通话已结束 you have left, or the call is over"))
		return
	}
	c.unlist(s)
	c.vacate(s)
	c.tasks.Go(func() { c.letGo(s.leg) })
	c.reroute()
}

// unlist writes down that a supervisor is none any more.
func (c *Conversation) unlist(s *seat) {
	delete(c.watching, s.who)
	if s.party.Mode != "" { // else they were rung to take over at once
		c.append(hotline.Left{Party: s.who, Role: string(handoff.RoleSupervisor)})
	}
}

// promote gives a supervisor the place of an agent, on the line by which they listen.
func (c *Conversation) promote(s *seat, place handoff.Seat) {
	c.unlist(s)
	s.place, s.party = place, handoff.Party{Role: roles[place]}
	c.seats[place] = s
	port, err := c.join(s, s.leg)
	if err != nil {
		c.cfg.Logger.Warn("an agent is recorded as a supervisor", "agent", s.who, "error", err)
		return
	}
	s.port.Swap(port).Leave()
}

// press sends keys to the second party: an extension, a menu. Without one they are for whom we have called ourselves.
func (c *Conversation) press(command desk.Commanded) {
	var to Leg
	if s := c.seats[handoff.PeerSeat]; s != nil {
		to = s.leg
	} else if c.cfg.Attend.ID != "" && c.way.Phase == handoff.Talking {
		to = c.leg
	}
	if to == nil || command.By != c.way.Agent.ID {
		c.refused = true
		return
	}
	sender, ok := to.(interface {
		SendKeys(keys ...dtmf.Key) error
	})
	keys, err := dtmf.ParseKeys(command.Command.Keys)
	if err == nil && ok {
		err = sender.SendKeys(keys...)
	}
	c.refused = !ok || err != nil
}
