package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func shanghai(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("", 8*60*60))
	if err != nil {
		panic(err)
	}
	return at
}

func TestStatutoryCalendarTellsWhatADayIs(t *testing.T) {
	a, err := newAlmanac(Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]DayKind{
		"2025-01-01": Holiday, "2025-01-02": Weekday, "2025-01-26": MakeUp, "2025-01-27": Weekday, "2025-02-04": Holiday,
		"2025-02-05": Weekday, "2025-02-08": MakeUp, "2025-02-09": Weekend, "2025-10-08": Holiday, "2025-10-11": MakeUp,
		"2026-01-03": Holiday, "2026-01-04": MakeUp, "2026-02-13": Weekday, "2026-02-14": MakeUp, "2026-02-15": Holiday,
		"2026-02-23": Holiday, "2026-02-24": Weekday, "2026-02-28": MakeUp, "2026-05-09": MakeUp, "2026-06-21": Holiday,
		"2026-09-20": MakeUp, "2026-09-28": Weekday, "2026-10-07": Holiday, "2026-10-08": Weekday, "2026-10-10": MakeUp,
		"2027-10-01": Weekday, "2027-10-02": Weekend, // not known
	} {
		if got := a.kind(shanghai(day + " 00:30")); got != want {
			t.Errorf("%s is a %s, want %s", day, got, want)
		}
	}
}

// Days of rest from Monday to Friday less the weekend days that are worked are the 13 that the law
// gives since 2025: a statutory day that falls on a weekend is made up for.
func TestStatutoryCalendarGivesThirteenDays(t *testing.T) {
	for _, y := range statutory {
		a, err := newAlmanac(Calendar{Years: []Year{y}})
		if err != nil {
			t.Fatal(err)
		}
		days := 0
		for at := time.Date(y.Year, 1, 1, 12, 0, 0, 0, a.zone); at.Year() == y.Year; at = at.AddDate(0, 0, 1) {
			switch kind := a.kind(at); {
			case kind == Holiday && !atWeekend(at):
				days++
			case kind == MakeUp:
				days--
			}
		}
		if days != 13 {
			t.Errorf("%d gives %d days, want 13", y.Year, days)
		}
	}
}

func TestOwnYearsWinAndUnknownOnesWarn(t *testing.T) {
	own := Calendar{Years: []Year{{Year: 2027, Rest: []DateSpan{{"2027-01-01", "2027-01-03"}}, Work: []string{"2027-01-09"}}}}
	a, err := newAlmanac(own)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.kind(shanghai("2027-01-09 08:00")); got != MakeUp {
		t.Errorf("own make-up day is a %s", got)
	}
	plain, err := newAlmanac(Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a    *almanac
		at   string
		want string
	}{
		{plain, "2026-11-01 00:00", ""}, {plain, "2026-12-20 00:00", "2027"}, {plain, "2028-01-01 00:00", "2028"}, {a, "2026-12-20 00:00", ""},
	} {
		if got := c.a.warning(shanghai(c.at)); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("at %s: %q, want one of %q", c.at, got, c.want)
		}
	}
}

