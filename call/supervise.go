package call

import (
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media/dtmf"
)

var modes = map[desk.Verb]handoff.Mode{desk.Listen: handoff.Listening, desk.Whisper: handoff.Whispering, desk.Barge: handoff.Barging}

// supervise lets a supervisor in, changes how they take part, or lets them go.
func (c *Conversation) supervise(command desk.Commanded) {
	s := c.watching[command.By]
	mode, in := modes[command.Command.Verb]
	switch {
	case !in && s == nil:
		c.refused = true
		return
	case !in:
		c.unwatch(command.By)
		return
	case s == nil:
		leg, err := c.headset(command.By)
		s = &seat{who: command.By, party: handoff.Party{Role: handoff.RoleSupervisor, Mode: mode}, leave: func() {}}
		if err == nil {
			err = c.admit(s, leg)
		}
		if err != nil {
			c.cfg.Logger.Warn("supervisor not connected", "supervisor", command.By, "error", err)
			c.refused = true
			return
		}
		c.watching[command.By] = s
	}
	s.party.Mode = mode
	c.append(hotline.Joined{Party: command.By, Role: string(handoff.RoleSupervisor), Mode: string(mode)})
	c.reroute()
}

// unwatch ends a supervisor's part.
func (c *Conversation) unwatch(id string) {
	s := c.watching[id]
	delete(c.watching, id)
	c.vacate(s)
	c.tasks.Go(func() { c.letGo(s.leg) })
	c.append(hotline.Left{Party: id, Role: string(handoff.RoleSupervisor)})
	c.reroute()
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
