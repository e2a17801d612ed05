// Package handoff is the way of one conversation from the bot to people and back: a pure state
// machine that takes what happens on the line, at the desk and in the console, and says what is to be
// done. It holds no clock and does nothing itself, so phone and chat share it and every state can
// be tried with every event.
//
//	bot ─Asked─► queued ─Offered─► ringing ─(phone) Answered─► briefing
//	 ▲             ▲ ▲               │ Accepted                  │ Accepted
//	 │             │ └─ Withdrawn ───┤◄──────────────────────────┘
//	 │             │                 ▼
//	 │             └──── gone ──◄ lost ◄──► talking ◄──► held
//	 │                                        │   ▲
//	 └──────────────── Return, Finish ────────┤   └── conference ◄─ consulting ◄─ dialling
//	                                          └──────────────────────────────────────▲
//
// One party at a time has the floor towards the person, see State.Writer: the bot is silent from the
// moment somebody joins until nobody is there any more.
package handoff

import (
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// Phase is where a conversation is on its way.
type Phase string

// The phases.
const (
	Bot        Phase = "bot"
	Queued     Phase = "queued"   // waits for an agent
	Ringing    Phase = "ringing"  // an agent is asked
	Briefing   Phase = "briefing" // a phone was picked up: it hears whom it is about, and presses 1 or 2
	Talking    Phase = "talking"
	Held       Phase = "held"       // the person waits with music
	Dialling   Phase = "dialling"   // a second party is rung, the person waits with music
	Consulting Phase = "consulting" // the agent talks with the second party
	Conference Phase = "conference" // all three talk
	Lost       Phase = "lost"       // the agent's connection is gone and may come back
	Survey     Phase = "survey"     // the bot asks for a grade
	Over       Phase = "over"
)

// Phases lists them.
func Phases() []Phase {
	return []Phase{Bot, Queued, Ringing, Briefing, Talking, Held, Dialling, Consulting, Conference, Lost, Survey, Over}
}

// TransferReason is the reason of a request by which an agent gives the conversation away.
const TransferReason = "transfer"

// Seat is the place of a party in the conversation.
type Seat string

// The seats beside the person's own.
const (
	AgentSeat   Seat = "agent"
	PeerSeat    Seat = "peer"    // whom the agent has called in
	ServiceSeat Seat = "service" // 110, 119 or 120, joined at once
)

// State is all that is remembered. The zero value is a conversation with the bot. It serialises to
// JSON without loss.
type State struct {
	Phase   Phase        `json:"phase,omitempty"`
	Request desk.Request `json:"request,omitzero"` // what was asked for last
	Offer   string       `json:"offer,omitempty"`
	// Agent is who has the conversation or is offered it; the zero value when a second party was left
	// alone with the person.
	Agent desk.Agent `json:"agent,omitzero"`
	Muted bool       `json:"muted,omitempty"`
	// AgentHolds and PeerHolds say that their phones hold. That goes beside the phases, and is ended where it was begun.
	AgentHolds bool `json:"agent_holds,omitempty"`
	PeerHolds  bool `json:"peer_holds,omitempty"`
	// Peer is the second party. PeerOffer is set while the desk asks an agent to be it, and Second
	// is that agent.
	Peer      desk.Target `json:"peer,omitzero"`
	PeerOffer string      `json:"peer_offer,omitempty"`
	Second    desk.Agent  `json:"second,omitzero"`
	Briefed   bool        `json:"briefed,omitempty"` // the second agent has picked up a phone and is to press a key
	Blind     bool        `json:"blind,omitempty"`   // the agent has left while the second party rings
	Rang      bool        `json:"rang,omitempty"`    // the second party is on the line
	Before    Phase       `json:"before,omitempty"`  // Lost: Consulting or Conference, which the second party has not left
	Service   string      `json:"service,omitempty"` // being rung or on the line
	ServiceOn bool        `json:"service_on,omitempty"`
}

// phase is State.Phase with the zero value named.
func (s State) phase() Phase {
	if s.Phase == "" {
		return Bot
	}
	return s.Phase
}

// Staffed tells whether an agent is with the conversation.
func (s State) Staffed() bool {
	switch s.phase() {
	case Talking, Held, Consulting, Conference:
		return s.Agent.ID != ""
	case Dialling:
		return !s.Blind
	}
	return false
}

// Aside tells whether who has a seat is told what it is about and not yet in the conversation.
func (s State) Aside(seat Seat) bool {
	return seat == AgentSeat && s.phase() == Briefing || seat == PeerSeat && s.Briefed
}

// Writer is who speaks to the person: "bot", or the party that has the floor.
func (s State) Writer() string {
	switch {
	case s.Staffed():
		return s.Agent.ID
	case s.phase() == Talking, s.Before == Conference:
		return party(s.Peer)
	case s.ServiceOn && s.phase() != Over:
		return s.Service
	}
	return BotWriter
}

// BotWriter is the Writer while nobody but the bot is there.
const BotWriter = "bot"

// party names a target in the log.
func party(t desk.Target) string {
	for _, name := range []string{t.Agent, t.Number, t.Service, t.Queue} {
		if name != "" {
			return name
		}
	}
	return t.Extension
}

// Event is something that happened.
type Event interface{ event() }

// The events. Those of desk.Notice are taken as they are, wrapped in Notice.
type (
	// Asked says that the dialog hands over; Request has everything but the place.
	Asked struct {
		Request desk.Request
		Service string // to be joined at once, "" for none
	}
	// GaveUp says that the person does not wait any longer.
	GaveUp struct{ Parting desk.Parting }
	// Notice is what the desk tells.
	Notice struct{ desk.Notice }
	// Answered says that a line that was rung has been picked up.
	Answered struct{ Seat Seat }
	// Failed says that a line could not be had.
	Failed struct {
		Seat   Seat
		Reason desk.Reason
	}
	// Gone says that the line of a party has ended: they hung up, or it broke.
	Gone struct {
		Seat   Seat
		Broken bool
	}
	// Holds says that the phone of a party holds, or does no longer.
	Holds struct {
		Seat Seat
		On   bool
	}
	// Pressed is a key on the phone of an agent.
	Pressed struct {
		Seat Seat
		Key  string
	}
	// Expired says that the time of a Timer is up.
	Expired struct{ Timer Timer }
	// CallerGone says that the person has left.
	CallerGone struct{}
	// Forgotten says that the desk has begun anew and knows nothing of the conversation.
	Forgotten struct{}
)

func (Asked) event()      {}
func (GaveUp) event()     {}
func (Notice) event()     {}
func (Answered) event()   {}
func (Failed) event()     {}
func (Gone) event()       {}
func (Holds) event()      {}
func (Pressed) event()    {}
func (Expired) event()    {}
func (CallerGone) event() {}
func (Forgotten) event()  {}

// Timer is a wait that the machine asks for.
type Timer string

// The timers.
const (
	Confirm Timer = "confirm" // for a phone agent to press a key: an answering machine presses none
)

// confirmWithin is how long Confirm is.
const confirmWithin = 20 * time.Second

// Action is something to be done.
type Action interface{ action() }

// The actions, to be carried out in order.
type (
	// Enqueue asks the desk for a person.
	Enqueue struct{ Request desk.Request }
	// Withdraw tells the desk that the person waits no longer, and how they want it instead.
	Withdraw struct{ Parting desk.Parting }
	// Invite asks the desk for one more agent beside the one who has the conversation.
	Invite struct{ From, Agent string }
	// Uninvite ends that.
	Uninvite struct{}
	// PickedUp tells the desk that a phone has been picked up: ringing is over.
	PickedUp struct{ Offer string }
	// Took tells the desk that an offer was taken by key.
	Took struct{ Offer string }
	// Missed tells it that an offer was not.
	Missed struct {
		Offer  string
		Reason desk.Reason
	}
	// Release tells the desk that an agent has left the conversation. One who is Broken leaves it to
	// the head of the queue.
	Release struct {
		Agent string
		How   desk.Release
	}
	// Take gives the conversation to somebody who was not asked.
	Take struct{ Agent string }
	// Ring calls a party; Answered, Failed or Gone follow.
	Ring struct {
		Seat   Seat
		Target desk.Target
	}
	// Connect takes the line that an agent has already: the headset of who has accepted in the console, whatever a supervisor
	// listens by. Failed follows when there is none.
	Connect struct {
		Seat  Seat
		Agent string
	}
	// Move gives the line of one seat the place of another, which is empty.
	Move struct{ From, To Seat }
	// HangUp ends the line of a party or stops ringing it.
	HangUp struct{ Seat Seat }
	// Brief whispers to a phone what it is about.
	Brief struct{ Seat Seat }
	// Route says who is together.
	Route struct{ Layout Layout }
	// Music plays while the person waits.
	Music struct{ On bool }
	// Tell lets the dialog know, which finds the words for the person.
	Tell struct{ Event dialog.Event }
	// Log writes an event.
	Log struct{ Body hotline.EventBody }
	// Start begins a timer anew.
	Start struct {
		Timer Timer
		After time.Duration
	}
	// Stop ends it.
	Stop struct{ Timer Timer }
	// Refuse answers a command that cannot be carried out at present.
	Refuse struct{ Verb desk.Verb }
)

func (Enqueue) action()  {}
func (Withdraw) action() {}
func (PickedUp) action() {}
func (Took) action()     {}
func (Missed) action()   {}
func (Release) action()  {}
func (Take) action()     {}
func (Invite) action()   {}
func (Uninvite) action() {}
func (Ring) action()     {}
func (Connect) action()  {}
func (Move) action()     {}
func (HangUp) action()   {}
func (Brief) action()    {}
func (Route) action()    {}
func (Music) action()    {}
func (Tell) action()     {}
func (Log) action()      {}
func (Start) action()    {}
func (Stop) action()     {}
func (Refuse) action()   {}

// Given returns what the dialog said the person wants instead of waiting.
func Given(w dialog.Withdraw) GaveUp {
	ending := map[string]desk.Ending{"callback": desk.EndCallback, "message": desk.EndMessage, "goodbye": desk.EndAbandoned}[w.Reason]
	if ending == "" {
		ending = desk.EndReturned
	}
	return GaveUp{desk.Parting{Ending: ending, Number: w.Number, Note: w.Text}}
}
