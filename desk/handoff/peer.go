package handoff

import (
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// reach calls a second party. What goes to a queue or, without talking first, to an agent, leaves this
// agent at once.
func (t *step) reach(c desk.Command) bool {
	to := c.Target
	blind := c.Verb == desk.Transfer
	if party(to) == "" || to.Agent == t.s.Agent.ID {
		return false
	}
	if blind && (to.Queue != "" || to.Agent != "") {
		t.s.Request.Agent, t.s.Request.Only = to.Agent, to.Agent != ""
		if to.Queue != "" { // whose people will do, whatever skills the dialog has asked for
			t.s.Request.Queue, t.s.Request.Skills = to.Queue, nil
		}
		t.s.Request.Reason = TransferReason
		t.release(desk.Transferred, "transferred")
		t.requeue("transfer")
		t.do(Enqueue{t.s.Request})
		return true
	}
	if to.Queue != "" {
		return false // one consults a person
	}
	t.s.Peer, t.s.Blind, t.s.Rang, t.s.PeerHolds = to, blind, false, false
	t.s.Phase = Dialling
	t.do(Route{Apart})
	t.music(true)
	if to.Agent != "" {
		t.do(Invite{t.s.Agent.ID, to.Agent})
		return true
	}
	t.log(hotline.Offered{Party: party(to)})
	t.do(Ring{PeerSeat, to})
	if blind {
		t.release(desk.Transferred, "transferred")
		t.tell(dialog.Missed{Reason: "transfer"})
	}
	return true
}

// dialling rings the second party.
func (t *step) dialling(e Event) {
	switch e := e.(type) {
	case Answered:
		switch {
		case e.Seat != PeerSeat:
		case t.s.PeerOffer == "":
			t.peerOn()
			return
		case !t.s.Briefed: // the phone of an agent, who is told whom it is about first
			t.s.Briefed = true
			t.do(PickedUp{t.s.PeerOffer}, Brief{PeerSeat}, Start{Confirm, confirmWithin})
			return
		}
	case Pressed:
		switch {
		case e.Seat != PeerSeat || !t.s.Briefed:
		case e.Key == "1":
			t.do(Took{t.s.PeerOffer})
			t.peerOn()
		case e.Key == "2":
			t.peerFailed(desk.Declined)
		}
		return
	case Expired:
		if e.Timer == Confirm && t.s.Briefed {
			t.peerFailed(desk.NoAnswer)
			return
		}
	case Failed:
		if e.Seat == PeerSeat {
			t.peerFailed(e.Reason)
			return
		}
	case Gone:
		switch {
		case e.Seat == PeerSeat && t.s.Briefed: // put down without a key
			t.peerFailed(desk.Declined)
			return
		case e.Seat == PeerSeat:
			t.peerFailed(desk.Network)
			return
		case e.Seat == AgentSeat && !t.s.Blind: // put down while it rings: let the person have it
			t.leaveWithPeer()
			return
		}
	case Notice:
		switch n := e.Notice.(type) {
		case desk.Offered:
			if t.s.Peer.Agent == n.Agent.ID {
				t.s.PeerOffer, t.s.Second = n.Offer, n.Agent
				t.log(hotline.Offered{Party: n.Agent.ID, Name: n.Agent.Name})
				if n.Target.Extension != "" {
					t.do(Ring{PeerSeat, n.Target})
				}
				return
			}
		case desk.Accepted:
			if n.Offer == t.s.PeerOffer {
				t.do(Connect{PeerSeat, n.Agent})
				t.peerOn()
				return
			}
		case desk.Withdrawn:
			if n.Offer == t.s.PeerOffer {
				t.peerFailed(n.Reason)
				return
			}
		case desk.Refused:
			if t.s.Peer.Agent != "" && n.Agent == t.s.Peer.Agent {
				t.peerFailed(n.Reason)
				return
			}
		case desk.Commanded:
			if n.By == t.s.Agent.ID && !t.s.Blind {
				switch n.Command.Verb {
				case desk.Drop:
					t.dropPeer("cancelled")
					t.together()
					return
				case desk.Complete:
					t.leaveWithPeer()
					return
				case desk.Mute, desk.Unmute:
					t.command(n.Command)
					return
				}
			}
		}
	}
	t.stale(e)
}

// leaveWithPeer ends the agent's part while the second party still rings.
func (t *step) leaveWithPeer() {
	t.s.Blind = true
	t.release(desk.Transferred, "transferred")
	t.tell(dialog.Missed{Reason: "transfer"})
}

// peerOn has the second party on the line.
func (t *step) peerOn() {
	t.briefed()
	if t.s.Blind {
		t.s.Blind = false
		t.alone()
		return
	}
	t.joinPeer()
	t.s.Phase = Consulting
	t.do(Route{Apart})
}

func (t *step) joinPeer() {
	t.s.Rang = true
	t.log(hotline.Joined{Party: party(t.s.Peer), Name: t.s.Second.Name, Role: string(RolePeer)})
}

// briefed ends what a phone has been told before it was joined.
func (t *step) briefed() {
	if t.s.Briefed {
		t.s.Briefed = false
		t.do(Stop{Confirm})
	}
}

// alone leaves the person with the second party, who has the floor. When that is an agent it has the
// conversation like any other, in the log too.
func (t *step) alone() {
	t.s.Phase, t.s.Agent, t.s.Muted, t.s.Before = Talking, desk.Agent{}, false, ""
	switch second := t.s.Second; {
	case second.ID != "":
		if t.s.Rang {
			t.log(hotline.Left{Party: second.ID, Role: string(RolePeer), Reason: "attends"})
		}
		t.log(hotline.Joined{Party: second.ID, Name: second.Name, Role: string(RoleAgent)})
		t.do(Move{PeerSeat, AgentSeat})
		t.s.Agent, t.s.AgentHolds, t.s.Second = second, t.s.PeerHolds, desk.Agent{}
		t.s.Peer, t.s.PeerOffer, t.s.Rang = desk.Target{}, "", false
	case !t.s.Rang:
		t.joinPeer()
	}
	t.tell(dialog.Attended{})
	t.music(false)
	t.do(Route{t.layout()})
}

// peerFailed goes back to where it was before the second party was rung.
func (t *step) peerFailed(reason desk.Reason) {
	t.log(hotline.OfferEnded{Party: party(t.s.Peer), Reason: string(reason)})
	t.briefed()
	if t.s.PeerOffer != "" && t.s.Second.Device == desk.Phone {
		t.do(HangUp{PeerSeat}, Missed{t.s.PeerOffer, reason})
	}
	t.s.Peer, t.s.PeerOffer, t.s.Second, t.s.Rang = desk.Target{}, "", desk.Agent{}, false
	if t.s.Blind {
		t.requeue(string(reason))
		t.do(Enqueue{t.s.Request})
		return
	}
	t.together()
}

// together is the agent with the person again.
func (t *step) together() {
	t.s.Phase = Talking
	t.music(false)
	t.do(Route{t.layout()})
}

// dropPeer lets the second party go, whether it rings or talks.
func (t *step) dropPeer(reason string) {
	if party(t.s.Peer) == "" {
		return
	}
	t.briefed()
	if t.s.Rang {
		t.log(hotline.Left{Party: party(t.s.Peer), Role: string(RolePeer), Reason: reason})
	} else {
		t.log(hotline.OfferEnded{Party: party(t.s.Peer), Reason: reason})
	}
	t.do(HangUp{PeerSeat})
	switch {
	case t.s.Second.ID != "" && t.s.Rang:
		t.do(Release{t.s.Second.ID, desk.Finished})
	case t.s.Peer.Agent != "":
		t.do(Uninvite{})
	}
	t.s.Peer, t.s.PeerOffer, t.s.Second, t.s.Rang, t.s.Blind, t.s.Before = desk.Target{}, "", desk.Agent{}, false, false, ""
}

// peerGone is the end of the second party by itself.
func (t *step) peerGone(reason string) {
	wasAlone := t.s.Agent.ID == ""
	by := party(t.s.Peer)
	t.dropPeer(reason)
	switch {
	case wasAlone:
		t.back(by, "peer_left")
	case t.s.Phase == Lost:
		t.wait()
	default:
		t.together()
	}
}

// consulting is the agent and the second party, apart from the person.
func (t *step) consulting(e Event) {
	switch e := e.(type) {
	case Failed: // the headset of the second agent, who has accepted, is not there
		if e.Seat == PeerSeat {
			t.peerGone(string(e.Reason))
			return
		}
	case Gone:
		switch e.Seat {
		case PeerSeat:
			t.peerGone("left")
			return
		case AgentSeat: // putting the phone down completes the transfer
			t.complete()
			return
		}
	case Notice:
		n, ok := e.Notice.(desk.Commanded)
		switch {
		case !ok:
		case t.s.Second.ID != "" && n.By == t.s.Second.ID && n.Command.Verb == desk.Finish: // the second agent leaves
			t.peerGone("left")
			return
		case n.By == t.s.Agent.ID:
			switch n.Command.Verb {
			case desk.Complete:
				t.complete()
				return
			case desk.Merge:
				t.s.Phase = Conference
				t.music(false)
				t.do(Route{t.layout()})
				return
			case desk.Drop, desk.Resume:
				t.dropPeer("dropped")
				t.together()
				return
			case desk.Mute, desk.Unmute:
				t.command(n.Command)
				return
			}
		}
	}
	t.stale(e)
}

// complete leaves the person with the second party.
func (t *step) complete() {
	t.release(desk.Transferred, "transferred")
	t.alone()
}

// conference is all of them together.
func (t *step) conference(e Event) {
	switch e := e.(type) {
	case Failed: // as in consulting
		if e.Seat == PeerSeat {
			t.peerGone(string(e.Reason))
			return
		}
	case Gone:
		switch e.Seat {
		case PeerSeat:
			t.peerGone("left")
			return
		case AgentSeat:
			t.complete()
			return
		}
	case Notice:
		n, ok := e.Notice.(desk.Commanded)
		if !ok {
			break
		}
		switch {
		case n.By == t.s.Second.ID && n.Command.Verb == desk.Finish: // the second agent leaves
			t.peerGone("left")
			return
		case n.By != t.s.Agent.ID:
		case n.Command.Verb == desk.Complete:
			t.complete()
			return
		case n.Command.Verb == desk.Drop:
			t.dropPeer("dropped")
			t.together()
			return
		case n.Command.Verb == desk.Finish:
			t.dropPeer("finished")
			t.finish("agent")
			return
		case n.Command.Verb == desk.Mute, n.Command.Verb == desk.Unmute:
			t.command(n.Command)
			return
		}
	}
	t.stale(e)
}
