package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// queue is a Queue at work.
type queue struct {
	Queue
	members  []*person
	line     []*spot // who waits and is not being offered, first the one who is next
	classes  map[string]*class
	pace     pace
	today    tally
	tasks    int // callbacks that are not done
	staffing staffing
	gone     bool // no longer in the roster
}

// spot is the place of a request in a line. It keeps its key while the request is offered, so an
// offer that comes to nothing costs nobody their place.
type spot struct {
	queue   *queue
	request *request
	class   *class
	key     key
}

// key orders a line: first those whose agent was lost, then by the time since they have waited,
// later by the head start of everybody ahead in priority.
type key struct {
	behind bool
	at     int64 // nanoseconds since 1970
	order  uint64
}

func (k key) compare(other key) int {
	switch {
	case k.behind != other.behind:
		if other.behind {
			return -1
		}
		return 1
	case k.at != other.at:
		return cmp.Compare(k.at, other.at)
	default:
		return cmp.Compare(k.order, other.order)
	}
}

func (q *queue) keyOf(r *request) key {
	head := time.Duration(r.Priority) * q.HeadStart.Duration()
	return key{behind: !r.head, at: r.Since.Add(head).UnixNano(), order: r.order}
}

// place returns where a key stands or belongs, from 0.
func (q *queue) place(k key) int {
	i, _ := slices.BinarySearchFunc(q.line, k, func(s *spot, k key) int { return s.key.compare(k) })
	return i
}

func (q *queue) insert(s *spot) { q.line = slices.Insert(q.line, q.place(s.key), s) }

func (q *queue) remove(s *spot) {
	if i := q.place(s.key); i < len(q.line) && q.line[i] == s {
		q.line = slices.Delete(q.line, i, i+1)
	}
}

// step returns how far the queue has relaxed for somebody who has waited so long: 0 is not at all.
func (q *queue) step(waited time.Duration) int {
	for i, r := range q.Relax {
		if waited < r.After.Duration() {
			return i
		}
	}
	return len(q.Relax)
}

// class is what requests of a queue need of an agent, shared by all that need the same, with who
// fits worked out once.
type class struct {
	name     string
	skills   map[string]int
	language string
	users    int
	fits     []uint8 // by person.index
}

const (
	unknown = 254
	never   = 255
)

// join returns the class of a request, to be left by leave. Most find theirs, and then nothing is
// allocated but for many skills.
func (q *queue) join(r Request, people int) *class {
	level := func(skill string) int { return max(q.Skills[skill], r.Skills[skill]) }
	var few [8]string
	skills := few[:0]
	for skill := range q.Skills {
		skills = append(skills, skill)
	}
	for skill := range r.Skills {
		if q.Skills[skill] == 0 {
			skills = append(skills, skill)
		}
	}
	slices.Sort(skills)
	language := r.Language
	if mandarin(language) {
		language = ""
	}
	var short [128]byte
	name := short[:0]
	for _, skill := range skills {
		name = strconv.AppendInt(strconv.AppendQuote(name, skill), int64(level(skill)), 10)
	}
	name = append(name, language...)
	c := q.classes[string(name)]
	if c == nil {
		c = &class{name: string(name), skills: make(map[string]int, len(skills)), language: language}
		for _, skill := range skills {
			c.skills[skill] = level(skill)
		}
		c.forget(people)
		q.classes[c.name] = c
	}
	c.users++
	return c
}

func (q *queue) leave(c *class) {
	if c.users--; c.users == 0 {
		delete(q.classes, c.name)
	}
}

func (c *class) forget(people int) {
	c.fits = slices.Repeat([]uint8{unknown}, people)
}

func mandarin(language string) bool {
	switch strings.ToLower(language) {
	case "", "zh", "cmn", "zh-cn", "cmn-hans-cn", "zh-hans-cn":
		return true
	}
	return false
}

// fit returns from which step of relaxing an agent of the queue may serve, or never.
func (s *spot) fit(p *person) int {
	if fit := s.class.fits[p.index]; fit != unknown {
		return int(fit)
	}
	fit := never
	for step := len(s.queue.Relax); step >= 0; step-- {
		var relax Relax
		if step > 0 {
			relax = s.queue.Relax[step-1]
		}
		if !s.class.met(p, relax) {
			break
		}
		fit = step
	}
	s.class.fits[p.index] = uint8(fit)
	return fit
}

func (c *class) met(p *person, relax Relax) bool {
	if relax.Any {
		return true
	}
	if c.language != "" && !slices.Contains(p.Languages, c.language) {
		return false
	}
	for skill, level := range c.skills {
		// A skill of level 1 relaxed by one may be missing altogether.
		if p.Skills[skill] < level-relax.Levels {
			return false
		}
	}
	return true
}

// pace is how long talks of a queue take, wrap-up included: an average that forgets by a fifth.
type pace struct {
	mean    time.Duration
	samples int
}

const (
	forgetting  = 5 // the newest talk counts one fifth
	paceSamples = 3 // fewer say nothing
)

func (p *pace) add(took time.Duration) {
	if p.samples == 0 {
		p.mean = took
	}
	p.mean += (took - p.mean) / forgetting
	p.samples++
}

// expect returns the wait at a place, from 1: with n people at work somebody becomes free every
// mean/n, and the one at place k goes with the k-th. 0 is not known.
func (q *queue) expect(place int) time.Duration {
	n := 0
	for _, p := range q.members {
		if p.onDuty() {
			n++
		}
	}
	if n == 0 || q.pace.samples < paceSamples {
		return 0
	}
	return max(time.Second, q.pace.mean*time.Duration(place)/time.Duration(n)).Round(time.Second)
}
