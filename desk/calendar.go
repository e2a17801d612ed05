package desk

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// Calendar tells which days people rest. Its zero value is the statutory calendar of China, in
// China's time.
type Calendar struct {
	// Zone is an IANA name; "" is Asia/Shanghai.
	Zone string `json:"zone,omitempty"`
	// Years adds to the statutory table, or takes the place of a year in it.
	Years []Year `json:"years,omitempty"`
}

// Year is what the State Council (国务院办公厅) lays down for one year. Dates are "2026-02-14".
type Year struct {
	Year int        `json:"year"`
	Rest []DateSpan `json:"rest"`           // statutory rest, both ends included
	Work []string   `json:"work,omitempty"` // weekend days that are worked (调休)
}

// DateSpan is from one day to another, both included.
type DateSpan struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// DayKind is what a day is by the calendar.
type DayKind string

// The kinds of day.
const (
	Weekday DayKind = "weekday"
	Weekend DayKind = "weekend"
	Holiday DayKind = "holiday" // statutory rest, whatever the day of the week
	MakeUp  DayKind = "make_up" // a weekend day that is worked
)

// statutory is the table that is shipped: 国办发明电〔2024〕12号 and 〔2025〕7号.
var statutory = []Year{
	{2025, []DateSpan{
		{"2025-01-01", "2025-01-01"}, {"2025-01-28", "2025-02-04"}, {"2025-04-04", "2025-04-06"},
		{"2025-05-01", "2025-05-05"}, {"2025-05-31", "2025-06-02"}, {"2025-10-01", "2025-10-08"},
	}, []string{"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"}},
	{2026, []DateSpan{
		{"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"},
		{"2026-05-01", "2026-05-05"}, {"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"},
		{"2026-10-01", "2026-10-07"},
	}, []string{"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}},
}

// Statutory returns the table that is shipped, as Calendar.Years would have it.
func Statutory() []Year {
	list := slices.Clone(statutory)
	for i, y := range list {
		list[i].Rest, list[i].Work = slices.Clone(y.Rest), slices.Clone(y.Work)
	}
	return list
}

// almanac is a calendar made ready to be asked.
type almanac struct {
	zone  *time.Location
	days  map[string]DayKind
	years map[int]bool
}

// maxSpan bounds a statutory rest; the longest so far had 9 days.
const maxSpan = 31

func newAlmanac(c Calendar) (*almanac, error) {
	const op = "read calendar"
	// China keeps UTC+8 without summer time since 1991, so no zone files are needed.
	a := &almanac{zone: time.FixedZone("Asia/Shanghai", 8*60*60), days: map[string]DayKind{}, years: map[int]bool{}}
	if c.Zone != "" && c.Zone != "Asia/Shanghai" {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "calendar.zone: no such time zone %q: %w", c.Zone, err)
		}
		a.zone = zone
	}
	own := map[int]bool{}
	for _, y := range c.Years {
		own[y.Year] = true
	}
	for _, y := range statutory {
		if !own[y.Year] {
			if err := a.add(y); err != nil {
				return nil, err
			}
		}
	}
	for _, y := range c.Years {
		if err := a.add(y); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *almanac) add(y Year) error {
	wrong := func(format string, args ...any) error {
		return hotline.Errorf("read calendar", hotline.CodeInvalid, "calendar.years, %d: %s", y.Year, fmt.Sprintf(format, args...))
	}
	a.years[y.Year] = true
	for _, span := range y.Rest {
		from, err := time.Parse(time.DateOnly, span.From)
		if err != nil {
			return wrong("rest: %q is not a date such as 2026-10-01", span.From)
		}
		to, err := time.Parse(time.DateOnly, span.To)
		if err != nil {
			return wrong("rest: %q is not a date such as 2026-10-01", span.To)
		}
		if to.Before(from) || to.Sub(from) > maxSpan*24*time.Hour {
			return wrong("rest from %s to %s: 1…%d days", span.From, span.To, maxSpan)
		}
		for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
			a.days[day.Format(time.DateOnly)] = Holiday
		}
	}
	for _, text := range y.Work {
		day, err := time.Parse(time.DateOnly, text)
		switch {
		case err != nil:
			return wrong("work: %q is not a date such as 2026-10-10", text)
		case !atWeekend(day):
			return wrong("work: %s is no Saturday or Sunday", text)
		case a.days[text] == Holiday:
			return wrong("work: %s is a day of rest as well", text)
		}
		a.days[text] = MakeUp
	}
	return nil
}

func atWeekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// kind tells what the day of a moment is. In a year that the table does not have, a day is what its
// place in the week says.
func (a *almanac) kind(at time.Time) DayKind {
	at = at.In(a.zone)
	if kind, found := a.days[at.Format(time.DateOnly)]; found {
		return kind
	}
	if atWeekend(at) {
		return Weekend
	}
	return Weekday
}

// foresight is how long before a year begins that its table is missed.
const foresight = 30 * 24 * time.Hour

// warning says, in zh-CN, which year's holidays are not known and are needed soon, or "".
func (a *almanac) warning(now time.Time) string {
	for _, at := range []time.Time{now, now.Add(foresight)} {
		if year := at.In(a.zone).Year(); !a.years[year] {
			return fmt.Sprintf("没有 %d 年的法定节假日表，暂按普通周末计算 (no statutory holidays of %d: plain weekdays count)", year, year)
		}
	}
	return ""
}
