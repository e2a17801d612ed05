// Package dialog decides what to say next. An engine is a pure function: it gets the state and one
// event and returns the next state and the actions to carry out. It holds no clock, does no I/O and
// starts no goroutine, so the same engine serves voice and text, a state can be kept as JSON, a
// turn can be taken back by keeping the older state, and replaying a log gives the same result.
package dialog

import (
	"time"

	"github.com/hotline-cc/hotline"
)

// Engine is a dialog. Both methods are pure and safe for concurrent use.
type Engine interface {
	// Step takes one event. It returns the next state and what to do, in order.
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

// State is what a dialog remembers between steps. The zero value is a conversation that has not
// begun. It serialises to JSON without loss.
type State struct {
	Channel hotline.Channel `json:"channel,omitempty"`
	// Offered are entries the person was asked to choose from or to confirm.
	Offered []string `json:"offered,omitempty"`
	// NoInput and NoMatch count silences and misunderstandings in a row.
	NoInput int `json:"no_input,omitempty"`
	NoMatch int `json:"no_match,omitempty"`
	// Answered counts the questions that were answered.
	Answered int `json:"answered,omitempty"`
	// Last is what was said last and can be repeated.
	Last []Prompt `json:"last,omitempty"`
	// Speed is the speaking rate the person asked for; 0 means 1.
	Speed float64 `json:"speed,omitempty"`
	// Ended tells that the dialog has said goodbye.
	Ended bool `json:"ended,omitempty"`
}

// Event is something that happened to the conversation.
type Event interface{ event() }

// The events an engine understands.
type (
	// Started is the first event of every conversation.
	Started struct {
		Channel hotline.Channel
		From    string
	}
	// Heard is one finished turn of the person, spoken or typed.
	Heard struct {
		Text       string
		Confidence float64 // 0…1; 1 for typed text
	}
	// Key is one telephone key: 0…9, *, #, A…D.
	Key struct{ Key string }
	// Silence tells that nothing was said within the time the last Listen allowed.
	Silence struct{}
	// Unheard tells that the person spoke and the words could not be had: the recogniser
	// failed or gave only noise. Failed is true when the recogniser itself is at fault.
	Unheard struct{ Failed bool }
)

func (Started) event() {}
func (Heard) event()   {}
func (Key) event()     {}
func (Silence) event() {}
func (Unheard) event() {}

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
	}
	// Handover gives the conversation to a queue of people.
	Handover struct{ Queue, Reason string }
	// Hangup ends the conversation once everything has been said.
	Hangup struct{ Reason string }
	// Note records why the engine did what it did.
	Note struct {
		Act    string
		Entry  string
		Score  float64
		Reason string
	}
)

func (Say) action()      {}
func (Listen) action()   {}
func (Handover) action() {}
func (Hangup) action()   {}
func (Note) action()     {}

// Prompt is one thing to say.
type Prompt struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Protected prompts are not stopped by the person speaking.
	Protected bool `json:"protected,omitempty"`
	// Speed is the speaking rate; 0 means 1.
	Speed float64 `json:"speed,omitempty"`
	// Choices are short answers that a text channel offers to tap; they are not spoken.
	Choices []string `json:"choices,omitempty"`
}
