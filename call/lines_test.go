package call

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// lines is a dialog that knows its answers by heart.
type lines struct{}

var answers = map[string]dialog.Prompt{
	"水费怎么收":   {ID: "answer.kb.water.price", Text: "居民生活用水第一级每立方米三元二角，第二级四元六角，人多的家庭可以申请增加基数。"},
	"公积金怎么提取": {ID: "answer.kb.gjj.rent", Text: "租房可以按季度提取，带身份证到窗口办理。"},
}

func (lines) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	say := func(id, text string) dialog.Action { return dialog.Say{Prompt: dialog.Prompt{ID: id, Text: text}} }
	listen := dialog.Listen{NoInput: 6 * time.Second}
	switch e := e.(type) {
	case dialog.Started:
		return s, []dialog.Action{say("greeting", "您好，云州12345。请直接说您想问的事。"), listen}
	case dialog.Attended:
		s.Attended = true
		return s, nil
	case dialog.Place:
		return s, []dialog.Action{say("place", "前面还有人，请稍等。"), listen}
	case dialog.Missed:
		s.Attended = false
		return s, []dialog.Action{say("missed."+e.Reason, "没有接通，请稍等。")}
	case dialog.Returned:
		s.Attended = false
		return s, []dialog.Action{say("returned", "我回来了。"), listen}
	case dialog.Survey:
		s.Attended = false
		return s, []dialog.Action{say("survey", "请打分。"), dialog.Rate{Grade: 5, How: "keys"}, dialog.Hangup{Reason: "survey"}}
	case dialog.Heard:
		if s.Attended {
			return s, nil
		}
		if p, ok := answers[e.Text]; ok {
			return s, []dialog.Action{dialog.Say{Prompt: p}, say("anything_else", "还有什么可以帮您？"), listen}
		}
		if e.Text == "登记" {
			s.Errands++
			id := "e" + strconv.Itoa(s.Errands)
			return s, []dialog.Action{dialog.File{ID: id, Order: dialog.Order{Kind: "new"}}, listen}
		}
		return person(s)
	case dialog.Key:
		if e.Key == "9" {
			return s, []dialog.Action{dialog.Handover{Queue: "crisis", Service: "119"}}
		}
		return person(s)
	case dialog.Unattended:
		return s, []dialog.Action{dialog.Hangup{Reason: "handed over"}}
	case dialog.Silence:
		s.Focus.NoInput++
		if s.Focus.NoInput > 2 {
			return s, []dialog.Action{say("no_input.last", "我先挂机了，再见。"), dialog.Hangup{Reason: "silence"}}
		}
		return s, []dialog.Action{say("no_input."+strconv.Itoa(s.Focus.NoInput), "您好，我在听。"), listen}
	case dialog.Unheard:
		if e.Failed {
			return s, []dialog.Action{say("fault", "抱歉，系统暂时听不清。"), listen}
		}
		return s, []dialog.Action{say("unheard", "抱歉，刚才没有听清。"), listen}
	case dialog.Done:
		if e.Failed != "" {
			return s, []dialog.Action{say("lost", "抱歉，没有登记上。"), listen}
		}
		return s, []dialog.Action{say("receipt", "已经登记好了。"), listen}
	}
	return s, nil
}

func person(s dialog.State) (dialog.State, []dialog.Action) {
	return s, []dialog.Action{dialog.Say{Prompt: dialog.Prompt{ID: "handover", Text: "好的，为您转人工。"}}, dialog.Handover{Queue: "general", Skills: map[string]int{"law": 2}, Language: "yue"}, dialog.Listen{NoInput: time.Hour}}
}

func (lines) Patience(_ dialog.State, text string) dialog.Patience {
	if _, ok := answers[text]; ok || text == "人工" {
		return dialog.PatienceShort
	}
	return dialog.PatienceNormal
}

// office files orders after a while and remembers what it was asked.
type office struct {
	after time.Duration
	first time.Duration // more for the first
	asked []dialog.File
}

