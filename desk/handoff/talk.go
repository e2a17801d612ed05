package handoff

import (
	"cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// taken looks at what can happen in every phase with people in it: a supervisor takes over, the agent
// is lost. It reports whether the event was one of these.
func (t *step) taken(e Event) bool {
	n, ok := e.(Notice)
	if !ok {
		return false
	}
	switch n := n.Notice.(type) {
	case desk.Commanded:
		if n.Command.Verb != desk.TakeOver || t.s.Phase == Over {
			return false
		}
		t.takeOver(n)
		return true
	case desk.Lost:
		switch {
		case t.s.Second.ID != "" && n.Agent == t.s.Second.ID:
			t.peerGone("network")
			return true
		case n.Agent != t.s.Agent.ID || !t.s.Staffed() && t.s.Phase != Lost:
			return false
		case n.Gone:
			t.agentGone()
		case t.s.Phase != Lost:
			t.lose()
		}
		return true
	}
	return false
}

// takeOver puts a supervisor in the place of the agent, or of the bot.
func (t *step) takeOver(n desk.Commanded) {
	by := desk.Agent{ID: n.By, Name: n.Name, Device: desk.Browser}
	if n.Phone != "" {
		by.Device, by.Extension = desk.Phone, n.Phone
	}
	switch t.s.Phase {
	case Ringing, Briefing:
		t.stopRinging()
	}
	t.do(Take{n.By})
	if t.s.Agent.ID != "" && (t.s.Staffed() || t.s.Phase == Lost) {
		t.release(desk.Transferred, "taken_over")
	}
	t.dropPeer("taken_over")
	t.s.Agent, t.s.Offer, t.s.Muted, t.s.AgentHolds = by, "", false, false
	t.do(Connect{AgentSeat, n.By})
	t.attend()
}

// release ends an agent's part: in the log, at the desk, and on the line.
func (t *step) release(how desk.Release, reason string) {
	by := t.s.Agent.ID
	t.left(reason)
	t.do(Release{by, how})
}

// left ends an agent's part whom the desk has let go already.
func (t *step) left(reason string) {
	if t.s.Agent.ID != "" {
		t.log(hotline.Left{Party: t.s.Agent.ID, Role: string(RoleAgent), Reason: reason})
		t.do(HangUp{AgentSeat})
	}
	t.s.Agent, t.s.Muted = desk.Agent{}, false
}

// talking is with one agent, who may have put the person on hold, or with a second party alone.
func (t *step) talking(e Event) {
	switch e := e.(type) {
	case Gone:
		switch {
		case e.Seat == AgentSeat && t.s.Agent.ID != "" && e.Broken:
			t.release(desk.Broken, "network")
			t.requeue("lost")
			return
		case e.Seat == AgentSeat && t.s.Agent.ID != "": // a phone was put down
			t.finish("agent")
			return
		case e.Seat == PeerSeat && t.s.Agent.ID == "":
			t.peerGone("left")
			return
		}
	case Failed: // the headset of an agent who has accepted is not there
		if e.Seat == AgentSeat && t.s.Agent.ID != "" {
			t.release(desk.Broken, string(e.Reason))
			t.requeue(string(e.Reason))
			return
		}
	case Notice:
		if n, ok := e.Notice.(desk.Commanded); ok && t.s.Agent.ID == n.By && t.command(n.Command) {
			return
		}
	}
	t.stale(e)
}

// command carries out what an agent wants who talks alone with the person, and reports whether that
// can be done.
func (t *step) command(c desk.Command) bool {
	switch c.Verb {
	case desk.Hold, desk.Resume:
		on := c.Verb == desk.Hold
		if on == (t.s.Phase == Held) || t.s.AgentHolds {
			return false
		}
		t.hold(on)
	case desk.Mute, desk.Unmute:
		t.s.Muted = c.Verb == desk.Mute
		t.do(Route{t.layout()})
	case desk.Consult, desk.Transfer:
		if c.Target.Service != "" { // nobody is left alone with music while it rings
			return c.Verb == desk.Consult && t.join(c.Target.Service)
		}
		return t.reach(c)
	case desk.Drop:
		if t.s.Service == "" {
			return false
		}
		t.dropService("dropped")
	case desk.Return:
		if c.Text != "" {
			t.log(hotline.Noted{Party: t.s.Agent.ID, Text: c.Text})
		}
		by := t.s.Agent.ID
		t.release(desk.GivenBack, "returned")
		t.back(by, "agent")
	case desk.Finish:
		t.finish("agent")
	default:
		return false
	}
	return true
}

// join calls a service, one at a time, to the person and the agent, who go on talking until it answers.
func (t *step) join(service string) bool {
	if t.s.Service != "" {
		return false
	}
	if t.s.Phase == Held {
		t.hold(false)
	}
	t.ringService(service)
	return true
}

func (t *step) hold(on bool) {
	t.s.Phase = Talking
	if on {
		t.s.Phase = Held
	}
	t.log(hotline.Held{Party: t.s.Agent.ID, On: on})
	t.do(Route{t.layout()})
	t.music(on)
}

// finish ends the part of the agent, and the call unless somebody is left.
func (t *step) finish(reason string) {
	by := t.s.Agent.ID
	t.release(desk.Finished, reason)
	if t.s.ServiceOn {
		t.back(by, reason)
		return
	}
	t.s.Phase = Survey
	t.music(false)
	t.do(Route{WithBot})
	t.tell(dialog.Survey{})
}

// back gives the person to the bot, or leaves them with a service.
func (t *step) back(by, reason string) {
	t.s.Phase = Bot
	t.log(hotline.Returned{Party: by, Reason: reason})
	t.music(false)
	t.do(Route{WithBot})
	if !t.s.ServiceOn {
		t.tell(dialog.Returned{Reason: reason})
	}
}

// requeue has the person wait again; the desk has put them at the head of the queue.
func (t *step) requeue(reason string) {
	t.left(reason)
	t.s.Phase, t.s.Offer, t.s.Blind = Queued, "", false
	t.do(Route{WithBot})
	t.tell(dialog.Missed{Reason: reason})
	t.music(true)
}

// lose begins the wait for an agent whose connection is gone. A second party who is on the line stays
// there, with the person when they talked already: they are not to pay for a page that is loaded anew.
func (t *step) lose() {
	if t.s.Phase == Consulting || t.s.Phase == Conference {
		was := t.s.OnHold()
		t.s.Before, t.s.Phase = t.s.Phase, Lost
		t.waits(was)
		return
	}
	t.dropPeer("network")
	t.s.Phase = Lost
	t.wait()
}

// wait is the person with music while the agent may come back.
func (t *step) wait() {
	t.tell(dialog.Missed{Reason: "lost"})
	t.do(Route{WithBot})
	t.music(true)
}

// lost waits a moment for the agent to come back.
func (t *step) lost(e Event) {
	switch e := e.(type) {
	case Gone:
		if e.Seat == PeerSeat && t.s.Before != "" {
			t.peerGone("left")
			return
		}
	case Failed:
		if e.Seat == PeerSeat && t.s.Before != "" {
			t.peerGone(string(e.Reason))
			return
		}
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Found:
			if n.Agent == t.s.Agent.ID {
				t.found()
				return
			}
		case desk.Commanded:
			if t.s.Second.ID != "" && n.By == t.s.Second.ID && n.Command.Verb == desk.Finish {
				t.peerGone("left")
				return
			}
		}
	}
	t.stale(e)
}

// found has the agent back where they were.
func (t *step) found() {
	t.do(Connect{AgentSeat, t.s.Agent.ID})
	t.tell(dialog.Attended{})
	if t.s.Before == "" {
		t.together()
		return
	}
	was := t.s.OnHold()
	t.s.Phase, t.s.Before = t.s.Before, ""
	if !t.waits(was) {
		t.do(Route{t.layout()})
	}
}

// agentGone is an agent who does not come back. Who talks with the person already has them, and so has a
// colleague who was consulted; the desk need not look for anybody.
func (t *step) agentGone() {
	switch {
	case t.s.Rang && t.s.Second.ID != "":
	case cmp.Or(t.s.Before, t.s.Phase) == Conference:
		t.do(Withdraw{desk.Parting{Ending: desk.EndReturned}})
	default:
		t.dropPeer("network")
		t.requeue("network")
		return
	}
	t.left("network")
	t.alone()
}
