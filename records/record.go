// Package records is the list of all conversations, whatever way they came in: one record each, with
// who had it, how long the person waited and how it ended. A record is worked out from the
// conversation's event log and can be worked out again at any time; the log stays the truth.
//
//	event ─Note─► Indexer ─reads the log─► Of ─► Keeper (one row) ─► lists, search, reports
package records

import (
	"hash/fnv"
	"time"

	"github.com/hotline-cc/hotline"
)

// Outcome is how a conversation went for the person. While it goes on there is none.
type Outcome string

// The outcomes. Only Answered and Bot say that the person got to the end of it with somebody.
const (
	Answered  Outcome = "answered"  // a person took it
	Abandoned Outcome = "abandoned" // the caller left while waiting for a person
	Bot       Outcome = "bot"       // nobody was asked for
	Refused   Outcome = "refused"   // nobody could take it: closed, full, nobody there, waited too long
	Callback  Outcome = "callback"  // to be called back
	Message   Outcome = "message"   // left a message
	Returned  Outcome = "returned"  // went back to the bot before anybody answered
)

// Outcomes lists them.
func Outcomes() []Outcome {
	return []Outcome{Answered, Abandoned, Bot, Refused, Callback, Message, Returned}
}

// Record is one conversation. A zero time is one that has not come.
type Record struct {
	Conversation hotline.ConversationID
	Channel      hotline.Channel
	Caller       string // as the network presented it
	Started      time.Time
	Ended        time.Time
	Last         uint64 // number of the last event that is in the record

	Category  string    // as the last one who said so took it to be, "" when nobody did
	Queue     string    // of the first request for a person
	Requested time.Time // first request for a person
	Answered  time.Time // when a person first took part
	Replied   time.Time // first sentence of a person
	Agents    []string  // who had it, in order, each once
	Transfers int       // from one agent to the next
	// Waited is from the request until it was answered or given up, Talked is how long an agent took
	// part; WrapUp was for writing down. They are known when Requested, Answered and Wrapped say so.
	Waited  time.Duration
	Talked  time.Duration
	WrapUp  time.Duration
	Wrapped bool

	Outcome      Outcome
	Rating       int   // 1…5, 5 the best; 0 is none
	Turns        int   // of the person
	Resolved     *bool // as the agent said; nil is not known
	Summary      string
	Recording    string // folder under that of all recordings, "" when there is none
	Confidential bool
	Text         string // what was said by all, folded, a line each
}

// Over tells whether the conversation has ended.
func (r Record) Over() bool { return !r.Ended.IsZero() }

// Agent returns who had it last.
func (r Record) Agent() string {
	if len(r.Agents) == 0 {
		return ""
	}
	return r.Agents[len(r.Agents)-1]
}

// Remark is what an agent notes of a conversation.
type Remark struct {
	Conversation hotline.ConversationID
	Agent        string
	Summary      string
	Category     string
	Resolved     *bool   // nil is not said
	Note         *string // after the end of the conversation; nil is none
}

// Request is what the desk knows of one request for a person.
type Request struct {
	ID           string // the same ID takes the place of the one before
	Conversation hotline.ConversationID
	Outcome      Outcome       // Answered, Abandoned, Refused, Callback, Message or Returned
	WrapUp       time.Duration // 0 is not known
	Body         string        // JSON, in the desk's own words
}

// Aside is all that is known of a conversation beside its log.
type Aside struct {
	Remarks      []Remark  // in the order in which they were made
	Requests     []Request // in their order
	Rating       int       // given by widget or link; 0 is none
	Confidential bool      // an order of it is
}

// Place is the order of a record in lists: by the time the conversation began, in milliseconds, then by
// chance. Two conversations of one millisecond may have the same one.
func Place(id hotline.ConversationID) (int64, error) {
	began, err := id.Time()
	if err != nil {
		return 0, err
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return PlaceOf(began) | int64(h.Sum32()&(1<<placeBits-1)), nil
}

const placeBits = 15

// PlaceOf returns the first place of a time.
func PlaceOf(t time.Time) int64 { return max(t.UnixMilli(), 0) << placeBits }

// Query says which records are wanted. A zero field wants all.
type Query struct {
	From, To time.Time // began from one to just before the other
	Channel  hotline.Channel
	Agent    string // who had it
	Own      string // as Agent, of who asks
	Queue    string
	Outcome  Outcome
	Caller   string
	// Categories are those of which one is wanted; they leave confidential ones out.
	Categories []string
	Text       string // what was said, folded, at least two characters; leaves confidential ones out
	Before     int64  // place of the last record of the page before
	Limit      int
}

// Placed is a record with its place in lists.
type Placed struct {
	Record
	Place int64
}