// Do implements dialog.Clerk.
func (o *office) Do(_ context.Context, _ hotline.ConversationID, _ hotline.Channel, a dialog.Action) (dialog.Done, hotline.EventBody) {
	file := a.(dialog.File)
	first := o.first
	o.first = 0
	time.Sleep(first + o.after)
	o.asked = append(o.asked, file)
	return dialog.Done{ID: file.ID}, hotline.Filed{Errand: file.ID, What: file.Order.Kind, Number: "261124000019"}
}

func TestAnOrderIsFiledWhileTheConversationGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{after: 2 * time.Second}
		s := newStage(t, func(s *stage, c *Config) { s.hears, c.Clerk = []Words{{Text: "登记"}}, o })
		s.untilSilent()
		s.speak(time.Second)
		s.quiet(3 * time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 1 登记", "filed new", "said receipt", "ended by caller")
	})
}

func TestAnOrderIsFiledEvenWhenTheCallerHasHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{after: 2 * time.Second}
		s := newStage(t, func(s *stage, c *Config) { s.hears, c.Clerk = []Words{{Text: "登记"}}, o })
		s.untilSilent()
		s.speak(time.Second)
		s.quiet(time.Second)
		s.ended <- hotline.Ended{By: "caller"}
		time.Sleep(3 * time.Second)
		s.wait()
		s.want("said greeting", "heard 1 登记", "filed new", "ended by caller")
	})
}

func TestTheOrderOfATurnThatIsTakenBackIsVoid(t *testing.T) {
	for name, first := range map[string]time.Duration{"filed": 0, "still being filed": 6 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{after: 200 * time.Millisecond, first: first}
				s := newStage(t, func(s *stage, c *Config) {
					s.hears, c.Clerk = []Words{{Text: "登记"}, {Text: "水费怎么收"}}, o
				})
				s.untilSilent()
				s.speak(time.Second)
				s.quiet(900 * time.Millisecond) // the turn has just ended
				s.speak(time.Second)
				s.quiet(time.Second)
				s.untilSilent()
				s.quiet(first)
				s.end()
				kinds := []string{}
				for _, f := range o.asked {
					kinds = append(kinds, f.ID+" "+f.Order.Kind)
				}
				if !slices.Equal(kinds, []string{"e1 new", "e1 void"}) {
					t.Errorf("asked for %v, want the order and that it be void\n%s", kinds, s.outline())
				}
				if told := strings.Count(s.outline(), "said receipt"); first > 0 && told > 0 || told > 1 {
					t.Errorf("the caller is told of an order that is void\n%s", s.outline())
				}
			})
		})
	}
}

func TestWithoutAnOfficeAnOrderIsLostAloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: "登记"}} })
		s.untilSilent()
		s.speak(time.Second)
		s.quiet(time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 1 登记", "degraded errand", "said lost", "ended by caller")
	})
}

func TestLouderSoundIsPressedTogetherRatherThanCutOff(t *testing.T) {
	pcm := []int16{0, 1000, -1000, 20000, 32767, -32768}
	amplify(pcm, 6)
	for i, want := range []int16{0, 1995, -1995, 32150, 32700, -32700} {
		if d := int(pcm[i]) - int(want); d < -100 || d > 100 {
			t.Errorf("sample %d is %d, want about %d", i, pcm[i], want)
		}
	}
}

// An agent may pick up in the moment in which the caller hangs up; whichever of the two is taken first.
func TestALineAnsweredAsTheCallerLeavesIsHungUp(t *testing.T) {
	for range 20 {
		inHall(t, func(t *testing.T, h hall) {
			h.crowd.slow = time.Second
			h.tell(desk.Offered{Offer: "1", Agent: desk.Agent{ID: "li", Device: desk.Phone}, Target: desk.Target{Agent: "li", Extension: "801"}})
			time.Sleep(time.Second - time.Nanosecond)
			synctest.Wait()
			time.Sleep(time.Nanosecond)
			h.end()
			if !h.legs["li"].gone() {
				t.Fatal("the agent's phone is still on the line")
			}
		})
	}
}
