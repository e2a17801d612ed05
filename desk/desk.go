// Package desk is people at work: agents and what they can do, queues and who in them is next. One
// goroutine decides who is offered which conversation; conversations and consoles talk to it by
// calls that do not wait for one another.
//
//	conversation ─Request─► Desk ─Offered─► conversation ─► rings the agent
//	console ─Accept, Decline, Command─► Desk ─Notice─► conversation
//
// The desk knows neither sound nor text: the conversation rings, speaks and connects. What follows
// from each notice is laid down in desk/handoff.
package desk

import (
	"fmt"
	"time"

	"github.com/hotline-cc/hotline"
)

// State is what an agent is doing.
type State string

// The states of an agent. Only a ready agent is offered calls; one who is busy with chats alone is
// offered more of them up to Agent.Chats.
const (
	Offline State = "offline" // not logged in, or no way to ring
	Ready   State = "ready"
	Ringing State = "ringing" // an offer is open, or somebody is called
	Busy    State = "busy"
	WrapUp  State = "wrap_up" // writing down what was said
	Break   State = "break"   // away, with a reason
)

// Device is what an agent talks on.
type Device string

// The devices.
const (
	Browser Device = "browser" // headset of the console, by WebRTC
	Phone   Device = "phone"   // registered SIP phone: Agent.Extension
)

// Agent is a person who takes conversations.
type Agent struct {
	ID        string         `json:"id"`               // of the account
	Name      string         `json:"name"`             // as callers and colleagues are told
	Number    string         `json:"number,omitempty"` // 工号, told to callers
	Device    Device         `json:"device"`
	Extension string         `json:"extension,omitempty"` // user name of the SIP phone
	Queues    []string       `json:"queues"`
	Skills    map[string]int `json:"skills,omitempty"`    // level 1…9 by skill
	Languages []string       `json:"languages,omitempty"` // besides Mandarin: yue, en …
	Chats     int            `json:"chats"`               // held at once, 0…20; 0 takes calls only
	// Supervisor may use the verbs of a supervisor and sees the whole board.
	Supervisor bool `json:"supervisor,omitempty"`
}

// Request is a conversation that asks for a person.
type Request struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      hotline.Channel        `json:"channel"`
	Caller       string                 `json:"caller,omitempty"`
	Number       string                 `json:"number,omitempty"` // to call back; "" is Caller's, unless it is a chat
	Queue        string                 `json:"queue"`
	Reason       string                 `json:"reason"`
	Priority     int                    `json:"priority"` // 0 first, 9 last; worth minutes of waiting
	Skills       map[string]int         `json:"skills,omitempty"`
	Language     string                 `json:"language,omitempty"`
	// Agent is who should take it: of the last talk (sticky), or Only this one.
	Agent string `json:"agent,omitempty"`
	Only  bool   `json:"only,omitempty"`
	// Since is when it began to wait; a place that is kept has the time it was given.
	Since time.Time `json:"since"`
	Brief Brief     `json:"brief"`
}

// Alone returns who alone is asked, "" when anybody may take it.
func (q Request) Alone() string {
	if q.Only {
		return q.Agent
	}
	return ""
}

// Brief is what an agent should know before the first word.
type Brief struct {
	Reason   string `json:"reason"`
	Summary  string `json:"summary"`          // one sentence, also whispered to a phone
	Mood     string `json:"mood,omitempty"`   // calm, worried, angry
	Elder    bool   `json:"elder,omitempty"`  // slower, and one thing at a time
	Urgent   string `json:"urgent,omitempty"` // kind of emergency
	Act      string `json:"act,omitempty"`    // consult, complain …
	Category string `json:"category,omitempty"`
	Facts    []Fact `json:"facts,omitempty"`
	Turns    []Turn `json:"turns,omitempty"`  // the last 20
	Orders   []Past `json:"orders,omitempty"` // open ones of this caller
	Before   int    `json:"before,omitempty"` // conversations that this caller had, as many as were looked for
}

// Fact is a slot with the sentence it came from.
type Fact struct {
	Slot       string  `json:"slot"`
	Value      string  `json:"value"`
	Sentence   string  `json:"sentence,omitempty"`
	Confidence float64 `json:"confidence"`
	Confirmed  bool    `json:"confirmed,omitempty"`
}

