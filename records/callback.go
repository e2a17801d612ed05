package records

import (
	"time"

	"github.com/hotline-cc/hotline"
)

// Why somebody is to be called.
const (
	WhyAsked       = "asked"       // the caller asked for it
	WhyAbandoned   = "abandoned"   // left while waiting
	WhyMissed      = "missed"      // nobody took it
	WhyMessage     = "message"     // left a message
	WhyUnsatisfied = "unsatisfied" // gave a bad grade
)

// CallbackState is where a call to be made stands.
type CallbackState string

// The states: open until an agent takes it, open again when nobody answered, done in the end.
const (
	CallbackOpen  CallbackState = "open"
	CallbackTaken CallbackState = "taken"
	CallbackDone  CallbackState = "done"
)

// CallbackOutcome is what came of an attempt.
type CallbackOutcome string

// The outcomes. Only NoAnswer is tried again, MaxAttempts times in all.
const (
	Reached     CallbackOutcome = "reached"
	NoAnswer    CallbackOutcome = "no_answer"
	WrongNumber CallbackOutcome = "wrong_number"
	Declined    CallbackOutcome = "refused" // the person wants no call
)

// MaxAttempts is how often somebody who does not answer is called.
const MaxAttempts = 3

// TakenFor is how long a call that was taken stays with its agent.
const TakenFor = time.Hour

// CallbackTask is a call to be made.
type CallbackTask struct {
	ID           string // the same ID takes the place of the one before
	Conversation hotline.ConversationID
	Number       string
	Caller       string // name, when it is known
	Queue        string
	Reason       string
	Since        time.Time // when the caller was lost, or asked
	Due          time.Time // zero is at any time
	MessageAudio bool      // there is a message to listen to
	State        CallbackState
	Agent        string // who has taken it, or had
	Taken        time.Time
	Attempts     int
	Tried        time.Time // when it was first dialled
	Outcome      CallbackOutcome
	Note         string // what the person has left to be said
	Remark       string // of the agent, about the last attempt
	Done         time.Time
	Body         string // JSON, in the desk's own words; "" is none
}