func TestCalendarRefusesWhatCannotBe(t *testing.T) {
	for want, c := range map[string]Calendar{
		"time zone":    {Zone: "Mars/Olympus"},
		"no Saturday":  {Years: []Year{{Year: 2027, Work: []string{"2027-01-04"}}}},
		"rest as well": {Years: []Year{{Year: 2027, Rest: []DateSpan{{"2027-01-09", "2027-01-09"}}, Work: []string{"2027-01-09"}}}},
		"1…31 days":    {Years: []Year{{Year: 2027, Rest: []DateSpan{{"2027-01-09", "2027-01-08"}}}}},
		"not a date":   {Years: []Year{{Year: 2027, Rest: []DateSpan{{"9.1.", "2027-01-08"}}}}},
	} {
		if _, err := newAlmanac(c); hotline.CodeOf(err) != hotline.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

func TestHoursOpenAndOpenNext(t *testing.T) {
	office := []Range{{"08:30", "12:00"}, {"13:30", "17:30"}}
	week := map[string][]Range{"mon": office, "tue": office, "wed": office, "thu": office, "fri": office}
	night := Hours{Days: map[string][]Range{"fri": {{"22:00", "06:00"}}}}
	for name, c := range map[string]struct {
		hours    Hours
		at, next string // next "" is never
	}{
		"zero hours are always open":        {Hours{}, "2026-10-01 03:00", "2026-10-01 03:00"},
		"in the morning":                    {Hours{Days: week}, "2026-10-09 08:30", "2026-10-09 08:30"},
		"end is not in it":                  {Hours{Days: week}, "2026-10-09 12:00", "2026-10-09 13:30"},
		"made-up Saturday is a Monday":      {Hours{Days: week}, "2026-10-09 18:00", "2026-10-10 08:30"},
		"plain weekend":                     {Hours{Days: week}, "2026-10-10 18:00", "2026-10-12 08:30"},
		"over Spring Festival":              {Hours{Days: week}, "2026-02-14 17:30", "2026-02-24 08:30"},
		"hours of their own on holidays":    {Hours{Days: week, Holiday: []Range{{"10:00", "12:00"}}}, "2026-02-15 01:00", "2026-02-15 10:00"},
		"an exception closes":               {Hours{Days: week, Dates: map[string][]Range{"2026-10-09": {}}}, "2026-10-09 09:00", "2026-10-10 08:30"},
		"an exception opens on a holiday":   {Hours{Days: week, Dates: map[string][]Range{"2026-10-02": office}}, "2026-10-01 09:00", "2026-10-02 08:30"},
		"a night goes on into the next":     {night, "2026-10-17 05:59", "2026-10-17 05:59"},
		"a night ends":                      {night, "2026-10-17 06:00", "2026-10-23 22:00"},
		"until midnight":                    {Hours{Days: map[string][]Range{"mon": {{"00:00", "24:00"}}}}, "2026-10-12 23:59", "2026-10-12 23:59"},
		"never":                             {Hours{Dates: map[string][]Range{"2020-01-01": office}}, "2026-10-12 23:59", ""},
		"another zone's caller is the same": {Hours{Days: week}, "2026-10-12 00:10", "2026-10-12 08:30"},
	} {
		a, err := newAlmanac(Calendar{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.hours.Validate("hours"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		next, found := c.hours.next(shanghai(c.at).UTC(), a)
		switch {
		case found != (c.next != ""):
			t.Errorf("%s: found %v", name, found)
		case found && !next.Equal(shanghai(c.next)):
			t.Errorf("%s: next is %v, want %s", name, next.In(a.zone), c.next)
		case c.hours.open(shanghai(c.at), a) != (c.next == c.at):
			t.Errorf("%s: open is wrong", name)
		}
	}
}

func TestRostersAreRefusedByFieldAndRange(t *testing.T) {
	good := func() Roster {
		return Roster{
			Agents: []Agent{{ID: "li", Device: Browser, Queues: []string{"q"}}},
			Queues: []Queue{{ID: "q"}, {ID: "r"}},
			Shifts: []Shift{{Queue: "q"}, {Agent: "li"}},
		}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Roster){
		"queues.q.ring_timeout_s: 3 is not within 5…120": func(r *Roster) { r.Queues[0].RingTimeout = 3 },
		"queues.q.max_length: -1 is not within 1…":       func(r *Roster) { r.Queues[0].MaxLength = -1 },
		"queues.q.retry_s: 1 is not":                     func(r *Roster) { r.Queues[0].Retry = []Seconds{1} },
		"queues.q.skills.law: level 10 is not":           func(r *Roster) { r.Queues[0].Skills = map[string]int{"law": 10} },
		"queues.q.relax: after_s 5":                      func(r *Roster) { r.Queues[0].Relax = []Relax{{After: 9, Levels: 1}, {After: 5, Any: true}} },
		"nothing can follow any":                         func(r *Roster) { r.Queues[0].Relax = []Relax{{After: 9, Any: true}, {After: 10, Any: true}} },
		"there is no queue \"x\"":                        func(r *Roster) { r.Queues[0].Overflow = "x" },
		"leads back":                                     func(r *Roster) { r.Queues[0].Overflow, r.Queues[1].Overflow = "r", "q" },
		"id \"Q 1\"":                                     func(r *Roster) { r.Queues[0].ID = "Q 1" },
		"queues.q: is there twice":                       func(r *Roster) { r.Queues[1].ID = "q" },
		"agents.li.chats: 21 is not within 0…20":         func(r *Roster) { r.Agents[0].Chats = 21 },
		"agents.li.extension":                            func(r *Roster) { r.Agents[0].Device = Phone },
		"agents.li.device":                               func(r *Roster) { r.Agents[0].Device = "fax" },
		"shifts[1].agent":                                func(r *Roster) { r.Shifts[1].Agent = "wang" },
		"\"lunch\" is none of":                           func(r *Roster) { r.Queues[0].Hours.Days = map[string][]Range{"lunch": nil} },
		"\"8:30\" is not a time":                         func(r *Roster) { r.Queues[0].Hours.Days = map[string][]Range{"mon": {{"8:30", "9:30"}}} },
		"\"25:00\": 00:00…24:00":                         func(r *Roster) { r.Queues[0].Hours.Days = map[string][]Range{"mon": {{"08:30", "25:00"}}} },
	} {
		r := good()
		spoil(&r)
		if err := r.Validate(); hotline.CodeOf(err) != hotline.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func FuzzHoursOpenWhenTheySay(f *testing.F) {
	f.Add("mon", "08:30", "17:30", int64(1791000000))
	f.Add("sun", "22:00", "06:00", int64(1791000000))
	f.Fuzz(func(t *testing.T, day, from, to string, unix int64) {
		h := Hours{Days: map[string][]Range{day: {{from, to}}}}
		if h.Validate("hours") != nil || unix < 0 || unix > 1<<33 {
			return
		}
		a, err := newAlmanac(Calendar{})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(unix, 0)
		next, found := h.next(at, a)
		switch {
		case !found:
			t.Errorf("%s %s…%s is never open", day, from, to)
		case next.Before(at), !h.open(next, a):
			t.Errorf("%s %s…%s: at %v next is %v", day, from, to, at, next)
		case next.After(at) && h.open(next.Add(-time.Second), a):
			t.Errorf("%s %s…%s is open before %v", day, from, to, next)
		}
	})
}