// Turn is something said before.
type Turn struct {
	By   string    `json:"by"` // caller, bot, or the agent's ID
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Past is a work order filed before.
type Past struct {
	Number   string    `json:"number"`
	Category string    `json:"category,omitempty"`
	Text     string    `json:"text,omitempty"`
	Status   string    `json:"status,omitempty"`
	At       time.Time `json:"at"`
}

// Target is whom to ring. Exactly one of its fields is set but for Agent, whose Extension goes with
// it when the agent talks on a phone.
type Target struct {
	Agent     string `json:"agent,omitempty"`
	Extension string `json:"extension,omitempty"` // registered SIP phone
	Number    string `json:"number,omitempty"`    // by a trunk, when the allow-list has it
	Queue     string `json:"queue,omitempty"`
	Service   string `json:"service,omitempty"` // 110, 119, 120 …
}

// Reason is why something did not come about.
type Reason string

// The reasons.
const (
	NoAnswer  Reason = "no_answer"
	Declined  Reason = "declined"
	BusyLine  Reason = "busy"
	Network   Reason = "network"   // the line broke, or there was none
	Closed    Reason = "closed"    // outside the hours of the queue
	Full      Reason = "full"      // the queue holds no more
	Nobody    Reason = "nobody"    // nobody who could take it is logged in
	TimedOut  Reason = "timed_out" // waited longer than the queue lets
	Forbidden Reason = "forbidden" // a number that may not be called
	Cancelled Reason = "cancelled" // who asked does not want it any more
)

// Unreached is why a line could not be had.
type Unreached struct {
	Reason Reason
	Err    error
}

func (e *Unreached) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

func (e *Unreached) Unwrap() error { return e.Err }

// Notice is what the desk tells a conversation.
type Notice interface{ notice() }

// The notices.
type (
	// Waiting tells the place in the queue, from 1, and the wait expected, 0 when that is not known.
	// It comes when the place is given and each time it should be spoken again.
	Waiting struct {
		Position int
		Wait     time.Duration
	}
	// Offered says that an agent is asked. The conversation rings Target when it is a phone; a
	// console has been told already.
	Offered struct {
		Offer  string
		Agent  Agent
		Target Target
	}
	// Accepted says that the agent has pressed the button in the console.
	Accepted struct{ Offer, Agent string }
	// Withdrawn says that an offer is over without being taken. The place is kept and the search goes
	// on by itself.
	Withdrawn struct {
		Offer  string
		Reason Reason
	}
	// Refused says that nobody will take the conversation: it is no longer in a queue. Back is when
	// it makes sense to come again, zero when that is not known. Agent is who alone was asked, "" when
	// anybody could take it: it may come when the conversation asks for others already.
	Refused struct {
		Reason Reason
		Back   time.Time
		Agent  string
	}
	// Commanded is what the agent who has the conversation wants done, or a supervisor.
	// Reply, when there is one, is told once whether it could be done; CodeConflict when not at present.
	Commanded struct {
		By      string // agent or supervisor
		Name    string // of By, as callers and colleagues are told
		Phone   string // extension of a supervisor who talks on one, to be rung when they are not on the line yet
		Command Command
		Reply   func(error)
	}
	// Lost says that the console or the headset of an agent in the conversation is gone. A Lost that is Gone says that they are waited for no longer: they do not have the
	// conversation any more, and unless somebody else has it, it is at the head of its queue.
	Lost struct {
		Agent string
		Gone  bool
	}
	// Found says that a lost agent is back in time.
	Found struct{ Agent string }
)

func (Waiting) notice()   {}
func (Offered) notice()   {}
func (Accepted) notice()  {}
func (Withdrawn) notice() {}
func (Refused) notice()   {}
func (Commanded) notice() {}
func (Lost) notice()      {}
func (Found) notice()     {}

// Verb is what can be asked of a conversation with people in it.
type Verb string

// The verbs of the agent who has the conversation.
const (
	Hold     Verb = "hold"
	Resume   Verb = "resume"
	Mute     Verb = "mute" // nobody hears the agent
	Unmute   Verb = "unmute"
	Consult  Verb = "consult"  // ring Target; the person waits with music
	Transfer Verb = "transfer" // give to Target without talking first
	Complete Verb = "complete" // leave the person with whom was consulted
	Merge    Verb = "merge"    // all three talk
	Drop     Verb = "drop"     // whom was consulted goes, the person comes back
	Return   Verb = "return"   // back to the bot
	Finish   Verb = "finish"   // hang up on the person, after the survey
	Press    Verb = "press"    // keys towards the second party
	Say      Verb = "say"      // a message in a chat
)

// The verbs of a supervisor.
const (
	Listen   Verb = "listen"
	Whisper  Verb = "whisper"   // the agent hears, the person does not
	Barge    Verb = "barge"     // everybody hears
	TakeOver Verb = "take_over" // the agent goes, the supervisor has the conversation
	Leave    Verb = "leave"
)

// Command is a verb with what belongs to it.
type Command struct {
	Verb   Verb   `json:"verb"`
	Target Target `json:"target,omitzero"` // of Consult and Transfer
	Text   string `json:"text,omitempty"`  // of Say, and the note of Return
	Key    string `json:"key,omitempty"`   // names a message, so that it is not said twice
	Keys   string `json:"keys,omitempty"`  // of Press
}
