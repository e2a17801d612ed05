package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// CallbackKind is why somebody is to be called back.
type CallbackKind string

// The kinds.
const (
	CallbackAsked       CallbackKind = "asked"       // instead of waiting; keeps the place
	CallbackAbandoned   CallbackKind = "abandoned"   // hung up while waiting
	CallbackMissed      CallbackKind = "missed"      // closed, full, nobody there, waited too long
	CallbackMessage     CallbackKind = "message"     // left a message
	CallbackUnsatisfied CallbackKind = "unsatisfied" // gave a bad grade
)

// CallbackState is how far a callback is.
type CallbackState string

// The states.
const (
	CallbackOpen  CallbackState = "open"
	CallbackTaken CallbackState = "taken"
	CallbackDone  CallbackState = "done"
)

// Result is what an attempt to call back came to.
type Result string

// The results. Those after CalledAgain leave the callback open for another attempt.
const (
	Reached     Result = "reached"
	Void        Result = "void"         // nobody needs to be called: wrong number, settled otherwise
	CalledAgain Result = "called_again" // the person got through before we called
	Unreachable Result = "unreachable"  // the attempts are used up
	Unanswered  Result = "unanswered"
	Engaged     Result = "engaged"
	Failure     Result = "failure" // the line broke, or the agent was lost
)

// Callback is a promise to call somebody.
type Callback struct {
	ID           string                 `json:"id"`
	Kind         CallbackKind           `json:"kind"`
	State        CallbackState          `json:"state"`
	Conversation hotline.ConversationID `json:"conversation"` // the last one it comes from
	Queue        string                 `json:"queue"`
	Number       string                 `json:"number"`
	Note         string                 `json:"note,omitempty"`
	Priority     int                    `json:"priority"`
	Skills       map[string]int         `json:"skills,omitempty"`
	Language     string                 `json:"language,omitempty"`
	Since        time.Time              `json:"since"` // the place that is kept
	Made         time.Time              `json:"made"`
	Due          time.Time              `json:"due"`   // not to be called before
	Calls        int                    `json:"calls"` // in vain, of this number
	Agent        string                 `json:"agent,omitempty"`
	Dialled      time.Time              `json:"dialled,omitzero"` // by Agent for the first time; zero is not yet
	Attempts     []Attempt              `json:"attempts,omitempty"`
	Result       Result                 `json:"result,omitempty"`
	Done         time.Time              `json:"done,omitzero"`
	Brief        Brief                  `json:"brief"`
}

// Attempt is one time that was called back.
type Attempt struct {
	At     time.Time `json:"at"` // when it was dialled, or noted of a call that was not made by us
	Agent  string    `json:"agent"`
	Result Result    `json:"result"`
	Note   string    `json:"note,omitempty"`
}

const (
	nobodyRetry  = 10 * time.Minute // a callback that no queue takes comes up again
	maxCallbacks = 100000
	maxNote      = 4 * 2000 // bytes
	maxNumber    = 64
)

// task is a callback in memory.
type task struct {
	*Callback
	request *request // that stands for it in a queue
	timer   timer
}

// mayCall tells whether a number may be called back.
func (r *room) mayCall(number string) bool {
	return number != "" && len(number) <= maxNumber && (r.callable == nil || r.callable(number))
}

// numberOf is the number to call somebody back who asks for a person, "" for none.
func (r *room) numberOf(q *request) string {
	number := q.Number
	if number == "" && q.Channel != hotline.ChannelChat {
		number = q.Caller
	}
	if !r.mayCall(number) {
		return ""
	}
	return number
}

