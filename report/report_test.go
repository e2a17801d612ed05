package report

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

var china = time.FixedZone("CST", 8*60*60)

// day is midnight in China, so that days and hours of the report are not those of UTC.
var day = time.Date(2026, 11, 24, 0, 0, 0, 0, china)

var span = Span{From: day, To: day.AddDate(0, 0, 1), Location: china, Now: day.AddDate(0, 0, 2).Add(-1)}

// ask is a phone call in which a person was asked for so long after midnight, waited for and then answered or not.
func ask(after, waited time.Duration, outcome records.Outcome, change ...func(*records.Record)) records.Record {
	r := records.Record{Channel: hotline.ChannelPhone, Started: day.Add(after - time.Minute), Requested: day.Add(after), Waited: waited, Outcome: outcome}
	r.Ended = r.Requested.Add(waited + time.Minute)
	if outcome == records.Answered {
		r.Answered, r.Talked, r.Agents = r.Requested.Add(waited), time.Minute, []string{"li"}
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

// outgoing is a call that an agent made.
func outgoing(change ...func(*records.Record)) records.Record {
	return ask(time.Hour, 0, records.Answered, append(change, func(r *records.Record) { r.Requested = time.Time{} })...)
}

func chat(after, reply time.Duration) records.Record {
	return ask(after, time.Second, records.Answered, func(r *records.Record) {
		r.Channel, r.Replied = hotline.ChannelChat, r.Requested.Add(reply)
	})
}

func graded(n int) func(*records.Record)           { return func(r *records.Record) { r.Rating = n } }
func talked(d time.Duration) func(*records.Record) { return func(r *records.Record) { r.Talked = d } }
func wrapped(d time.Duration) func(*records.Record) {
	return func(r *records.Record) { r.WrapUp, r.Wrapped = d, true }
}
func resolved(yes bool) func(*records.Record) { return func(r *records.Record) { r.Resolved = &yes } }
func moved(r *records.Record)                 { r.Transfers, r.Agents = 1, append(r.Agents, "wang") }
func going(r *records.Record)                 { r.Ended, r.Outcome = time.Time{}, "" }

func bot(after time.Duration) records.Record {
	return records.Record{Channel: hotline.ChannelPhone, Started: day.Add(after), Ended: day.Add(after + time.Minute), Outcome: records.Bot}
}

func task(after, tried time.Duration, reason string) records.CallbackTask {
	c := records.CallbackTask{Since: day.Add(after), Reason: reason}
	if tried > 0 {
		c.Tried = c.Since.Add(tried)
	}
	return c
}

func reported(s Span, list []records.Record, callbacks ...records.CallbackTask) Report {
	b := NewBuilder(s)
	for _, r := range list {
		b.Add(r)
	}
	for _, c := range callbacks {
		b.AddCallback(c)
	}
	return b.Report()
}

// figure writes a figure as "value = numerator/denominator -excluded".
func figure(f Figure) string {
	if f.Value == nil {
		return fmt.Sprintf("null = %v/%d -%d", f.Numerator, f.Denominator, f.Excluded)
	}
	return fmt.Sprintf("%.4f = %v/%d -%d", *f.Value, f.Numerator, f.Denominator, f.Excluded)
}

const ns = time.Nanosecond

func TestIndicatorsAreWhatTheirDefinitionSays(t *testing.T) {
	for name, c := range map[string]struct {
		id        string
		records   []records.Record
		callbacks []records.CallbackTask
		want      string
	}{
		"exactly 15 s is within 15 s": {"answered_15s", []records.Record{ask(0, 15*time.Second, records.Answered), ask(0, 15*time.Second+ns, records.Answered)}, nil, "0.5000 = 1/2 -0"},
		"given up before 5 s is left out, at 5 s it counts": {"answered_15s", []records.Record{
			ask(0, time.Second, records.Answered), ask(0, 5*time.Second-ns, records.Abandoned), ask(0, 5*time.Second, records.Abandoned), ask(0, 0, records.Refused)}, nil, "0.3333 = 1/3 -1"},
		"chats and bots are no calls":          {"answered_15s", []records.Record{chat(0, time.Second), bot(0), ask(0, time.Second, records.Answered)}, nil, "1.0000 = 1/1 -0"},
		"who still waits is not counted":       {"answered_15s", []records.Record{ask(0, 0, "", going)}, nil, "null = 0/0 -0"},
		"who still talks was answered":         {"answered_15s", []records.Record{ask(0, time.Second, records.Answered, going)}, nil, "1.0000 = 1/1 -0"},
		"web calls are calls":                  {"answered_15s", []records.Record{ask(0, time.Minute, records.Answered, func(r *records.Record) { r.Channel = hotline.ChannelWeb })}, nil, "0.0000 = 0/1 -0"},
		"a call by an agent asks nothing":      {"answered_15s", []records.Record{outgoing()}, nil, "null = 0/0 -0"},
		"what agents begin is not transferred": {"transfer_rate", []records.Record{ask(0, 0, records.Answered), ask(0, 0, records.Answered, moved), outgoing(), outgoing(moved)}, nil, "0.5000 = 1/2 -0"},
		"what agents begin is a talk":          {"talk_avg", []records.Record{ask(0, 0, records.Answered), outgoing(talked(3 * time.Minute))}, nil, "120.0000 = 240/2 -0"},
		"what agents begin can be resolved":    {"resolution", []records.Record{outgoing(resolved(true)), outgoing()}, nil, "1.0000 = 1/1 -1"},
		"a reply at 3 min is in time":          {"chat_3min", []records.Record{chat(0, 3*time.Minute), chat(0, 3*time.Minute+ns), ask(0, time.Second, records.Answered)}, nil, "0.5000 = 1/2 -0"},
		"joined without a word is no reply":    {"chat_3min", []records.Record{chat(0, time.Second), ask(0, time.Second, records.Answered, func(r *records.Record) { r.Channel = hotline.ChannelChat })}, nil, "0.5000 = 1/2 -0"},
		"abandoned of all requests": {"abandon_rate", []records.Record{
			ask(0, 6*time.Second, records.Abandoned), ask(0, time.Second, records.Abandoned), chat(0, 0), ask(0, 0, records.Callback), ask(0, 0, records.Message), bot(0)}, nil, "0.2500 = 1/4 -1"},
		"called back at 2 h is in time": {"callback_2h", nil, []records.CallbackTask{
			task(0, 2*time.Hour, records.WhyMissed), task(0, 2*time.Hour+ns, records.WhyAbandoned), task(0, 0, records.WhyMissed), task(0, time.Hour, records.WhyAsked)}, "0.3333 = 1/3 -0"},
		"what is not due is left out": {"callback_24h", nil, []records.CallbackTask{
			task(0, 5*time.Hour, records.WhyMissed), task(24*time.Hour-1, 0, records.WhyMissed), task(time.Hour, 0, records.WhyMissed)}, "0.5000 = 1/2 -1"},
		"who got through by themselves is left out": {"callback_2h", nil, []records.CallbackTask{
			task(0, time.Hour, records.WhyMissed), {Since: day, Reason: records.WhyAbandoned, State: records.CallbackDone}}, "1.0000 = 1/1 -1"},
		"mean wait of the answered": {"wait_avg", []records.Record{ask(0, 10*time.Second, records.Answered), ask(0, 20*time.Second, records.Answered), ask(0, time.Hour, records.Abandoned)}, nil, "15.0000 = 30/2 -0"},
		"90 of 100 by nearest rank": {"wait_p90", func() (list []records.Record) {
			for i := range 10 {
				list = append(list, ask(0, time.Duration(10-i)*time.Second, records.Answered))
			}
			return list
		}(), nil, "9.0000 = 9/10 -0"},
		"mean talk of what has ended": {"talk_avg", []records.Record{ask(0, 0, records.Answered, talked(time.Minute)), ask(0, 0, records.Answered, talked(2*time.Minute)), ask(0, 0, records.Answered, going)}, nil, "90.0000 = 180/2 -0"},
		"wrap-up where it is known":   {"wrap_up_avg", []records.Record{ask(0, 0, records.Answered, wrapped(10*time.Second)), ask(0, 0, records.Answered)}, nil, "10.0000 = 10/1 -0"},
		"passed on":                   {"transfer_rate", []records.Record{ask(0, 0, records.Answered, moved), ask(0, 0, records.Answered), ask(0, 0, records.Refused)}, nil, "0.5000 = 1/2 -0"},
		"resolved as noted":           {"resolution", []records.Record{ask(0, 0, records.Answered, resolved(true)), ask(0, 0, records.Answered, resolved(false)), ask(0, 0, records.Answered)}, nil, "0.5000 = 1/2 -1"},
		"4 and 5 are good":            {"satisfaction", []records.Record{ask(0, 0, records.Answered, graded(5)), ask(0, 0, records.Answered, graded(4)), ask(0, 0, records.Answered, graded(3)), bot(0)}, nil, "0.6667 = 2/3 -1"},
		"rated of all that ended":     {"rated_share", []records.Record{ask(0, 0, records.Answered, graded(1)), bot(0), ask(0, 0, records.Answered, going)}, nil, "0.5000 = 1/2 -0"},
		"without a person":            {"bot_share", []records.Record{bot(0), ask(0, 0, records.Returned), ask(0, 0, records.Answered), bot(time.Hour)}, nil, "0.5000 = 2/4 -0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := figure(reported(span, c.records, c.callbacks...).Total.Figures[c.id]); got != c.want {
				t.Errorf("%s is %s, want %s", c.id, got, c.want)
			}
		})
	}
}

