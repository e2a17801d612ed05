package handoff

import (
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// ringing has an agent asked.
func (t *step) ringing(e Event) {
	switch e := e.(type) {
	case Notice:
		if n, ok := e.Notice.(desk.Accepted); ok && n.Offer == t.s.Offer {
			t.do(Connect{AgentSeat, t.s.Agent.ID})
			t.attend()
			return
		}
	case Answered:
		if e.Seat == AgentSeat {
			t.s.Phase = Briefing
			t.do(PickedUp{t.s.Offer}, Brief{AgentSeat}, Start{Confirm, confirmWithin})
			return
		}
	case Failed:
		if e.Seat == AgentSeat {
			t.miss(e.Reason)
			return
		}
	case Gone:
		if e.Seat == AgentSeat {
			t.miss(desk.Network)
			return
		}
	}
	t.asking(e)
}

// briefing waits for the key of whoever has picked up the phone.
func (t *step) briefing(e Event) {
	switch e := e.(type) {
	case Pressed:
		switch {
		case e.Seat != AgentSeat:
		case e.Key == "1":
			t.do(Took{t.s.Offer})
			t.attend()
		case e.Key == "2":
			t.miss(desk.Declined)
		}
		return
	case Expired:
		if e.Timer == Confirm {
			t.miss(desk.NoAnswer)
			return
		}
	case Gone:
		if e.Seat == AgentSeat {
			t.miss(desk.Declined)
			return
		}
	}
	t.asking(e)
}

// asking is what ends an offer whether the agent has picked up or not.
func (t *step) asking(e Event) {
	switch e := e.(type) {
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

// miss tells the desk that the agent does not take it, and goes on waiting.
func (t *step) miss(reason desk.Reason) {
	t.do(Missed{t.s.Offer, reason})
	t.missed(reason)
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
	t.do(Route{t.layout()})
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
