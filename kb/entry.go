// Package kb is governed knowledge: entries that answer questions, each with its validity, region,
// audience, owner, source and status; the categories and departments they belong to; a graph of
// matters with their materials, places, fees and limits; and the inbox of questions nobody has
// answered yet. What has expired or is not in force never answers as current.
package kb

import (
	"cmp"
	"slices"
	"time"
)

// Day is a calendar day as "2006-01-02", so that days compare as strings do. The zero Day is open:
// without a beginning or without an end.
type Day string

const dayLayout = "2006-01-02"

// DayOf returns the day of a time in its own zone.
func DayOf(t time.Time) Day { return Day(t.Format(dayLayout)) }

// Add returns the day n days later, the zero Day for a day that is no date.
func (d Day) Add(n int) Day {
	t, err := time.Parse(dayLayout, string(d))
	if err != nil {
		return ""
	}
	return DayOf(t.AddDate(0, 0, n))
}

// Chinese reads a day out: 2026年8月31日, "" for one that is no date.
func (d Day) Chinese() string {
	t, err := time.Parse(dayLayout, string(d))
	if err != nil {
		return ""
	}
	return t.Format("2006年1月2日")
}

// Status is where an entry stands in its life.
type Status string

// The states of an entry. Only published entries answer.
const (
	StatusDraft     Status = "draft"
	StatusPublished Status = "published"
	StatusWithdrawn Status = "withdrawn"
)

// Audience is whom an answer is for.
type Audience string

// The audiences of an entry. What is for the staff is shown to agents and never told to callers.
const (
	AudienceAll        Audience = "all"
	AudiencePerson     Audience = "person"
	AudienceEnterprise Audience = "enterprise"
	AudienceStaff      Audience = "staff"
)

// Entry is one question with its answer and what governs it.
type Entry struct {
	ID           string   `json:"id"`
	Category     string   `json:"category"` // id of a leaf
	Question     string   `json:"question"`
	Similar      []string `json:"similar,omitempty"`
	AnswerText   string   `json:"answer_text"`          // may hold lists and links
	AnswerVoice  string   `json:"answer_voice"`         // at most MaxVoice characters, speakable
	ValidFrom    Day      `json:"valid_from,omitempty"` // first day in force
	ValidTo      Day      `json:"valid_to,omitempty"`   // last day in force
	Regions      []string `json:"regions,omitempty"`    // names of districts; empty is the whole city
	Source       string   `json:"source,omitempty"`     // the rule it rests on
	Tags         []string `json:"tags,omitempty"`       //
	SupersededBy string   `json:"superseded_by,omitempty"`
	Audience     Audience `json:"audience"`
	Owner        string   `json:"owner,omitempty"`  // id of a department; empty is the one of the category
	Clause       string   `json:"clause,omitempty"` // wording or number of the clause of the source
	Review       Day      `json:"review,omitempty"` // to be looked at again by this day
	Status       Status   `json:"status"`
	Version      int      `json:"version"` // counts the changes, from 1
}

// MaxVoice is the longest voice answer, in characters: about 20 s of speech.
const MaxVoice = 90

// normalize puts the defaults of what a file may leave out.
func (e *Entry) normalize() {
	e.Status = cmp.Or(e.Status, StatusPublished)
	e.Audience = cmp.Or(e.Audience, AudienceAll)
	e.Version = cmp.Or(e.Version, 1)
}

// Wordings returns the question and the similar ones.
func (e Entry) Wordings() []string {
	return append([]string{e.Question}, e.Similar...)
}

// Public tells whether callers may hear the entry at all, whatever the day.
func (e Entry) Public() bool { return e.Status == StatusPublished && e.Audience != AudienceStaff }

// Applies tells whether the entry is for a region. Every entry is for "", and one without regions
// is for all.
func (e Entry) Applies(region string) bool {
	return region == "" || len(e.Regions) == 0 || slices.Contains(e.Regions, region)
}

// clone returns a copy that shares nothing.
func (e Entry) clone() Entry {
	e.Similar, e.Regions, e.Tags = slices.Clone(e.Similar), slices.Clone(e.Regions), slices.Clone(e.Tags)
	return e
}

// Standing is whether an entry answers on a day.
type Standing string

// The standings of an entry.
const (
	Valid     Standing = "valid"
	Expired   Standing = "expired"
	NotYet    Standing = "not_yet"
	Draft     Standing = "draft"
	Withdrawn Standing = "withdrawn"
)

// Validity returns where an entry stands on a day.
func Validity(e Entry, day Day) Standing {
	switch {
	case e.Status == StatusDraft:
		return Draft
	case e.Status == StatusWithdrawn:
		return Withdrawn
	case e.ValidFrom != "" && day < e.ValidFrom:
		return NotYet
	case e.ValidTo != "" && day > e.ValidTo:
		return Expired
	}
	return Valid
}
