// Package dialog is the vocabulary between a conversation and what decides it. An engine is a pure
// function: it gets the state and one event and returns the next state and the actions to carry
// out. It holds no clock, does no I/O and starts no goroutine, so the same engine serves voice and
// text, a state can be kept as JSON, a turn can be taken back by keeping the older state, and
// replaying a log gives the same result.
package dialog

import (
	"time"

	"github.com/hotline-cc/hotline"
)

// Engine is a dialog. Both methods are pure and safe for concurrent use.
type Engine interface {
	// Step takes one event. It returns the next state and what to do, in order. The state it was
	// given is left as it was.
	Step(State, Event) (State, []Action)
	// Patience tells how long to wait after text before taking it as finished: the caller of
	// Step knows the words before it knows that the person has stopped speaking.
	Patience(s State, text string) Patience
}

// Patience is how much silence ends a turn.
type Patience int

// The degrees of patience. What they are in milliseconds is for the channel to say.
const (
	PatienceNormal Patience = iota
	PatienceShort           // the sentence is complete: it answers what was asked or names what is wanted
	PatienceLong            // more is coming: a filler, a conjunction, an open number
)

// Event is something that happened to the conversation.
type Event interface{ event() }

// The events an engine understands. At is the time of the conversation; it never goes back.
type (
	// Started is the first event of every conversation.
	Started struct {
		Channel hotline.Channel
		From    string
		At      time.Time
		Flow    string            // the flow to follow, "" for that of the house
		Known   map[string]string // facts known beforehand, by slot
		Elder   bool              // slower, and people first
	}
	// Heard is one finished turn of the person, spoken or typed.
	Heard struct {
		Text         string
		Alternatives []string // further recognitions of the same sound, best first
		Confidence   float64  // 0…1; 1 for typed text
		At           time.Time
	}
	// Key is one telephone key: 0…9, *, #, A…D.
	Key struct{ Key string }
	// Silence tells that nothing was said within the time the last Listen allowed.
	Silence struct{}
	// Unheard tells that the person spoke and the words could not be had: the recogniser
	// failed or gave only noise. Failed is true when the recogniser itself is at fault.
	Unheard struct{ Failed bool }
	// Done is the result of an errand.
	Done struct {
		ID     string // of the errand
		Failed string // why it did not work, "" when it did
		Result map[string]any
	}
	// Place tells how far up the queue somebody who was handed over is: Position from 1, and the wait
	// expected, 0 when that is not known.
	Place struct {
		Position int
		Wait     time.Duration
	}
	// Missed tells that somebody who was rung did not take it, and why; the search goes on. The reason
	// is lost when people were there and their line broke, transfer when they pass it on.
	Missed struct{ Reason string }
	// Unattended tells that nobody will take a handover, and why.
	Unattended struct{ Reason string }
	// Attended tells that people have taken over: the dialog is silent and goes on listening, for
	// the facts.
	Attended struct{}
	// Returned tells that nobody is there any more.
	Returned struct{ Reason string }
	// Survey asks for a grade after people have finished.
	Survey struct{}
)

func (Started) event()    {}
func (Heard) event()      {}
func (Key) event()        {}
func (Silence) event()    {}
func (Unheard) event()    {}
func (Done) event()       {}
func (Place) event()      {}
func (Missed) event()     {}
func (Unattended) event() {}
func (Attended) event()   {}
func (Returned) event()   {}
func (Survey) event()     {}

// Action is something the channel has to do. Actions are carried out in order.
type Action interface{ action() }

// The actions an engine asks for.
type (
	// Say speaks or shows one prompt.
	Say struct{ Prompt Prompt }
	// Listen waits for the person. It always follows what is to be said.
	Listen struct {
		// NoInput is how long to wait for the first word after our last one.
		NoInput time.Duration
		// Hotwords are words likely in this state.
		Hotwords []string
		// Choices are answers a screen may offer as buttons.
		Choices []string
	}
	// Handover gives the conversation to people. Until they take it the engine goes on; when nobody
	// can take it the channel says Unattended.
	Handover hotline.HandedOver
	// Withdraw ends the search for people by the person's own wish: callback keeps the place, message
	// was left, cancelled goes on without people. Text is the message, Number where to call back, "" for nowhere.
	Withdraw struct{ Reason, Text, Number string }
	// Rate is the grade of a survey, 1…5, and how it was given: keys, voice or text.
	Rate struct {
		Grade int
		How   string
	}
	// Hangup ends the conversation once everything has been said.
	Hangup struct{ Reason string }
	// LookUp is an errand: the channel has another system asked and gives the answer back as Done with
	// the ID. Meanwhile the conversation goes on.
	LookUp struct {
		ID      string
		System  string // name of a connector
		Input   map[string]any
		Timeout time.Duration
	}
	// File is an errand, too: an order is filed.
	File struct {
		ID    string
		Order Order
	}
	// Note records why the engine did what it did.
	Note struct {
		What     string     // ask, answer, confirm, correct, reprompt …
		Slot     string     `json:",omitempty"`
		From, To string     `json:",omitempty"`
		Items    []string   `json:",omitempty"`
		Act      string     `json:",omitempty"`
		Category string     `json:",omitempty"`
		Entry    string     `json:",omitempty"`
		Score    float64    `json:",omitempty"`
		Reason   string     `json:",omitempty"`
		Evidence []Evidence `json:",omitempty"`
	}
)

func (Say) action()      {}
func (Listen) action()   {}
func (Handover) action() {}
func (Withdraw) action() {}
func (Rate) action()     {}
func (Hangup) action()   {}
func (LookUp) action()   {}
func (File) action()     {}
func (Note) action()     {}

// Evidence is what spoke for a decision, with its weight.
type Evidence = hotline.Evidence

// Event returns the note as the log has it.
func (n Note) Event(turn int) hotline.Decided {
	return hotline.Decided{
		Turn: turn, What: n.What, Slot: n.Slot, From: n.From, To: n.To, Items: n.Items,
		Act: n.Act, Category: n.Category, Entry: n.Entry, Score: n.Score, Reason: n.Reason, Evidence: n.Evidence,
	}
}

// Event returns the handover as the log has it.
func (h Handover) Event() hotline.HandedOver { return hotline.HandedOver(h) }

// OrderVoid is the kind that takes an order back under whose errand it is filed, as if it had never
// been: the turn that filed it was taken back.
const OrderVoid = "void"

// Order is what is done with a work order.
type Order struct {
	Kind         string            `json:"kind"`             // new, urge, append, withdraw, reopen or survey
	Ticket       string            `json:"ticket,omitempty"` // the order it is about, unless it is new
	Act          string            `json:"act,omitempty"`
	Category     string            `json:"category,omitempty"`
	Owner        string            `json:"owner,omitempty"`       // department in charge
	DispatchTo   string            `json:"dispatch_to,omitempty"` // who is to handle it
	Urgency      string            `json:"urgency,omitempty"`
	Facts        map[string]string `json:"facts,omitempty"` // by slot
	Text         string            `json:"text,omitempty"`  // in the person's words
	Confidential bool              `json:"confidential,omitempty"`
	Anonymous    bool              `json:"anonymous,omitempty"`
	Flags        []string          `json:"flags,omitempty"`
}

// Prompt is one thing to say.
type Prompt struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Protected prompts are not stopped by the person speaking.
	Protected bool `json:"protected,omitempty"`
	// Speed is the speaking rate and Gain how much louder, in dB; 0 means as usual.
	Speed float64 `json:"speed,omitempty"`
	Gain  float64 `json:"gain,omitempty"`
}