// promise makes a callback. A message is kept also when nobody can be called about it. Calls in vain of one number to one queue are one callback.
func (r *room) promise(c Callback) (*Callback, error) {
	const op = "promise callback"
	q := r.queues[c.Queue]
	switch {
	case q == nil:
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "there is no queue %q", c.Queue)
	case !r.mayCall(c.Number) && (c.Number != "" || c.Kind != CallbackMessage):
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%.64q is no number that may be called back", c.Number)
	case len(c.Note) > maxNote:
		return nil, hotline.Errorf(op, hotline.CodeTooLarge, "note of %d bytes, at most %d", len(c.Note), maxNote)
	case c.Priority < 0 || c.Priority > 9:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "priority %d is not within 0…9", c.Priority)
	case len(r.tasks) >= maxCallbacks:
		return nil, hotline.Errorf(op, hotline.CodeOverload, "%d callbacks are open", len(r.tasks))
	}
	switch c.Kind {
	case CallbackAsked, CallbackAbandoned, CallbackMissed, CallbackMessage, CallbackUnsatisfied:
	default:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "there is no kind of callback %q", c.Kind)
	}
	c.Calls = 1
	if c.Due.Before(r.now) {
		c.Due = r.now
	}
	for _, t := range r.numbers[c.Number] {
		if t.Queue == c.Queue && t.State == CallbackOpen && t.Kind.wantsCall() && c.Kind.wantsCall() {
			t.Calls++
			t.Conversation = c.Conversation
			if c.Kind == CallbackAsked {
				t.Kind = CallbackAsked
				if c.Due.Before(t.Due) { // it does not wait for the next attempt of the one before
					t.Due = c.Due
				}
			}
			t.Note = cmp.Or(c.Note, t.Note)
			r.keepTask(t)
			return t.Callback, nil
		}
	}
	c.ID, c.State, c.Made = r.newID("c"), CallbackOpen, r.now
	c.Agent, c.Dialled, c.Attempts, c.Result, c.Done = "", time.Time{}, nil, "", time.Time{}
	if c.Since.IsZero() || c.Since.After(r.now) {
		c.Since = r.now
	}
	c.Brief = c.Brief.bounded()
	r.keepTask(r.addTask(c))
	return r.tasks[c.ID].Callback, nil
}

// wantsCall tells whether a kind is settled by whichever call gets through first. Messages and bad grades
// want an answer of their own.
func (k CallbackKind) wantsCall() bool {
	return k == CallbackAsked || k == CallbackAbandoned || k == CallbackMissed
}

func (r *room) addTask(c Callback) *task {
	t := &task{Callback: &c}
	r.tasks[c.ID] = t
	r.numbers[c.Number] = append(r.numbers[c.Number], t)
	if q := r.queues[c.Queue]; q != nil {
		q.tasks++
	}
	return t
}

func (r *room) keepTask(t *task) {
	c := *t.Callback
	c.Attempts = slices.Clone(c.Attempts)
	r.keep(c)
	if q := r.queues[c.Queue]; q != nil {
		r.markQueue(q)
	}
}

// missed makes a callback of a call in vain.
func (r *room) missed(q *request, kind CallbackKind) {
	number := r.numberOf(q)
	if number == "" || q.Channel == hotline.ChannelChat && kind == CallbackAbandoned { // who closes a window may come back to it
		return
	}
	c, err := r.promise(Callback{
		Kind: kind, Conversation: q.Conversation, Queue: q.home.ID, Number: number, Since: q.Since,
		Priority: q.Priority, Brief: q.Brief, Skills: q.Skills, Language: q.Language,
	})
	if err != nil {
		r.logger.Error("missed call is not kept", "conversation", q.Conversation, "err", err)
		return
	}
	r.comeUp(c)
}

// unask takes the request that stands for a callback out of its queue.
func (r *room) unask(t *task) {
	r.timers.stop(&t.timer)
	q := t.request
	if q == nil {
		return
	}
	if q.offer != nil {
		r.cancel(q.offer)
	}
	r.over(q)
	t.request = nil
}

func (r *room) doneTask(t *task, result Result) {
	r.unask(t)
	t.State, t.Result, t.Done = CallbackDone, result, r.now
	if q := r.queues[t.Queue]; q != nil {
		q.tasks--
	}
	r.keepTask(t)
	delete(r.tasks, t.ID)
	left := slices.DeleteFunc(r.numbers[t.Number], func(other *task) bool { return other == t })
	if r.numbers[t.Number] = left; len(left) == 0 {
		delete(r.numbers, t.Number)
	}
}

// calledAgain ends what was to be called back of somebody who got through.
func (r *room) calledAgain(number string) {
	for _, t := range slices.Clone(r.numbers[number]) {
		if t.State == CallbackOpen && t.Kind.wantsCall() {
			r.doneTask(t, CalledAgain)
		}
	}
}

// openCallbacks lists what is not done, those due first.
func (r *room) openCallbacks() []Callback {
	list := make([]Callback, 0, len(r.tasks))
	for _, t := range r.tasks {
		c := *t.Callback
		c.Attempts = slices.Clone(c.Attempts)
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Callback) int {
		return cmp.Or(a.Due.Compare(b.Due), a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
	})
	return list
}
