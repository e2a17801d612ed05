// Package chat holds text conversations. A conversation has one owner at a time: what is posted to
// it is answered one after another, in order. State and events of a step are kept together before
// anybody is told of them, so a conversation goes on after a restart where it stood, and who
// listens can take up the thread at any event.
package chat

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// Record is a conversation between two steps.
type Record struct {
	ID      hotline.ConversationID
	Visitor string // whose conversation it is, in the words of the door it came in by
	Profile Profile
	State   dialog.State
	Handoff handoff.State
	Version int64  // counts the steps, from 1
	Turn    int    // of the person, the last one
	Seq     uint64 // of the last event
	Started time.Time
	Last    time.Time // of the last step
	Closed  time.Time // zero while it is open
}

// Open tells whether the conversation goes on.
func (r Record) Open() bool { return r.Closed.IsZero() }

// Profile is what is known of the person when the conversation begins.
type Profile struct {
	Elder  bool   `json:"elder,omitempty"`
	Locale string `json:"locale,omitempty"`
}

// Step is what one step changes.
type Step struct {
	Record Record // after the step; its Version is one more than before
	Events []hotline.Event
	Answer *Answer // nil when the step answers no message that has a key
}

// Answer remembers which events a message with a key has caused, so that the same message sent
// again gets the same answer.
type Answer struct {
	Key         string
	Digest      string // of the message
	First, Last uint64 // events
}

// Keeper keeps conversations. Each method does all or nothing.
type Keeper interface {
	// Begin keeps a conversation that was not there, with its first events.
	Begin(context.Context, Step) error
	// Load returns a conversation; CodeNotFound when there is none.
	Load(context.Context, hotline.ConversationID) (Record, error)
	// Commit keeps a step; CodeConflict when the version it rests on is not the one kept.
	Commit(context.Context, Step) error
	// Answer returns what a message was answered; nil when its key is new.
	Answer(ctx context.Context, id hotline.ConversationID, key string) (*Answer, error)
	// Events returns events after a number, in order, at most limit of them.
	Events(ctx context.Context, id hotline.ConversationID, after uint64, limit int) ([]hotline.Event, error)
}

// Census counts and finds open conversations.
type Census interface {
	// Open returns how many conversations are open, and how many of them are a visitor's.
	Open(ctx context.Context, visitor string) (all, visitors int, err error)
	// Idle returns conversations that are open and had no step since a time, at most limit of them.
	Idle(ctx context.Context, since time.Time, limit int) ([]hotline.ConversationID, error)
	// Handed returns conversations that are open and not with the bot alone.
	Handed(ctx context.Context) ([]hotline.ConversationID, error)
}

// Limits of a conversation.
const (
	MaxText  = 2000 // characters of a message
	MaxKey   = 128  // bytes of its key
	MaxPage  = 500  // events read at once
	maxRound = 32   // events of our own making in one step
)
