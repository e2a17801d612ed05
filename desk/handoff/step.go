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
	} else if !t.service(e) && !t.taken(e) {
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

// music plays while the person waits, but not to one who talks with a service.
func (t *step) music(on bool) {
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
			t.s.Phase, t.s.Offer, t.s.Agent, t.s.Muted = Ringing, n.Offer, n.Agent, false
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

// ringing has an agent asked.
func (t *step) ringing(e Event) {
	switch e := e.(type) {
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Accepted:
			if n.Offer != t.s.Offer {
				break
			}
			t.do(Connect{AgentSeat, t.s.Agent.ID})
			t.attend()
			return
		case desk.Withdrawn:
			if n.Offer == t.s.Offer {
				t.missed(n.Reason)
				return
			}
		case desk.Refused:
			if n.Agent == t.s.Request.Alone() {
				t.stopRinging()
				t.unattended(n.Reason)
				return
			}
		}
	case Answered:
		if e.Seat == AgentSeat {
			t.s.Phase = Briefing
			t.do(PickedUp{t.s.Offer}, Brief{AgentSeat}, Start{Confirm, confirmWithin})
			return
		}
	case Failed:
		if e.Seat == AgentSeat {
			t.do(Missed{t.s.Offer, e.Reason})
			t.missed(e.Reason)
			return
		}
	case Gone:
		if e.Seat == AgentSeat {
			t.do(Missed{t.s.Offer, desk.Network})
			t.missed(desk.Network)
			return
		}
	case GaveUp:
		t.stopRinging()
		t.giveUp(e.Parting)
		return
	}
	t.stale(e)
}

// briefing waits for the key of whoever has picked up the phone.
func (t *step) briefing(e Event) {
	miss := func(reason desk.Reason) {
		t.do(Missed{t.s.Offer, reason})
		t.missed(reason)
	}
	switch e := e.(type) {
	case Pressed:
		switch {
		case e.Seat != AgentSeat:
		case e.Key == "1":
			t.do(Took{t.s.Offer})
			t.attend()
		case e.Key == "2":
			miss(desk.Declined)
		}
		return
	case Expired:
		if e.Timer == Confirm {
			miss(desk.NoAnswer)
			return
		}
	case Gone:
		if e.Seat == AgentSeat {
			miss(desk.Declined)
			return
		}
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Withdrawn:
			if n.Offer == t.s.Offer {
				t.missed(n.Reason)
				return
			}
		case desk.Refused:
			if n.Agent == t.s.Request.Alone() {
				t.stopRinging()
				t.unattended(n.Reason)
				return
			}
		}
	case GaveUp:
		t.stopRinging()
		t.giveUp(e.Parting)
		return
	}
	t.stale(e)
}

// stopRinging lets go of the line of the agent who is asked.
func (t *step) stopRinging() {
	t.log(hotline.OfferEnded{Party: t.s.Agent.ID, Reason: "cancelled"})
	t.dropLine()
}

// dropLine ends what a phone has of an offer.
func (t *step) dropLine() {
	if t.s.Agent.Device == desk.Phone {
		t.do(HangUp{AgentSeat})
	}
	if t.s.Phase == Briefing {
		t.do(Stop{Confirm})
	}
}

// missed goes on waiting after an agent did not take it.
func (t *step) missed(reason desk.Reason) {
	t.log(hotline.OfferEnded{Party: t.s.Agent.ID, Reason: string(reason)})
	t.dropLine()
	t.s.Phase, t.s.Offer, t.s.Agent = Queued, "", desk.Agent{}
	t.tell(dialog.Missed{Reason: string(reason)})
}

// attend gives the floor to the agent.
func (t *step) attend() {
	if t.s.Phase == Briefing {
		t.do(Stop{Confirm})
	}
	t.s.Phase = Talking
	if t.s.Request.Only { // who has come has come; should they be lost, anybody may take it
		t.s.Request.Agent, t.s.Request.Only = "", false
	}
	t.log(hotline.Joined{Party: t.s.Agent.ID, Name: t.s.Agent.Name, Role: string(RoleAgent)})
	t.tell(dialog.Attended{})
	t.music(false)
	t.do(Route{Together})
}

// ringService dials 110, 119 or 120; everything else goes on meanwhile.
func (t *step) ringService(name string) {
	t.s.Service = name
	t.log(hotline.Offered{Party: name})
	t.do(Ring{ServiceSeat, desk.Target{Service: name}})
}

// service follows the line to 110, 119 or 120, whatever the phase. It reports whether the event was
// its own.
func (t *step) service(e Event) bool {
	if t.s.Service == "" {
		return false
	}
	name := t.s.Service
	switch e := e.(type) {
	case Answered:
		if e.Seat != ServiceSeat {
			return false
		}
		if t.s.ServiceOn {
			return true
		}
		t.s.ServiceOn = true
		t.log(hotline.Joined{Party: name, Role: string(RoleService)})
		t.music(false)
		if t.s.Writer() == name {
			t.tell(dialog.Attended{})
		}
		t.do(Route{t.layout()})
	case Failed:
		if e.Seat != ServiceSeat {
			return false
		}
		t.serviceGone(e.Reason)
	case Gone:
		if e.Seat != ServiceSeat {
			return false
		}
		t.serviceGone(desk.Network)
	default:
		return false
	}
	return true
}

// serviceGone goes on without the service, which never answered or has hung up.
func (t *step) serviceGone(reason desk.Reason) {
	was := t.s.ServiceOn
	t.endService(string(reason), "")
	if t.s.Writer() != BotWriter || t.s.Phase == Over {
		return
	}
	if !was {
		t.tell(dialog.Missed{Reason: "service_" + string(reason)})
		return
	}
	t.tell(dialog.Returned{Reason: "service_left"})
	if t.s.Phase != Bot && t.s.Phase != Survey {
		t.music(true)
	}
}

// endService notes that the service rings in vain, for one reason, or leaves, for another. Whom the agent has put
// aside waits with music again.
func (t *step) endService(unanswered, left string) {
	name, was := t.s.Service, t.s.ServiceOn
	t.s.Service, t.s.ServiceOn = "", false
	if !was {
		t.log(hotline.OfferEnded{Party: name, Reason: unanswered})
		return
	}
	t.log(hotline.Left{Party: name, Role: string(RoleService), Reason: left})
	if t.layout() == Apart {
		t.music(true)
	}
}

// dropService lets the service go, whether it rings or talks.
func (t *step) dropService(reason string) {
	t.endService(reason, reason)
	t.do(HangUp{ServiceSeat})
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
		return Together
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

// unwanted gives an offer back. It is no fault of the agent who is asked: nobody is sent on a break for it.
func (t *step) unwanted(offer string) {
	switch t.s.Phase {
	case Ringing, Briefing, Dialling: // the desk is asked for somebody else by now
		t.do(Missed{offer, desk.Declined})
	default: // or it would go on and ask one after the other
		t.do(Withdraw{desk.Parting{Ending: desk.EndReturned}})
	}
}
