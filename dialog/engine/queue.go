package engine

import (
	"regexp"
	"strconv"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// ahead tells somebody who waits how far they have come.
func (t *step) ahead(p dialog.Place) {
	if t.s.Handed == nil || t.s.Attended || t.s.Safety != "" {
		return
	}
	before := flow.Env{"position": strconv.Itoa(max(p.Position-1, 0))}
	switch {
	case p.Position <= 1:
		t.phrase("place_next")
	case p.Wait <= 0:
		t.phrase("place_open", before)
	default:
		before["minutes"] = strconv.Itoa(int((p.Wait + time.Minute - 1) / time.Minute))
		t.phrase("place", before)
	}
	t.listen()
}

// attended is silent from now on. People may come who were not asked for: they call out, or take over.
// Should they be lost, the person waits for others like anybody who has asked.
func (t *step) attended() {
	t.s.Attended, t.s.Focus = true, dialog.Focus{}
	if t.s.Handed == nil {
		t.s.Handed = &dialog.Handover{Queue: t.house.Queue, Category: t.s.Matter.Category, Facts: t.facts()}
	}
}

// missed says why it takes longer.
func (t *step) missed(reason string) {
	t.s.Attended = false
	switch reason {
	case "transfer":
		t.phrase("transferred")
	case "lost":
		t.phrase("lost")
	case "service_no_answer", "service_busy", "service_declined", "service_network", "service_forbidden":
		t.phrase("unattended_safety")
	default:
		t.phrase("missed")
	}
	t.listen()
}

// What somebody who waits may want instead.
var (
	wantsCallback = regexp.MustCompile(`回(?:个|我|一下)?(?:电话|电)|打(?:回来|给我|我电话)|给我(?:来|打)个?电话`)
	wantsMessage  = regexp.MustCompile(`留(?:个|下|一下)?(?:言|话)`)
	waitsNoMore   = regexp.MustCompile(`不(?:想|用|要)?(?:再)?等了|不等人工|不用人工|不要人工|不转了|取消(?:转接|排队)|(?:回|找)(?:到|去)?机器人`)
)

// waiting takes what somebody says who waits for people: another way to reach them, or more of the matter.
func (t *step) waiting(h dialog.Heard, u nlu.Understanding) {
	switch {
	case wantsCallback.MatchString(u.Clean):
		if t.number() == "" { // it may be in the same words
			t.harvest(h, u.Act)
		}
		t.callBack()
	case wantsMessage.MatchString(u.Clean):
		t.s.Focus = dialog.Focus{Kind: dialog.FocusMessage}
		t.phrase("message")
		t.listenFor(waitAfter)
	case waitsNoMore.MatchString(u.Clean):
		t.leaveQueue("cancelled", "")
		t.phrase("withdrawn_queue")
		t.startAnew()
	case u.Control == nlu.ActGoodbye || u.Control == nlu.ActCancel:
		t.leaveQueue("goodbye", "")
		t.goodbye("goodbye")
	case t.s.Focus.Kind == dialog.FocusNumber:
		t.overhear(h, u)
		t.callBack()
	default:
		t.overhear(h, u)
		t.phrase("queued")
		t.listen()
	}
}

// callBack keeps the place for a call back. Without a number to call, that is asked for once.
func (t *step) callBack() {
	switch {
	case t.number() != "":
		t.s.Focus = dialog.Focus{}
		t.leaveQueue("callback", t.story())
		t.fileNow(dialog.Order{Kind: callback, Text: t.story()})
		t.phrase("callback_kept")
		t.afterQueue("callback")
	case t.s.Focus.Kind != dialog.FocusNumber:
		t.s.Focus = dialog.Focus{Kind: dialog.FocusNumber}
		t.phrase("callback_no_number")
		t.listenFor(waitAfter)
	default:
		t.s.Focus = dialog.Focus{}
		t.phrase("queued")
		t.listen()
	}
}

// number is where the person can be called back, "" for nowhere.
func (t *step) number() string { return t.e.Number(t.s) }

// Number is where the person of a conversation can be called back, "" for nowhere: that of the call or, when it has none
// that may be called, one they gave.
func (e *Engine) Number(s dialog.State) string {
	if e.cfg.Callable(s.Caller) {
		return s.Caller
	}
	slots := e.cfg.Set.House.Slots
	for _, name := range sortedKeys(slots) {
		if given := s.Facts[name].Value; slots[name].Caller && e.cfg.Callable(given) {
			return given
		}
	}
	return ""
}

// Calling returns the same dialog for lines that may call only the numbers that callable says.
func (e *Engine) Calling(callable func(number string) bool) *Engine {
	other := *e
	other.cfg.Callable = callable
	return &other
}

// overhear keeps what a turn tells of the matter and says nothing.
func (t *step) overhear(h dialog.Heard, u nlu.Understanding) {
	t.harvest(h, u.Act)
	t.tellOn(h.Text)
	t.note(dialog.Note{What: "keep"})
	if t.s.Handed != nil {
		handed := *t.s.Handed
		handed.Facts = t.facts()
		t.s.Handed = &handed
	}
}

func (t *step) leaveQueue(reason, text string) {
	t.s.Handed = nil
	t.note(dialog.Note{What: "leave_queue", Reason: reason})
	t.out = append(t.out, dialog.Withdraw{Reason: reason, Text: text, Number: t.number()})
}

// keepMessage files the words that were left for people.
func (t *step) keepMessage(h dialog.Heard) {
	text := h.Text
	t.harvest(h, "") // it may hold their number
	t.tellOn(text)
	t.leaveQueue("message", text)
	t.fileNow(dialog.Order{Kind: callback, Text: text, Flags: []string{"message"}})
	if t.number() == "" {
		t.phrase("message_no_number")
	} else {
		t.phrase("message_kept")
	}
	t.afterQueue("message")
}

// afterQueue ends a call when people will come back to it; who writes may go on writing.
func (t *step) afterQueue(reason string) {
	if !t.typed() {
		t.end(reason)
		return
	}
	t.forget()
	t.startAnew()
}

// startAnew is the open question again, without a greeting. What is known of the person stays.
func (t *step) startAnew() {
	t.s.Handed, t.s.Stack = nil, nil
	t.enter(t.house.Start)
	t.s.Stack[0].Entered = true // it has been greeted
	t.run()
}

// unattended goes on after nobody could take the conversation. The wish is filed, so that somebody calls
// back. A call ends then; who writes may go on writing.
func (t *step) unattended(reason string) {
	if t.s.Handed == nil {
		return
	}
	t.s.Attended = false
	if t.s.Safety != "" { // stay: the services are on their way and the person may need to hear us
		if t.house.Safety[t.s.Safety].Category == "" { // else it is filed
			t.fileNow(dialog.Order{Kind: callback, Text: t.story()})
		}
		t.phrase("unattended_safety")
		t.listen()
		return
	}
	t.fileNow(dialog.Order{Kind: callback, Text: t.story()})
	switch {
	case t.number() == "":
		t.phrase("unattended_no_number")
	case reason == "closed":
		t.phrase("unattended_closed")
	case reason == "full" || reason == "timed_out":
		t.phrase("unattended_full")
	default:
		t.phrase("unattended")
	}
	t.afterQueue("unattended")
}

// returned goes on after people have left, with all that was learnt.
func (t *step) returned() {
	t.s.Attended, t.s.Handed = false, nil
	if t.s.Safety != "" {
		t.say("stay."+t.s.Safety, t.house.Safety[t.s.Safety].Stay)
		t.listen()
		return
	}
	t.phrase("returned")
	t.startAnew()
}

// survey asks how the people were.
func (t *step) survey() {
	t.s.Attended, t.s.Handed, t.s.Safety = false, nil, ""
	t.s.Focus = dialog.Focus{Kind: dialog.FocusGrade}
	t.phrase("survey")
	t.listen()
}

// grades are the words for the five grades, the clearer ones first: 不满意 holds 满意.
var grades = []struct {
	words *regexp.Regexp
	grade string
}{
	{regexp.MustCompile(`(?:非常|很|特别|十分|太|极)(?:的)?(?:不满意|差)|[1一幺](?:分|星)|最低|^[1一幺]$`), "1"},
	{regexp.MustCompile(`不(?:太|怎么|大|是很)?满意|[2二两](?:分|星)|^[2二两]$|差评|差劲`), "2"},
	{regexp.MustCompile(`一般|还行|凑合|马马虎虎|[3三](?:分|星)|^[3三]$`), "3"},
	{regexp.MustCompile(`(?:非常|很|特别|十分|挺|超)(?:的)?(?:满意|好|棒)|[5五](?:分|星)|满分|最高|^[5五]$`), "5"},
	{regexp.MustCompile(`满意|不错|可以|[4四](?:分|星)|^[4四]$|挺好|好评|^好`), "4"},
}

// graded takes a turn as the grade, unless the person wants something else.
func (t *step) graded(h dialog.Heard, u nlu.Understanding) bool {
	for _, g := range grades {
		if g.words.MatchString(u.Clean) {
			how := "voice"
			if t.typed() {
				how = "text"
			}
			t.grade(g.grade, how)
			return true
		}
	}
	if u.Emergency != nil || u.Agent {
		return false
	}
	if u.Control == nlu.ActGoodbye || t.s.Focus.NoMatch > 0 {
		t.goodbye("goodbye")
		return true
	}
	t.grade("", "")
	return true
}

// grade keeps the grade and says goodbye. Who is not satisfied is called back.
func (t *step) grade(key, how string) {
	g, err := strconv.Atoi(key)
	if err != nil || g < 1 || g > 5 {
		if t.s.Focus.NoMatch++; t.s.Focus.NoMatch > 1 {
			t.goodbye("survey")
			return
		}
		t.phrase("survey_again")
		t.listen()
		return
	}
	t.out = append(t.out, dialog.Rate{Grade: g, How: how})
	if g <= hotline.Unsatisfied {
		t.fileNow(dialog.Order{Kind: callback, Text: t.story(), Flags: []string{"unsatisfied"}})
	}
	if g <= hotline.Unsatisfied && t.number() != "" {
		t.phrase("survey_sorry") // they are called back
	} else {
		t.phrase("survey_thanks")
	}
	t.end("survey")
}
