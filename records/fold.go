package records

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// mostSummary is the length of a summary in characters.
const mostSummary = 120

// Of works a record out of the events of a conversation, in order from the first one, and of what is known
// beside them. Recording is left to the caller.
func Of(events []hotline.Event, beside Aside) Record {
	f := fold{present: map[string]bool{}}
	for _, e := range events {
		f.add(e)
	}
	f.close()
	f.beside(beside)
	return f.Record
}

// fold is a record being worked out.
type fold struct {
	Record
	text     text
	last     time.Time
	present  map[string]bool // agents who take part
	since    time.Time       // when the first of them joined
	gaveUp   time.Time       // when nobody was there, or it went back to the bot
	promised Outcome         // callback or message
	back     Outcome         // what going back to the bot without an answer means
	first    string          // what the person said first
	filed    string          // text of the request
	rated    int
	handed   string // category at a handover, which counts less than that of a request
}

func (f *fold) add(e hotline.Event) {
	f.Conversation, f.Last, f.last = e.Conversation, e.Seq, e.At
	if f.Started.IsZero() {
		f.Started = e.At
	}
	switch b := e.Body.(type) {
	case hotline.Started:
		f.Started, f.Channel, f.Caller = e.At, b.Channel, b.From
	case hotline.Heard:
		f.heard(b)
	case hotline.Said:
		f.text.add(b.Text)
	case hotline.Decided:
		f.Confidential = f.Confidential || b.What == "confidential"
	case hotline.Filed:
		f.filing(b, e.At)
	case hotline.HandedOver:
		f.request(b.Queue, e.At)
		f.handed = cmp.Or(b.Category, f.handed)
	case hotline.Waiting:
		f.request(b.Queue, e.At)
	case hotline.Unattended:
		f.giveUp(Refused, e.At)
	case hotline.Returned:
		f.giveUp(returning(b.Reason), e.At)
	case hotline.Joined:
		f.join(b, e.At)
	case hotline.Left:
		f.leave(b, e.At)
	case hotline.Uttered:
		f.uttered(b, e.At)
	case hotline.Rated:
		f.rated = b.Grade
	case hotline.Ended:
		f.Ended = e.At
	}
}

func (f *fold) heard(b hotline.Heard) {
	if b.Rejected != "" {
		return
	}
	if b.Replaces == 0 { // a turn that goes on is one turn
		f.Turns++
	}
	said := cmp.Or(b.Raw, b.Text)
	f.first = cmp.Or(f.first, said)
	f.text.add(said)
}

func (f *fold) filing(b hotline.Filed, at time.Time) {
	switch {
	case b.Failed != "":
	case b.What == "callback":
		f.promised = Callback
		f.giveUp(Callback, at)
	case b.What == "message":
		f.promised = Message
		f.giveUp(Message, at)
	case b.What == "new":
		f.filed = cmp.Or(b.Text, f.filed)
		f.Category = cmp.Or(b.Category, f.Category)
	}
}

// request notes that a person is asked for. What came of an earlier request that nobody answered no longer
// counts, but the waiting does from the first one.
func (f *fold) request(queue string, at time.Time) {
	if f.Requested.IsZero() {
		f.Requested, f.Queue = at, queue
	}
	if f.Queue == "" {
		f.Queue = queue
	}
	if f.Answered.IsZero() {
		f.gaveUp, f.back = time.Time{}, ""
	}
}

// returning tells what it means when people give a conversation back that none of them has answered.
func returning(reason string) Outcome {
	switch reason {
	case "closed", "full", "nobody", "timed_out", "forbidden", "no_answer", "declined", "busy", "network":
		return Refused
	case "callback":
		return Callback
	case "message":
		return Message
	}
	return Returned
}

func (f *fold) giveUp(as Outcome, at time.Time) {
	if f.Answered.IsZero() && f.gaveUp.IsZero() {
		f.gaveUp, f.back = at, as
	}
}

const roleAgent = "agent"

func (f *fold) join(b hotline.Joined, at time.Time) {
	if b.Role != roleAgent {
		return
	}
	if f.Answered.IsZero() {
		f.Answered = at
	}
	if !slices.Contains(f.Agents, b.Party) {
		if len(f.Agents) > 0 {
			f.Transfers++
		}
		f.Agents = append(f.Agents, b.Party)
	}
	if len(f.present) == 0 {
		f.since = at
	}
	f.present[b.Party] = true
}

func (f *fold) leave(b hotline.Left, at time.Time) {
	if !f.present[b.Party] {
		return
	}
	delete(f.present, b.Party)
	if len(f.present) == 0 {
		f.Talked += at.Sub(f.since)
	}
}

func (f *fold) uttered(b hotline.Uttered, at time.Time) {
	f.text.add(b.Text)
	if b.Role == roleAgent && f.Replied.IsZero() {
		f.Replied = at
	}
}

// close settles what is only known at the end.
func (f *fold) close() {
	until := f.last
	if f.Over() {
		until = f.Ended
	}
	if len(f.present) > 0 {
		f.Talked += until.Sub(f.since)
	}
	switch {
	case f.Requested.IsZero():
	case !f.Answered.IsZero():
		f.Waited = f.Answered.Sub(f.Requested)
	case !f.gaveUp.IsZero():
		f.Waited = f.gaveUp.Sub(f.Requested)
	case f.Over():
		f.Waited = f.Ended.Sub(f.Requested)
	}
	f.Waited, f.Talked = max(f.Waited, 0), max(f.Talked, 0) // a clock that was set back
	if f.Over() {
		f.Outcome = f.outcome()
	}
	f.Rating = f.rated
	f.Category = cmp.Or(f.Category, f.handed)
	f.Summary = shorten(cmp.Or(f.filed, f.first))
	f.Text = f.text.lines.String()
}

func (f *fold) outcome() Outcome {
	switch {
	case !f.Answered.IsZero():
		return Answered
	case f.promised != "":
		return f.promised
	case f.Requested.IsZero():
		return Bot
	}
	return cmp.Or(f.back, Abandoned)
}

func (f *fold) beside(a Aside) {
	f.Confidential = f.Confidential || a.Confidential
	f.Rating = cmp.Or(a.Rating, f.Rating)
	for _, r := range a.Remarks {
		f.Summary = shorten(cmp.Or(r.Summary, f.Summary))
		f.Category = cmp.Or(r.Category, f.Category)
		if r.Resolved != nil {
			f.Resolved = r.Resolved
		}
	}
	for _, r := range a.Requests {
		if r.WrapUp > 0 {
			f.WrapUp += r.WrapUp
			f.Wrapped = true
		}
		if f.Over() && f.Answered.IsZero() { // the desk knows why nobody came
			f.Outcome = cmp.Or(r.Outcome, f.Outcome)
		}
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > mostSummary {
		return string(r[:mostSummary-1]) + "…"
	}
	return s
}
