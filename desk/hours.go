package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// Hours is when something is open. The zero value is always open.
type Hours struct {
	// Days holds the ranges of each day of the week, by mon, tue, wed, thu, fri, sat, sun. A day
	// that is not named is closed.
	Days map[string][]Range `json:"days,omitempty"`
	// Holiday is for days of statutory rest, MakeUp for weekend days that are worked; without it
	// such a day is like a Monday.
	Holiday []Range `json:"holiday,omitempty"`
	MakeUp  []Range `json:"make_up,omitempty"`
	// Dates are exceptions by date ("2026-05-04"), which win over everything. An empty list closes.
	Dates map[string][]Range `json:"dates,omitempty"`
}

// Range is a part of a day, "08:30" to "17:30". To may be "24:00". One that ends at or before its
// start goes on into the next day: "22:00" to "06:00".
type Range struct {
	From string `json:"from"`
	To   string `json:"to"`
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Bounds of hours.
const (
	maxRanges = 8   // a day
	horizon   = 370 // days that are looked ahead for an opening
)

// Validate tells what is wrong with the hours, naming the field.
func (h Hours) Validate(field string) error {
	check := func(name string, ranges []Range) error {
		if len(ranges) > maxRanges {
			return invalid("%s.%s: %d ranges, at most %d", field, name, len(ranges), maxRanges)
		}
		for _, r := range ranges {
			if _, _, err := r.minutes(); err != nil {
				return invalid("%s.%s: %w", field, name, err)
			}
		}
		return nil
	}
	for day, ranges := range h.Days {
		if !slices.Contains(weekdays[:], day) {
			return invalid("%s.days: %q is none of %s", field, day, strings.Join(weekdays[:], ", "))
		}
		if err := check("days."+day, ranges); err != nil {
			return err
		}
	}
	for date, ranges := range h.Dates {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return invalid("%s.dates: %q is not a date such as 2026-05-04", field, date)
		}
		if err := check("dates."+date, ranges); err != nil {
			return err
		}
	}
	if err := check("holiday", h.Holiday); err != nil {
		return err
	}
	return check("make_up", h.MakeUp)
}

func invalid(format string, args ...any) error {
	return hotline.Errorf("read roster", hotline.CodeInvalid, format, args...)
}

// minutes returns the range in minutes of the day; to is over 1440 when it goes on into the next.
func (r Range) minutes() (from, to int, err error) {
	if from, err = minute(r.From); err != nil {
		return 0, 0, err
	}
	if to, err = minute(r.To); err != nil {
		return 0, 0, err
	}
	if from == 24*60 {
		return 0, 0, fmt.Errorf("from %q: 00:00…23:59", r.From)
	}
	if to <= from {
		to += 24 * 60
	}
	return from, to, nil
}

// minute reads "HH:MM".
func minute(text string) (int, error) {
	var h, m int
	if len(text) != 5 || text[2] != ':' {
		return 0, fmt.Errorf("%q is not a time such as 08:30", text)
	}
	for i, place := range []*int{&h, &h, nil, &m, &m} {
		if place == nil {
			continue
		}
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("%q is not a time such as 08:30", text)
		}
		*place = *place*10 + int(text[i]-'0')
	}
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%q: 00:00…24:00", text)
	}
	return h*60 + m, nil
}

func (h Hours) always() bool {
	return len(h.Days) == 0 && len(h.Dates) == 0 && len(h.Holiday) == 0 && len(h.MakeUp) == 0
}

// on returns the ranges of the day of a moment.
func (h Hours) on(at time.Time, a *almanac) []Range {
	at = at.In(a.zone)
	if ranges, found := h.Dates[at.Format(time.DateOnly)]; found {
		return ranges
	}
	switch a.kind(at) {
	case Holiday:
		return h.Holiday
	case MakeUp:
		if len(h.MakeUp) > 0 {
			return h.MakeUp
		}
		return h.Days["mon"]
	default:
		return h.Days[weekdays[at.Weekday()]]
	}
}

// open tells whether a moment is within the hours.
func (h Hours) open(at time.Time, a *almanac) bool {
	next, found := h.next(at, a)
	return found && !next.After(at)
}

// next returns the first moment within the hours that is not before at; false when there is none
// within the horizon. Hours that only have exceptions for some dates are open on those.
func (h Hours) next(at time.Time, a *almanac) (time.Time, bool) {
	if h.always() {
		return at, true
	}
	local := at.In(a.zone)
	for offset := -1; offset <= horizon; offset++ { // from yesterday, whose range may go on
		var first time.Time
		day := time.Date(local.Year(), local.Month(), local.Day()+offset, 0, 0, 0, 0, a.zone)
		for _, r := range h.on(day, a) {
			from, to, err := r.minutes()
			if err != nil {
				continue // Validate has refused it
			}
			start := time.Date(day.Year(), day.Month(), day.Day(), 0, from, 0, 0, a.zone)
			end := time.Date(day.Year(), day.Month(), day.Day(), 0, to, 0, 0, a.zone)
			switch {
			case !end.After(at):
			case !start.After(at):
				return at, true
			case first.IsZero() || start.Before(first):
				first = start
			}
		}
		if !first.IsZero() {
			// The day after cannot begin earlier, and nothing of the day before covers at.
			return first, true
		}
	}
	return time.Time{}, false
}
