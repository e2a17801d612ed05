package handoff

import (
	"cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// Step takes one event and returns the next state and what to do, in order. It is pure. An event that
// does not fit the phase changes nothing, but what it left open elsewhere is closed: an offer taken too
// late is released, a line answered too late hung up, a command refused.
func Step(s State, e Event) (State, []Action) {
	t := &step{s: s}
	t.s.Phase = s.phase()
	if _, gone := e.(CallerGone); gone {
		t.over()
	} else if _, forgotten := e.(Forgotten); forgotten {
		t.forgotten()
	} else if !t.service(e) && !t.taken(e) && !t.holds(e) {
		t.phase(e)
	}
	return t.s, t.out
}

type step struct {
	s   State
	out []Action
}

func (t *step) phase(e Event) {
	switch t.s.Phase {
	case Bot, Survey:
		t.bot(e)
	case Queued:
		t.queued(e)
	case Ringing:
		t.ringing(e)
	case Briefing:
		t.briefing(e)
	case Talking, Held:
		t.talking(e)
	case Dialling:
		t.dialling(e)
	case Consulting:
		t.consulting(e)
	case Conference:
		t.conference(e)
	case Lost:
		t.lost(e)
	default:
		t.stale(e)
	}
}

func (t *step) do(actions ...Action)       { t.out = append(t.out, actions...) }
func (t *step) log(body hotline.EventBody) { t.do(Log{body}) }

// tell lets the dialog know. While a service talks with the person the bot has nothing to say of the
// search for an agent.
func (t *step) tell(e dialog.Event) {
	if t.s.ServiceOn {
		switch e.(type) {
		case dialog.Place, dialog.Missed, dialog.Unattended:
			return
		}
	}
	t.do(Tell{e})
}

// music plays while the person waits, be it for a phone that holds, but not to one who talks with a service.
func (t *step) music(on bool) {
	on = on || t.s.OnHold() && !t.s.ServiceOn
	if !on || !t.s.ServiceOn {
		t.do(Music{on})
	}
}

// bot is the phase in which nobody is asked. Its name is that of the survey, too.
func (t *step) bot(e Event) {
	asked, ok := e.(Asked)
	if !ok {
		t.stale(e)
		return
	}
	t.s.Request = asked.Request
	t.s.Phase = Queued
	if asked.Service != "" && t.s.Service == "" {
		t.ringService(asked.Service)
	}
	t.do(Enqueue{asked.Request})
	t.music(true)
}

// queued waits for the desk.
func (t *step) queued(e Event) {
	switch e := e.(type) {
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Waiting:
			t.log(hotline.Waiting{Queue: t.s.Request.Queue, Position: n.Position, WaitMS: int(n.Wait.Milliseconds())})
			t.tell(dialog.Place{Position: n.Position, Wait: n.Wait})
			return
		case desk.Offered:
			t.s.Phase, t.s.Offer, t.s.Agent, t.s.Muted, t.s.AgentHolds = Ringing, n.Offer, n.Agent, false, false
			t.log(hotline.Offered{Party: n.Agent.ID, Name: n.Agent.Name})
			if n.Target.Extension != "" {
				t.do(Ring{AgentSeat, n.Target})
			}
			return
		case desk.Refused:
			if n.Agent == t.s.Request.Alone() {
				t.unattended(n.Reason)
				return
			}
		}
	case GaveUp:
		t.giveUp(e.Parting)
		return
	}
	t.stale(e)
}

// unattended ends the search without anybody. When it was for one person only, others are looked for.
func (t *step) unattended(reason desk.Reason) {
	t.s.Offer, t.s.Agent = "", desk.Agent{}
	if t.s.Request.Only {
		t.s.Phase = Queued
		t.s.Request.Agent, t.s.Request.Only = "", false
		t.do(Enqueue{t.s.Request})
		t.tell(dialog.Missed{Reason: string(reason)})
		return
	}
	t.s.Phase = Bot
	t.log(hotline.Unattended{Reason: string(reason)})
	t.music(false)
	t.tell(dialog.Unattended{Reason: string(reason)})
}

// giveUp ends the search by the person's own wish. What is said about it the dialog has said already.
func (t *step) giveUp(p desk.Parting) {
	t.s.Phase, t.s.Offer, t.s.Agent = Bot, "", desk.Agent{}
	t.do(Withdraw{p})
	t.music(false)
}

// forgotten asks the desk again, from the time the person began to wait. An agent who had the
// conversation may be gone.
func (t *step) forgotten() {
	s := &t.s
	switch {
	case s.Phase == Ringing || s.Phase == Briefing:
		t.stopRinging()
	case s.Staffed() || s.Phase == Lost || s.Phase == Dialling:
		t.dropPeer("network")
		t.left("network")
		t.do(Route{WithBot})
		t.tell(dialog.Missed{Reason: "network"})
		t.music(true)
	case s.Phase != Queued:
		return
	}
	s.Phase, s.Offer, s.Agent, s.Blind = Queued, "", desk.Agent{}, false
	t.do(Enqueue{s.Request})
}

// layout is who is together in the present phase.
func (t *step) layout() Layout {
	switch cmp.Or(t.s.Before, t.s.Phase) {
	case Talking, Conference:
		if !t.s.OnHold() {
			return Together
		}
		return Apart
	case Held, Dialling, Consulting:
		return Apart
	}
	return WithBot
}

// over is the end: whatever is open is closed.
func (t *step) over() {
	s := &t.s
	switch s.Phase {
	case Queued, Ringing, Briefing:
		if s.Phase != Queued {
			t.stopRinging()
		}
		t.do(Withdraw{desk.Parting{Ending: desk.EndAbandoned}})
	}
	if s.Agent.ID != "" && (s.Staffed() || s.Phase == Lost) {
		t.release(desk.Finished, "caller_left")
	}
	t.dropPeer("caller_left")
	s.Phase = Over
	if s.Service != "" {
		t.dropService("caller_left")
	}
	t.s = State{Phase: Over, Request: s.Request}
}

// stale takes an event that does not fit.
func (t *step) stale(e Event) {
	switch e := e.(type) {
	case Answered:
		t.do(HangUp(e))
	case Asked:
		if e.Service != "" && t.s.Service == "" && t.s.Phase != Over {
			t.ringService(e.Service)
		}
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Offered:
			t.unwanted(n.Offer)
		case desk.Accepted:
			if n.Agent != t.s.Agent.ID || !t.s.Staffed() {
				t.do(Release{n.Agent, desk.GivenBack})
			}
		case desk.Commanded:
			t.do(Refuse{n.Command.Verb})
		}
	}
}
