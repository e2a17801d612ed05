// Package report works the numbers of a contact centre out of its records: how many were answered in time,
// how many gave up, how satisfied people were, each with its definition. It only computes; a number that has
// nothing to be worked out of says why it is missing.
package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hotline-cc/hotline/records"
)

// Span is what a report is about.
type Span struct {
	From, To time.Time      // from one to just before the other
	Location *time.Location // whose days and hours count; nil is time.Local
	Queue    string         // "" is all
	Now      time.Time      // what has not been by then is not counted as missed
}

// Before is how long before Span.From a builder wants records from: for the windows of 24 hours, and for
// conversations that began long before they asked for a person.
const Before = 48 * time.Hour

// Figure is the value of an indicator. Value is nil when there is nothing to work it out of, and Why says so.
type Figure struct {
	Value       *float64
	Numerator   float64 // of ratios the counted, of means the sum
	Denominator int64
	Excluded    int64 // left out by definition
	Why         Text
	At          time.Time // end of the window, of those of 24 hours
}

// Group is a part of a report: a day, an hour, a queue or an agent.
type Group struct {
	Key     string
	Counts  Counts
	Figures map[string]Figure // by indicator
}

// Counts are what the figures rest on.
type Counts struct {
	Conversations int64 // that have ended, or were answered
	Requests      int64 // for a person, without those given up within ShortAbandon
	Answered      int64 // of those asked for; not what agents begin
	Abandoned     int64
	Short         int64 // given up within ShortAbandon
	Open          int64 // that go on and wait
}

// Report is a finished report.
type Report struct {
	Total  Group
	Days   []Group // each day of the span, as 2026-11-24
	Hours  []Group // 00…23
	Queues []Group
	Agents []Group
}

// Builder takes records in any order and then makes the report. Not safe for concurrent use.
type Builder struct {
	span                        Span
	total                       tally
	days, hours, queues, agents map[string]*tally
	calls                       []call
}

// NewBuilder returns an empty builder.
func NewBuilder(s Span) *Builder {
	if s.Location == nil {
		s.Location = time.Local
	}
	b := &Builder{span: s, days: map[string]*tally{}, hours: map[string]*tally{}, queues: map[string]*tally{}, agents: map[string]*tally{}}
	last := dayOf(s.To.Add(-1), s.Location)
	for day := s.From; s.From.Before(s.To); day = day.In(s.Location).AddDate(0, 0, 1) {
		key := dayOf(day, s.Location)
		if key > last {
			break
		}
		b.days[key] = &tally{}
	}
	for hour := range 24 {
		b.hours[hourOf(time.Date(2000, 1, 1, hour, 0, 0, 0, time.UTC), time.UTC)] = &tally{}
	}
	return b
}

func dayOf(t time.Time, in *time.Location) string { return t.In(in).Format(time.DateOnly) }

func hourOf(t time.Time, in *time.Location) string { return t.In(in).Format("15") }

// momentOf is when a conversation counts: when a person was asked for, else when it began.
func momentOf(r records.Record) time.Time {
	if !r.Requested.IsZero() {
		return r.Requested
	}
	return r.Started
}

// Add takes a record and tells whether it is of the span. One from outside only counts in windows that reach
// into it.
func (b *Builder) Add(r records.Record) bool {
	if b.span.Queue != "" && r.Queue != b.span.Queue {
		return false
	}
	at := momentOf(r)
	b.addCall(r)
	if !b.within(at) {
		return false
	}
	for _, t := range b.talliesOf(at, r.Queue, r.Agent()) {
		t.add(r)
	}
	return true
}

// AddCallback takes a call to be made. Calls to be made have no agent in a report: nobody was there.
func (b *Builder) AddCallback(c records.CallbackTask) {
	if !b.within(c.Since) || b.span.Queue != "" && c.Queue != b.span.Queue {
		return
	}
	for _, t := range b.talliesOf(c.Since, c.Queue, "") {
		t.addCallback(c, b.span.Now)
	}
}

func (b *Builder) within(t time.Time) bool { return !t.Before(b.span.From) && t.Before(b.span.To) }

func (b *Builder) talliesOf(at time.Time, queue, agent string) []*tally {
	list := []*tally{&b.total, of(b.days, dayOf(at, b.span.Location)), of(b.hours, hourOf(at, b.span.Location))}
	if queue != "" {
		list = append(list, of(b.queues, queue))
	}
	if agent != "" {
		list = append(list, of(b.agents, agent))
	}
	return list
}

func of(m map[string]*tally, key string) *tally {
	if m[key] == nil {
		m[key] = &tally{}
	}
	return m[key]
}

// Report works the numbers out.
func (b *Builder) Report() Report {
	total := b.total.group("", false)
	maps.Copy(total.Figures, b.windows())
	return Report{
		Total: total, Days: groups(b.days, false), Hours: groups(b.hours, false),
		Queues: groups(b.queues, false), Agents: groups(b.agents, true),
	}
}

func groups(m map[string]*tally, agents bool) []Group {
	list := []Group{}
	for key, t := range m {
		list = append(list, t.group(key, agents))
	}
	slices.SortFunc(list, func(a, b Group) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