func TestNothingIsDividedByZero(t *testing.T) {
	r := reported(span, nil)
	for _, i := range Indicators() {
		f, there := r.Total.Figures[i.ID]
		if !there || f.Value != nil || f.Why.ZH == "" || f.Why.EN == "" {
			t.Errorf("%s of nothing: %+v", i.ID, f)
		}
		if i.Name.ZH == "" || i.Name.EN == "" || i.Definition.ZH == "" || i.Definition.EN == "" {
			t.Errorf("%s is not defined in both languages", i.ID)
		}
	}
	if len(r.Total.Figures) != len(Indicators()) {
		t.Errorf("%d figures of %d indicators", len(r.Total.Figures), len(Indicators()))
	}
	if len(r.Days) != 1 || len(r.Hours) != 24 || len(r.Queues) != 0 {
		t.Errorf("%d days, %d hours", len(r.Days), len(r.Hours))
	}
	if got := reported(Span{From: day, To: day}, nil); len(got.Days) != 0 {
		t.Errorf("a span of nothing has days: %v", got.Days)
	}
}

func TestDaysAndHoursAreThoseOfThePlace(t *testing.T) {
	s := span
	s.To = day.AddDate(0, 0, 3)
	in := func(queue string) func(*records.Record) { return func(r *records.Record) { r.Queue = queue } }
	r := reported(s, []records.Record{
		ask(-ns, 0, records.Answered), // of the day before
		ask(0, 0, records.Answered, in("tax")),
		ask(24*time.Hour-ns, 0, records.Refused, in("tax")),
		ask(24*time.Hour, 0, records.Answered, in("id"), moved),
		ask(72*time.Hour, 0, records.Answered), // of the day after
	})
	counts := func(list []Group) map[string]string {
		out := map[string]string{}
		for _, g := range list {
			if g.Counts != (Counts{}) {
				out[g.Key] = fmt.Sprintf("%d/%d", g.Counts.Answered, g.Counts.Requests)
			}
		}
		return out
	}
	if len(r.Days) != 3 {
		t.Errorf("%d days, want 3", len(r.Days))
	}
	for name, c := range map[string]struct {
		got  []Group
		want map[string]string
	}{
		"days":   {r.Days, map[string]string{"2026-11-24": "1/2", "2026-11-25": "1/1"}},
		"hours":  {r.Hours, map[string]string{"00": "2/2", "23": "0/1"}},
		"queues": {r.Queues, map[string]string{"tax": "1/2", "id": "1/1"}},
		"agents": {r.Agents, map[string]string{"li": "1/1", "wang": "1/1"}},
	} {
		if diff := cmp.Diff(c.want, counts(c.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, there := r.Agents[0].Figures["abandon_rate"]; there {
		t.Error("an agent is charged with callers who left")
	}
	s.Queue = "tax"
	if got := reported(s, []records.Record{ask(0, 0, records.Answered, in("tax")), ask(0, 0, records.Answered, in("id"))}).Total.Counts.Requests; got != 1 {
		t.Errorf("%d requests in one queue", got)
	}
}

func TestWindowsOf24Hours(t *testing.T) {
	const h = time.Hour
	yes, no := records.Answered, records.Refused
	for name, c := range map[string]struct {
		records          []records.Record
		now              time.Time
		last, least, top string
	}{
		"one after the other": {
			// (1h) 1/1, (2h) 1/2, (23h) 2/3; nothing falls out within the day
			[]records.Record{ask(1*h, 0, yes), ask(2*h, 0, no), ask(23*h, 0, yes)}, span.Now,
			"0.6667 = 2/3 -0", "0.5000 = 1/2 -0", "1.0000 = 1/1 -0"},
		"a refusal of yesterday falls out 24 h later": {
			// at 0h 0/1; 5h 1/2; 10h the refusal falls out: 1/1
			[]records.Record{ask(-14*h, 0, no), ask(5*h, 0, yes)}, span.Now,
			"1.0000 = 1/1 -0", "0.0000 = 0/1 -0", "1.0000 = 1/1 -0"},
		"what is older than a window": {[]records.Record{ask(-24*h, 0, no), ask(-25*h, 0, no), ask(5*h, 0, yes)}, span.Now,
			"1.0000 = 1/1 -0", "1.0000 = 1/1 -0", "1.0000 = 1/1 -0"},
		"up to now": {[]records.Record{ask(1*h, 0, yes), ask(3*h, 0, no)}, day.Add(2 * h),
			"1.0000 = 1/1 -0", "1.0000 = 1/1 -0", "1.0000 = 1/1 -0"},
		"at the same moment both count": {[]records.Record{ask(1*h, 0, no), ask(1*h, 0, yes)}, span.Now,
			"0.5000 = 1/2 -0", "0.5000 = 1/2 -0", "0.5000 = 1/2 -0"},
		"given up at once, chats, waiting": {[]records.Record{ask(1*h, time.Second, records.Abandoned), chat(0, 0), ask(0, 0, "", going)}, span.Now,
			"null = 0/0 -0", "null = 0/0 -0", "null = 0/0 -0"},
		"a span that has not come": {nil, day.Add(-h), "null = 0/0 -0", "null = 0/0 -0", "null = 0/0 -0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := span
			s.Now = c.now
			f := reported(s, c.records).Total.Figures
			got := []string{figure(f["connect_24h"]), figure(f["connect_24h_min"]), figure(f["connect_24h_max"])}
			if diff := cmp.Diff([]string{c.last, c.least, c.top}, got); diff != "" {
				t.Errorf("now, worst, best (-want +got):\n%s", diff)
			}
		})
	}
	f := reported(span, []records.Record{ask(-14*h, 0, no), ask(5*h, 0, yes)}).Total.Figures
	if got := f["connect_24h_max"].At; !got.Equal(day.Add(10 * h)) {
		t.Errorf("the best window ends at %v", got)
	}
}
