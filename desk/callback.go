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

// comeUp lets a callback that keeps a place wait in its queue when it is due. The others are taken
// from the list.
func (r *room) comeUp(c *Callback) {
	t := r.tasks[c.ID]
	if c.Kind != CallbackAsked || c.State != CallbackOpen || t.request != nil {
		return
	}
	home := r.queues[c.Queue]
	if home == nil {
		return
	}
	at := c.Due
	if at.Before(r.now) {
		at = r.now
	}
	if opens, found := home.Hours.next(at, r.almanac); found {
		at = opens
	}
	if at.After(r.now) {
		r.timers.set(&t.timer, at, func() { r.comeUp(c) })
		return
	}
	q := r.admit(Request{
		Conversation: c.Conversation, Channel: hotline.ChannelPhone, Caller: c.Number, Queue: c.Queue, Reason: c.Brief.Reason,
		Priority: c.Priority, Skills: c.Skills, Language: c.Language, Since: c.Since, Brief: c.Brief,
	}, nil, home)
	q.callback, t.request = c, q
	r.wait(q)
}

// postpone lets an open callback come up later, within the hours of its queue.
func (r *room) postpone(c *Callback, at time.Time) {
	t := r.tasks[c.ID]
	r.unask(t)
	if q := r.queues[c.Queue]; q != nil {
		if opens, found := q.Hours.next(at, r.almanac); found {
			at = opens
		}
	}
	c.State, c.Agent, c.Due = CallbackOpen, "", at
	r.keepTask(t)
	r.comeUp(c)
}

func (r *room) takeTask(p *person, c *Callback) {
	t := r.tasks[c.ID]
	r.unask(t)
	c.State, c.Agent = CallbackTaken, p.ID
	p.task = c
	r.keepTask(t)
	r.changed(p)
}

// takeCallback gives an open callback to an agent who picks it from the list.
func (r *room) takeCallback(agent, id string) (Callback, error) {
	const op = "take callback"
	p, err := r.person(op, agent)
	if err != nil {
		return Callback{}, err
	}
	t := r.tasks[id]
	switch {
	case t == nil:
		return Callback{}, hotline.Errorf(op, hotline.CodeNotFound, "there is no open callback %q", id)
	case t.State != CallbackOpen:
		return Callback{}, hotline.Errorf(op, hotline.CodeConflict, "callback %q is taken by %q", id, t.Agent)
	case !p.room(tasking) || !p.reached(tasking):
		return Callback{}, hotline.Errorf(op, hotline.CodeConflict, "agent %q has something else, or no console and line", agent)
	}
	r.takeTask(p, t.Callback)
	return *t.Callback, nil
}

// settleCallback writes down what an attempt came to.
func (r *room) settleCallback(agent, id string, result Result, note string) (Callback, error) {
	const op = "settle callback"
	p, err := r.person(op, agent)
	if err != nil {
		return Callback{}, err
	}
	switch {
	case p.task == nil || p.task.ID != id:
		return Callback{}, hotline.Errorf(op, hotline.CodeForbidden, "agent %q does not have callback %q", agent, id)
	case len(note) > maxNote:
		return Callback{}, hotline.Errorf(op, hotline.CodeTooLarge, "note of %d bytes, at most %d", len(note), maxNote)
	}
	switch result {
	case Reached, Void, Unanswered, Engaged, Failure:
	default:
		return Callback{}, hotline.Errorf(op, hotline.CodeInvalid, "%q is no result of an attempt", result)
	}
	c := p.task
	r.attempted(p, result, note)
	return *c, nil
}

// dropTask is an agent who is lost while calling back, or before.
func (r *room) dropTask(p *person) {
	c := p.task
	if !c.Dialled.IsZero() {
		r.attempted(p, Failure, "")
		return
	}
	p.task, p.idle = nil, r.now
	r.postpone(c, c.Due)
	r.changed(p)
	r.freed(p)
}

func (r *room) attempted(p *person, result Result, note string) {
	c := p.task
	p.task = nil
	p.idle = r.now
	c.tried(cmp.Or(c.Dialled, r.now), result, note)
	if result == Reached || result == Void {
		r.doneTask(r.tasks[c.ID], result)
	} else {
		var retry []Seconds
		if q := r.queues[c.Queue]; q != nil {
			retry = q.Retry
		}
		if tries := len(c.Attempts); tries <= len(retry) {
			r.postpone(c, r.now.Add(retry[tries-1].Duration()))
		} else {
			r.doneTask(r.tasks[c.ID], Unreachable)
		}
	}
	r.changed(p)
	r.freed(p)
}

// tried writes down an attempt of the agent who has the callback.
func (c *Callback) tried(at time.Time, result Result, note string) {
	c.Attempts = append(c.Attempts, Attempt{At: at, Agent: c.Agent, Result: result, Note: note})
	c.Dialled = time.Time{}
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
