package desk

import (
	"slices"
	"time"
)

// Roster is who works where and when. It is read at the start and at each Reload.
type Roster struct {
	Agents   []Agent  `json:"agents"`
	Queues   []Queue  `json:"queues"`
	Shifts   []Shift  `json:"shifts,omitempty"`
	Calendar Calendar `json:"calendar,omitzero"`
}

// Shift says when an agent, or everybody of a queue, is on. It decides nothing about who may log
// in: it tells a caller when people come, and whether to wait for them.
type Shift struct {
	Agent string `json:"agent,omitempty"`
	Queue string `json:"queue,omitempty"` // without an agent: everybody in it
	Hours Hours  `json:"hours"`
}

// Bounds of a roster.
const (
	maxAgents = 10000
	maxQueues = 1000
	maxShifts = 20000
)

// Validate tells the first thing that is wrong with a roster, naming field and range.
func (r Roster) Validate() error {
	for name, c := range map[string][2]int{
		"agents": {len(r.Agents), maxAgents}, "queues": {len(r.Queues), maxQueues}, "shifts": {len(r.Shifts), maxShifts},
	} {
		if c[0] > c[1] {
			return invalid("%s: %d, at most %d", name, c[0], c[1])
		}
	}
	queues := map[string]Queue{}
	for _, q := range r.Queues {
		if err := q.Validate(); err != nil {
			return err
		}
		if _, twice := queues[q.ID]; twice {
			return invalid("queues.%s: is there twice", q.ID)
		}
		queues[q.ID] = q
	}
	for _, q := range r.Queues {
		for seen := map[string]bool{q.ID: true}; q.Overflow != ""; seen[q.ID] = true {
			next, found := queues[q.Overflow]
			switch {
			case !found:
				return invalid("queues.%s.overflow: there is no queue %q", q.ID, q.Overflow)
			case seen[next.ID]:
				return invalid("queues.%s.overflow: %q leads back", q.ID, next.ID)
			}
			q = next
		}
	}
	agents := map[string]bool{}
	for _, a := range r.Agents {
		if err := a.validate(queues); err != nil {
			return err
		}
		if agents[a.ID] {
			return invalid("agents.%s: is there twice", a.ID)
		}
		agents[a.ID] = true
	}
	for i, s := range r.Shifts {
		_, isQueue := queues[s.Queue]
		switch {
		case s.Agent == "" && !isQueue, s.Queue != "" && !isQueue:
			return invalid("shifts[%d].queue: there is no queue %q", i, s.Queue)
		case s.Agent != "" && !agents[s.Agent]:
			return invalid("shifts[%d].agent: there is no agent %q", i, s.Agent)
		}
		if err := s.Hours.Validate("shifts.hours"); err != nil {
			return err
		}
	}
	_, err := newAlmanac(r.Calendar)
	return err
}

func (a Agent) validate(queues map[string]Queue) error {
	field := "agents." + a.ID
	switch {
	case a.ID == "" || len(a.ID) > 64:
		return invalid("agents: id %q: 1…64 bytes", a.ID)
	case a.Device != Browser && a.Device != Phone:
		return invalid("%s.device: %q is neither browser nor phone", field, a.Device)
	case a.Device == Phone && a.Extension == "":
		return invalid("%s.extension: an agent on a phone needs one", field)
	case a.Chats < 0 || a.Chats > 20:
		return invalid("%s.chats: %d is not within 0…20", field, a.Chats)
	}
	for i, id := range a.Queues {
		if _, found := queues[id]; !found || slices.Contains(a.Queues[:i], id) {
			return invalid("%s.queues: there is no queue %q, or it is there twice", field, id)
		}
	}
	return validSkills(field, a.Skills)
}

// staffing remembers when somebody who serves a queue is next on: there may be thousands of shifts,
// and a thousand who wait ask at once when the last agent leaves.
type staffing struct {
	asked, until time.Time // the answer holds from one to the other
	next         time.Time
	found        bool
}

// staffingLife bounds how long an answer holds that does not tell its own end.
const staffingLife = 10 * time.Second

// due returns when somebody who serves a queue is next on by the shifts, at itself when one is on.
func (r *room) due(q *queue, at time.Time) (time.Time, bool) {
	known := &q.staffing
	if at.Before(known.asked) || !at.Before(known.until) {
		*known = staffing{asked: at, until: at.Add(staffingLife)}
		if known.next, known.found = r.nextShift(q, at); known.next.After(at) {
			known.until = known.next
		}
	}
	if known.found && known.next.Before(at) {
		return at, true
	}
	return known.next, known.found
}

func (r *room) nextShift(q *queue, at time.Time) (time.Time, bool) {
	var first time.Time
	for _, s := range r.shifts {
		serves := s.Queue == q.ID && s.Agent == ""
		if s.Agent != "" && (s.Queue == "" || s.Queue == q.ID) {
			p := r.people[s.Agent]
			serves = p != nil && slices.Contains(p.Queues, q.ID)
		}
		if !serves {
			continue
		}
		if next, found := s.Hours.next(at, r.almanac); found && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	return first, !first.IsZero()
}

// back returns when it makes sense to call a queue again: when it is open and, by the shifts,
// somebody is on. Zero when that is not known.
func (r *room) back(q *queue, at time.Time) time.Time {
	for range 8 { // openings and shifts that take turns in missing each other
		opens, found := q.Hours.next(at, r.almanac)
		if !found {
			return time.Time{}
		}
		due, found := r.due(q, opens)
		if !found {
			if opens.After(at) {
				return opens
			}
			return time.Time{}
		}
		if !due.After(opens) || q.Hours.open(due, r.almanac) {
			return due
		}
		at = due
	}
	return time.Time{}
}
