package desk

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
)

// Ending is what became of a request.
type Ending string

// The endings.
const (
	EndAnswered  Ending = "answered"
	EndAbandoned Ending = "abandoned" // hung up while waiting
	EndTimedOut  Ending = "timed_out"
	EndRefused   Ending = "refused" // Outcome.Reason says why
	EndCallback  Ending = "callback"
	EndMessage   Ending = "message"
	EndReturned  Ending = "returned" // to the bot, before or after an agent had it
)

// Parting is how a conversation leaves a queue by itself.
type Parting struct {
	// Ending is one of EndAbandoned, EndReturned, EndCallback (which keeps the place) and EndMessage.
	Ending Ending
	// Number is whom to call, "" is that of the request; Note is the message. Both with a callback or message.
	Number string
	Note   string
}

// Outcome is the row that a request leaves for reports. It is kept when the request is answered,
// again when it ends, and again after the wrap-up: the same ID takes the place of the one before.
type Outcome struct {
	ID           string                 `json:"id"`
	Conversation hotline.ConversationID `json:"conversation"`
	Queue        string                 `json:"queue,omitempty"`
	Channel      hotline.Channel        `json:"channel"`
	Priority     int                    `json:"priority"`
	Requested    time.Time              `json:"requested"`
	Offered      time.Time              `json:"offered,omitzero"` // for the first time
	Answered     time.Time              `json:"answered,omitzero"`
	Ended        time.Time              `json:"ended,omitzero"` // zero while the talk goes on
	Agent        string                 `json:"agent,omitempty"`
	Ending       Ending                 `json:"ending"`
	Reason       Reason                 `json:"reason,omitempty"`
	WaitedMS     int64                  `json:"waited_ms"` // from Requested to the answer or the end
	TalkedMS     int64                  `json:"talked_ms,omitempty"`
	WrapUpMS     int64                  `json:"wrap_up_ms,omitempty"`
	Offers       int                    `json:"offers,omitempty"`
	Transfers    int                    `json:"transfers,omitempty"` // 1 when the agent gave it to another
}

// Place is a request that waits. Kept so that a restart costs nobody their place: a chat that asks
// again has the time it had, and a call that broke off becomes a callback.
type Place struct{ Request Request }

// PlaceGone says that a conversation does not wait any more.
type PlaceGone struct{ Conversation hotline.ConversationID }

// Entry is something to be kept: Outcome, Callback, Place or PlaceGone.
type Entry interface{ entry() }

func (Outcome) entry()   {}
func (Callback) entry()  {}
func (Place) entry()     {}
func (PlaceGone) entry() {}

// Ledger keeps what must survive a restart.
type Ledger interface {
	// Keep keeps entries in order, all or none. The same ones may come again after an error.
	Keep(context.Context, []Entry) error
	// Load returns the callbacks that are not done and the places that are not gone.
	Load(context.Context) ([]Callback, []Place, error)
}

// Observer counts what the desk does. Its methods must not block.
type Observer interface {
	// Answered tells how long somebody waited who was answered.
	Answered(queue string, channel hotline.Channel, waited time.Duration)
	// OfferEnded tells how long was rung; reason is "" when it was taken.
	OfferEnded(queue string, reason Reason, rang time.Duration)
	// Ended tells what became of a request, and how long it waited or, once answered, was talked.
	Ended(queue string, channel hotline.Channel, ending Ending, took time.Duration)
	// Decided tells how long one step of the desk took.
	Decided(took time.Duration)
}

// unobserved counts nothing.
type unobserved struct{}

func (unobserved) Answered(string, hotline.Channel, time.Duration)      {}
func (unobserved) OfferEnded(string, Reason, time.Duration)             {}
func (unobserved) Ended(string, hotline.Channel, Ending, time.Duration) {}
func (unobserved) Decided(time.Duration)                                {}

func milliseconds(d time.Duration) int64 { return max(0, d.Milliseconds()) }

// tally is what a queue did on one day.
type tally struct {
	day                               string
	asked, answered, quick, abandoned int
}

// quickAnswer is what GB/T 33358 asks for.
const quickAnswer = 15 * time.Second

func (t *tally) count(day string, o Outcome) {
	t.turn(day)
	t.asked++
	switch o.Ending {
	case EndAnswered:
		t.answered++
		if o.WaitedMS <= quickAnswer.Milliseconds() {
			t.quick++
		}
	case EndAbandoned:
		t.abandoned++
	}
}

// turn begins another day.
func (t *tally) turn(day string) {
	if t.day != day {
		*t = tally{day: day}
	}
}
