package report

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

// tally counts the records of one group.
type tally struct {
	counts Counts

	calls, callsShort, soon  int64 // requests by voice, and those answered in time
	chats, chatsShort, quick int64
	ended, bot               int64
	waits                    []time.Duration // of those answered
	taken                    int64           // by a person, those that agents began too
	talked                   time.Duration
	talks                    int64
	wrapUp                   time.Duration
	wrapUps                  int64
	transferred              int64
	resolved, resolutions    int64
	good, rated              int64
	callbacks                [2]made // within CallbackSoon and CallbackLater
}

// made are calls to be made within a time.
type made struct{ inTime, all, excluded int64 }

func isShort(r records.Record) bool { return r.Outcome == records.Abandoned && r.Waited < ShortAbandon }

func isCall(r records.Record) bool { return r.Channel != hotline.ChannelChat }

func (t *tally) add(r records.Record) {
	answered := !r.Answered.IsZero()
	if !r.Over() && !answered {
		if !r.Requested.IsZero() {
			t.counts.Open++
		}
		return
	}
	t.counts.Conversations++
	if !r.Requested.IsZero() {
		t.request(r, answered)
	}
	if answered {
		t.talk(r)
	}
	if !r.Over() {
		return
	}
	t.ended++
	if r.Outcome == records.Bot {
		t.bot++
	}
	if r.Rating > 0 {
		t.rated++
		if r.Rating >= GoodGrade {
			t.good++
		}
	}
}

// request counts a request for a person.
func (t *tally) request(r records.Record, answered bool) {
	requests, short, inTime := &t.calls, &t.callsShort, &t.soon
	fast := answered && r.Waited <= AnswerWithin
	if !isCall(r) {
		requests, short, inTime = &t.chats, &t.chatsShort, &t.quick
		fast = !r.Replied.IsZero() && r.Replied.Sub(r.Requested) <= ChatWithin
	}
	if isShort(r) {
		*short++
		t.counts.Short++
		return
	}
	*requests++
	t.counts.Requests++
	if fast {
		*inTime++
	}
	if answered {
		t.waits = append(t.waits, r.Waited)
	}
	if r.Outcome == records.Abandoned {
		t.counts.Abandoned++
	}
}

// talk counts a conversation that a person took. One that an agent began answers no request.
func (t *tally) talk(r records.Record) {
	t.taken++
	if !r.Requested.IsZero() {
		t.counts.Answered++
		t.transferred += one(r.Transfers > 0)
	}
	if r.Over() {
		t.talks++
		t.talked += r.Talked
	}
	if r.Wrapped {
		t.wrapUps++
		t.wrapUp += r.WrapUp
	}
	if r.Resolved != nil {
		t.resolutions++
		if *r.Resolved {
			t.resolved++
		}
	}
}

func (t *tally) addCallback(c records.CallbackTask, now time.Time) {
	if c.Reason != records.WhyAbandoned && c.Reason != records.WhyMissed {
		return
	}
	for i, within := range []time.Duration{CallbackSoon, CallbackLater} {
		switch m := &t.callbacks[i]; {
		case !c.Tried.IsZero():
			m.all++
			if c.Tried.Sub(c.Since) <= within {
				m.inTime++
			}
		case c.State == records.CallbackDone, now.Sub(c.Since) <= within: // got through before, or there is time
			m.excluded++
		default:
			m.all++
		}
	}
}

// Why a value is missing.
var (
	noRequests  = Text{"期间没有请求人工", "nobody asked for a person"}
	noAnswers   = Text{"期间没有人工接通的会话", "no conversation was taken by a person"}
	noEnds      = Text{"期间没有结束的会话", "no conversation has ended"}
	noRatings   = Text{"期间没有评价", "nothing was rated"}
	noRemarks   = Text{"期间没有坐席记录", "no agent has noted it"}
	noCallbacks = Text{"期间没有到期的回拨任务", "no callback was due"}
)

func ratio(part, all, excluded int64, why Text) Figure {
	f := Figure{Numerator: float64(part), Denominator: all, Excluded: excluded}
	if all == 0 {
		f.Why = why
		return f
	}
	value := float64(part) / float64(all)
	f.Value = &value
	return f
}

func mean(sum time.Duration, count int64, why Text) Figure {
	f := Figure{Numerator: sum.Seconds(), Denominator: count}
	if count == 0 {
		f.Why = why
		return f
	}
	value := sum.Seconds() / float64(count)
	f.Value = &value
	return f
}

// percentile is the least wait that percent of all do not exceed.
func percentile(waits []time.Duration, percent int, why Text) Figure {
	f := Figure{Denominator: int64(len(waits))}
	if len(waits) == 0 {
		f.Why = why
		return f
	}
	value := slices.Sorted(slices.Values(waits))[(len(waits)*percent+99)/100-1].Seconds()
	f.Value, f.Numerator = &value, value
	return f
}

func (t *tally) group(key string, agent bool) Group {
	var waited time.Duration
	for _, w := range t.waits {
		waited += w
	}
	callback := func(i int) Figure {
		return ratio(t.callbacks[i].inTime, t.callbacks[i].all, t.callbacks[i].excluded, noCallbacks)
	}
	figures := map[string]Figure{
		"answered_15s":  ratio(t.soon, t.calls, t.callsShort, noRequests),
		"chat_3min":     ratio(t.quick, t.chats, t.chatsShort, noRequests),
		"abandon_rate":  ratio(t.counts.Abandoned, t.counts.Requests, t.counts.Short, noRequests),
		"callback_2h":   callback(0),
		"callback_24h":  callback(1),
		"wait_avg":      mean(waited, int64(len(t.waits)), noAnswers),
		"wait_p90":      percentile(t.waits, 90, noAnswers),
		"talk_avg":      mean(t.talked, t.talks, noAnswers),
		"wrap_up_avg":   mean(t.wrapUp, t.wrapUps, noRemarks),
		"transfer_rate": ratio(t.transferred, t.counts.Answered, 0, noAnswers),
		"resolution":    ratio(t.resolved, t.resolutions, t.taken-t.resolutions, noRemarks),
		"satisfaction":  ratio(t.good, t.rated, t.ended-t.rated, noRatings),
		"rated_share":   ratio(t.rated, t.ended, 0, noEnds),
		"bot_share":     ratio(t.bot, t.ended, 0, noEnds),
	}
	for _, i := range Indicators() {
		if agent && !i.Agents {
			delete(figures, i.ID)
		}
	}
	return Group{Key: key, Counts: t.counts, Figures: figures}
}
