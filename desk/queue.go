package desk

import (
	"cmp"
	"time"
)

// Seconds is a span of time as rosters write it.
type Seconds int

// Duration returns the span.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Queue is a group of people who serve one kind of matter, and the rules by which the next of those
// who wait is found. Fields that are 0 have the value named.
type Queue struct {
	ID   string `json:"id"` // [a-z0-9_-], 1…64
	Name string `json:"name"`
	// Skills is what everybody who serves the queue must have, by level 1…9. What a request asks
	// for is added.
	Skills map[string]int `json:"skills,omitempty"`
	// Relax lets less fitting people serve who has waited for long; without it after 30 s a level
	// less will do and after 60 s anybody in the queue. Strict never relaxes.
	Relax  []Relax `json:"relax,omitempty"`
	Strict bool    `json:"strict,omitempty"`
	// HeadStart is how much longer somebody one step of priority ahead is taken to have waited:
	// 0…3600; 0 is 60.
	HeadStart Seconds `json:"head_start_s,omitempty"`
	// RingTimeout is how long one agent is rung: 5…120; 0 is 20.
	RingTimeout Seconds `json:"ring_timeout_s,omitempty"`
	// WrapUp is the time to write down what was said: 0…1800; 0 is none.
	WrapUp Seconds `json:"wrap_up_s,omitempty"`
	// MaxWait is after how long nobody is looked for any more: 30…86400; 0 is 1800.
	MaxWait Seconds `json:"max_wait_s,omitempty"`
	// MaxLength is how many may wait: 1…100000; 0 is 1000.
	MaxLength int `json:"max_length,omitempty"`
	// Overflow is the queue whose agents may serve too, after OverflowAfter (0…86400; 0 is only when
	// nobody of this queue is logged in).
	Overflow      string  `json:"overflow,omitempty"`
	OverflowAfter Seconds `json:"overflow_after_s,omitempty"`
	// Sticky is how long the agent of the last talk is waited for: 0…600; 0 is not at all.
	Sticky Seconds `json:"sticky_s,omitempty"`
	// Patience is how long is waited for somebody to log in when nobody who could ever serve is
	// there, but a shift says that one should come within that time: 0…3600; 0 is not at all.
	Patience Seconds `json:"patience_s,omitempty"`
	// Announce is how often the place is told again: 10…600; 0 is 45.
	Announce Seconds `json:"announce_s,omitempty"`
	Hours    Hours   `json:"hours,omitzero"`
	// Retry is when a callback that did not reach anybody is tried again, one wait after each
	// attempt: 60…604800 each, at most 10. None is 10 min, 1 h and 4 h; after the last it is done.
	Retry []Seconds `json:"retry_s,omitempty"`
}

// Relax is what a wait makes do with.
type Relax struct {
	After  Seconds `json:"after_s"`          // of waiting, 1…86400
	Levels int     `json:"levels,omitempty"` // of each skill less, 1…9
	Any    bool    `json:"any,omitempty"`    // anybody in the queue, whatever skills and language
}

// withDefaults returns the queue with its zero fields filled in.
func (q Queue) withDefaults() Queue {
	q.HeadStart = cmp.Or(q.HeadStart, 60)
	q.RingTimeout = cmp.Or(q.RingTimeout, 20)
	q.MaxWait = cmp.Or(q.MaxWait, 1800)
	q.MaxLength = cmp.Or(q.MaxLength, 1000)
	q.Announce = cmp.Or(q.Announce, 45)
	if q.Relax == nil {
		q.Relax = []Relax{{After: 30, Levels: 1}, {After: 60, Any: true}}
	}
	if q.Strict {
		q.Relax = nil
	}
	if q.Retry == nil {
		q.Retry = []Seconds{600, 3600, 4 * 3600}
	}
	return q
}

// Validate tells what is wrong with a queue, naming field and range.
func (q Queue) Validate() error {
	field := "queues." + q.ID
	if !validID(q.ID) {
		return invalid("queues: id %q: 1…64 of a-z 0-9 _ -", q.ID)
	}
	for _, c := range []struct {
		name     string
		value    int
		min, max int
		zero     bool // 0 is allowed although it is below min
	}{
		{"head_start_s", int(q.HeadStart), 0, 3600, true},
		{"ring_timeout_s", int(q.RingTimeout), 5, 120, true},
		{"wrap_up_s", int(q.WrapUp), 0, 1800, true},
		{"max_wait_s", int(q.MaxWait), 30, 86400, true},
		{"max_length", q.MaxLength, 1, 100000, true},
		{"overflow_after_s", int(q.OverflowAfter), 0, 86400, true},
		{"sticky_s", int(q.Sticky), 0, 600, true},
		{"patience_s", int(q.Patience), 0, 3600, true},
		{"announce_s", int(q.Announce), 10, 600, true},
		{"retry_s, count", len(q.Retry), 0, 10, true},
	} {
		if (c.value < c.min || c.value > c.max) && !(c.zero && c.value == 0) {
			return invalid("%s.%s: %d is not within %d…%d", field, c.name, c.value, c.min, c.max)
		}
	}
	for _, s := range q.Retry {
		if s < 60 || s > 604800 {
			return invalid("%s.retry_s: %d is not within 60…604800", field, s)
		}
	}
	if err := validSkills(field, q.Skills); err != nil {
		return err
	}
	before := Relax{}
	for _, r := range q.Relax {
		switch {
		case r.After <= before.After || r.After > 86400:
			return invalid("%s.relax: after_s %d is not within %d…86400", field, r.After, before.After+1)
		case !r.Any && (r.Levels <= before.Levels || r.Levels > 9):
			return invalid("%s.relax: levels %d is not within %d…9", field, r.Levels, before.Levels+1)
		case before.Any:
			return invalid("%s.relax: nothing can follow any", field)
		}
		before = r
	}
	return q.Hours.Validate(field + ".hours")
}

func validSkills(field string, skills map[string]int) error {
	if len(skills) > maxSkills {
		return invalid("%s.skills: %d, at most %d", field, len(skills), maxSkills)
	}
	for name, level := range skills {
		if name == "" || len(name) > 64 || level < 1 || level > 9 {
			return invalid("%s.skills.%s: level %d is not within 1…9, or the name is not 1…64 bytes", field, name, level)
		}
	}
	return nil
}

const maxSkills = 64 // of a queue, an agent or a request

func validID(id string) bool {
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}
