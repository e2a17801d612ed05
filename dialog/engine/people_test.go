package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/engine"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

func TestDangerGoesBeforeEverything(t *testing.T) {
	check(t, []rule{
		{name: "fire", turns: []string{"着火了 快 石榴园五栋楼道全是烟"}, wants: []string{"safety_script fire", "say 请马上离开着火的地方", "file new", "transfer 119", "mark emergency", "handover general emergency 0 119"}},
		{name: "in the middle of a request", turns: []string{lamp, "着火了 快来人"}, wants: []string{"safety_script fire", "handover general emergency 0 119"}},
		{name: "while waiting for people", turns: []string{"转人工", "着火了 快来人"}, wants: []string{"safety_script fire", "handover general emergency 0 119"}},
		{name: "a life", turns: []string{"我不想活了 我站在楼顶上"}, wants: []string{"safety_script suicide", "handover crisis crisis 0 110"}},
		{name: "somebody in danger is kept on the line", turns: []string{"着火了 快来人", "转人工"}, wants: []string{"stay_on_line", "keep", "say 我在，119已经在接通", "no handover"}},
		{name: "and is told the truth", turns: []string{"我不想活了 我站在楼顶上", "你是人还是机器"}, wants: []string{"honest_identity", "stay_on_line"}},
		{name: "silence is not left alone", turns: []string{"着火了 快来人", "-"}, wants: []string{"say 我在，119已经在接通"}},
		{name: "nobody at the queue does not end it", turns: []string{"着火了 快来人", "x"}, wants: []string{"no file", "say 请您同时直接拨打", "no hangup"}},
		{name: "not in danger", turns: []string{"我不是要自杀 我就是气不过 小区停水三天了"}, wants: []string{"no safety_script", "ask address"}},
		{name: "a danger of no known kind still has its service", turns: []string{"孩子头卡在阳台护栏里 身子悬在外面"}, wants: []string{"safety_script other", "handover general emergency 0 119"}},
		{name: "a bank marks fraud and files nothing", pack: "bank", turns: []string{"我被骗了 刚给一个人转了三万"}, wants: []string{"mark anti_fraud", "handover fraud anti_fraud 0", "no file"}},
	})
}

func TestWaitingForPeople(t *testing.T) {
	check(t, []rule{
		{name: "what is said meanwhile is kept", turns: []string{lamp, "转人工", "在望岭大道"}, wants: []string{"keep", "slot address 望岭大道", "say 您说的我都记下了"}},
		{name: "the music is not talked over", turns: []string{"转人工", "-"}, wants: []string{"no say"}},
		{name: "whoever gives up says goodbye", turns: []string{"转人工", "再见"}, wants: []string{"hangup"}},
		{name: "nobody there: a call back is filed", turns: []string{"转人工", "x"}, wants: []string{"file callback", "hangup unattended"}},
		{name: "nobody there, but nobody was asked for", turns: []string{"x"}, wants: []string{"no file", "no hangup"}},
		{name: "key 0 twice asks once", turns: []string{"!0", "!0"}, wants: []string{"no handover"}},
	})
}

func TestTheQueueTellsWhatHappensAndOffersOtherWays(t *testing.T) {
	check(t, []rule{
		{name: "the place and the wait", turns: []string{"转人工", "@place 3 100s"}, wants: []string{"say 您前面还有2位，大约要等2分钟"}},
		{name: "a wait nobody can tell", turns: []string{"转人工", "@place 3 0s"}, wants: []string{"say 您前面还有2位。"}},
		{name: "the next one", turns: []string{"转人工", "@place 1 20s"}, wants: []string{"say 您是下一位"}},
		{name: "somebody did not answer", turns: []string{"转人工", "@missed no_answer"}, wants: []string{"say 刚才的坐席没有接通"}},
		{name: "closed", turns: []string{"转人工", "@unattended closed"}, wants: []string{"say 现在不是人工服务时间", "file callback", "hangup unattended"}},
		{name: "full", turns: []string{"转人工", "@unattended full"}, wants: []string{"say 现在排队的人太多", "file callback"}},
		{name: "full, in a chat", chat: true, turns: []string{"转人工", "@unattended timed_out"}, wants: []string{"say 现在排队的人太多", "no hangup"}},
		{name: "a call back keeps the place", turns: []string{lamp, "转人工", "你们给我回个电话吧"}, wants: []string{"withdraw callback", "file callback", "say 好的，您的位置给您留着", "hangup callback"}},
		{name: "a message is asked for", turns: []string{"转人工", "我留个言"}, wants: []string{"say 请说您要留的话", "no withdraw"}},
		{name: "a message is kept", turns: []string{"转人工", "我留个言", "请告诉李科长，路灯修好了"}, wants: []string{"withdraw message", "file callback", "hangup message"}},
		{name: "back to the bot", turns: []string{"转人工", "算了不等人工了"}, wants: []string{"withdraw cancelled", "say 好的，不等人工了", "no hangup"}},
		{name: "whoever hangs up leaves the queue", turns: []string{"转人工", "再见"}, wants: []string{"withdraw goodbye", "hangup"}},
		{name: "somebody who was there is lost", turns: []string{"转人工", "@attended", "@missed lost"}, wants: []string{"say 坐席的线路断了"}},
	})
}

// People may come without being asked for: they call out, or a supervisor takes over.
func TestWhoWasNotAskedForMayBeLostToo(t *testing.T) {
	check(t, []rule{
		{name: "taken over, and lost", turns: []string{lamp, "@attended", "@missed lost", "在望岭大道"}, wants: []string{"slot address 望岭大道", "say 您说的我都记下了", "no ask", "no hangup"}},
		{name: "and is told the place", turns: []string{lamp, "@attended", "@missed lost", "@place 1 20s"}, wants: []string{"say 您是下一位"}},
		{name: "nobody else is there", turns: []string{lamp, "@attended", "@missed lost", "x"}, wants: []string{"file callback", "hangup unattended"}},
		{name: "given back to the bot", turns: []string{lamp, "@attended", "@returned agent", "转人工"}, wants: []string{"handover general user_request 1"}},
	})
	called := &talk{engine: bench(t, packs.Default).engine, now: morning} // it has not begun with the bot
	for _, line := range []string{"@attended", "@missed lost", "喂？"} {
		called.turn(line)
	}
	if got := strings.Join(called.did(), "\n"); !strings.Contains(got, "say 您说的我都记下了") || strings.Contains(got, "hangup") {
		t.Errorf("who was called out says something and hears\n%s", got)
	}
}

// Nobody is promised a call who cannot be called.
func TestWhoCannotBeCalledBackIsToldSo(t *testing.T) {
	const web, chat = "address:203.0.113.7", "key:0123abcd:张三"
	check(t, []rule{
		{name: "the number of the call is known", turns: []string{"转人工", "给我回个电话"}, wants: []string{"withdraw callback 15400001234"}},
		{name: "a call from a browser", from: web, turns: []string{"转人工", "给我回个电话"}, wants: []string{"say 这里看不到您的电话号码", "no withdraw", "no file", "no hangup"}},
		{name: "from abroad", from: "+8821312345678", turns: []string{"转人工", "给我回个电话"}, wants: []string{"no withdraw"}},
		{name: "says the number then", from: web, turns: []string{"转人工", "给我回个电话", "15400004567"}, wants: []string{"withdraw callback 15400004567", "file callback", "hangup callback"}},
		{name: "says the number at once", from: web, turns: []string{"转人工", "给我回个电话，打15400004567"}, wants: []string{"withdraw callback 15400004567"}},
		{name: "a chat, too", chat: true, from: chat, turns: []string{"转人工", "给我回个电话", "15400004567"}, wants: []string{"withdraw callback 15400004567", "no hangup"}},
		{name: "does not say it", from: web, turns: []string{"转人工", "给我回个电话", "不想说"}, wants: []string{"no withdraw", "say 您说的我都记下了"}},
		{name: "wants something else", from: web, turns: []string{"转人工", "给我回个电话", "那我留个言"}, wants: []string{"say 请说您要留的话"}},
		{name: "a message without a number", from: web, turns: []string{"转人工", "我留个言", "路灯修好了"}, wants: []string{"withdraw message", "say 您的留言已经记下，会有人看", "hangup message"}},
		{name: "a message with one", from: web, turns: []string{"转人工", "我留个言", "路灯修好了，我的电话是15400004567"}, wants: []string{"withdraw message 15400004567", "say 您的留言已经记下，会有人联系您"}},
		{name: "nobody there", from: web, turns: []string{"转人工", "x"}, wants: []string{"file callback", "say 现在没有人工接听", "hangup unattended"}},
		{name: "nobody there, in a chat", chat: true, from: chat, turns: []string{"转人工", "@unattended closed"}, wants: []string{"say 现在没有人工在线，您的事已经登记。没有您的电话号码", "no hangup"}},
		{name: "not heard", from: web, turns: []string{"-", "-", "-"}, wants: []string{"handover general no_input 2", "no offer callback"}},
		{name: "not satisfied", from: web, turns: []string{"转人工", "@attended", "@survey", "!1"}, wants: []string{"rate 1 keys", "file callback", "say 感谢您的评价"}},
	})
}

func TestTheBotIsSilentWhilePeopleAreThere(t *testing.T) {
	check(t, []rule{
		{name: "words are kept", turns: []string{lamp, "转人工", "@attended", "在望岭大道"}, wants: []string{"slot address 望岭大道", "no say"}},
		{name: "silence", turns: []string{"转人工", "@attended", "-"}, wants: []string{"no say"}},
		{name: "keys", turns: []string{"转人工", "@attended", "!0"}, wants: []string{"no say", "no handover"}},
		{name: "a place is not told any more", turns: []string{"转人工", "@attended", "@place 2 9s"}, wants: []string{"no say"}},
		{name: "returned", turns: []string{"转人工", "@attended", "@returned agent"}, wants: []string{"say 人工服务已经结束"}},
		{name: "returned, and again", turns: []string{"转人工", "@attended", "@returned agent", "转人工"}, wants: []string{"handover general user_request 1"}},
	})
}

func TestTheSurveyTakesAGradeHoweverItIsGiven(t *testing.T) {
	ask := []string{"转人工", "@attended", "@survey"}
	check(t, []rule{
		{name: "asked", turns: ask, wants: []string{"say 请为刚才的人工服务打分"}},
		{name: "by key", turns: append(ask[:3:3], "!5"), wants: []string{"rate 5 keys", "say 感谢您的评价", "hangup survey"}},
		{name: "in words", turns: append(ask[:3:3], "非常满意"), wants: []string{"rate 5 voice"}},
		{name: "in a number", turns: append(ask[:3:3], "打四分吧"), wants: []string{"rate 4 voice"}},
		{name: "so so", turns: append(ask[:3:3], "一般般"), wants: []string{"rate 3 voice"}},
		{name: "not satisfied is no praise", turns: append(ask[:3:3], "不太满意"), wants: []string{"rate 2 voice", "file callback", "say 抱歉让您不满意"}},
		{name: "very unsatisfied", turns: append(ask[:3:3], "很不满意"), wants: []string{"rate 1 voice", "file callback"}},
		{name: "a wrong key is asked again", turns: append(ask[:3:3], "!7"), wants: []string{"say 请说一到五分", "no hangup"}},
		{name: "twice is enough", turns: append(ask[:3:3], "!7", "!8"), wants: []string{"no rate", "hangup survey"}},
		{name: "silence", turns: append(ask[:3:3], "-"), wants: []string{"no rate", "hangup no_input"}},
		{name: "a person again", turns: append(ask[:3:3], "再帮我转人工"), wants: []string{"handover general user_request 1"}},
	})
}

func TestErrandsThatFailLeadToPeople(t *testing.T) {
	c := call(t, "yunzhou", hotline.ChannelPhone)
	c.down = true
	c.turn(lamp)
	c.turn("望岭大道二十六号 西岭区")
	if got := strings.Join(c.did(), "\n"); !strings.Contains(got, "handover general filing_failed 1") || !strings.Contains(got, "登记系统现在有故障") {
		t.Error(got)
	}
}

func TestWordsDuringAnErrandAreKept(t *testing.T) {
	b := bench(t, "yunzhou")
	s, _ := b.engine.Step(dialog.State{}, dialog.Started{Channel: hotline.ChannelPhone, At: morning})
	for _, text := range []string{lamp, "望岭大道二十六号 西岭区"} { // nobody answers the filing
		s, _ = b.engine.Step(s, dialog.Heard{Text: text, Confidence: 1, At: morning})
	}
	c := talk{engine: b.engine, state: s, now: morning, systems: b.pack.Systems.LookUp}
	c.turn("昨天晚上开始的")
	if got := strings.Join(c.did(), "\n"); !strings.Contains(got, "slot time") || !strings.Contains(got, "say 请稍等") {
		t.Error(got)
	}
	c.turn("-")
	if got := strings.Join(c.did(), "\n"); !strings.Contains(got, "say 请稍等") {
		t.Error(got)
	}
	before := c.state
	c.feed(dialog.Done{ID: "e99"})
	if len(c.actions) > 0 || c.state.Focus.Errand != before.Focus.Errand {
		t.Error("a result nobody waits for did something", c.did())
	}
}

func TestPatience(t *testing.T) {
	b := bench(t, "yunzhou")
	after := func(turns ...string) dialog.State {
		c := call(t, "yunzhou", hotline.ChannelPhone)
		for _, line := range turns {
			c.turn(line)
		}
		return c.state
	}
	for _, test := range []struct {
		name, text string
		state      dialog.State
		want       dialog.Patience
	}{
		{"a sentence that breaks off", "我想问一下那个", after(), dialog.PatienceLong},
		{"a wish for a person", "转人工", after(), dialog.PatienceShort},
		{"a question with an answer", "地铁几点开到几点", after(), dialog.PatienceShort},
		{"a yes that is waited for", "对", after(lamp, "望岭大道"), dialog.PatienceShort},
		{"a number that is open", "二六幺零二零", after("催一下我的工单"), dialog.PatienceLong},
		{"a whole number", "二六幺零二零零零零三幺九", after("催一下我的工单"), dialog.PatienceShort},
		{"a place", "望岭大道", after(lamp), dialog.PatienceNormal},
		{"a story", "我家住渔火湾", after("我跟你说啊 事情是这样的"), dialog.PatienceLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := b.engine.Patience(test.state, test.text); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestFixedSentencesAreTheirOwnTexts(t *testing.T) {
	e, ok := bench(t, "yunzhou").engine.(*engine.Engine)
	if !ok {
		t.Fatal("another engine")
	}
	seen := map[string]bool{}
	for _, text := range e.Fixed(kb.DayOf(morning)) {
		if text == "" || seen[text] || strings.ContainsAny(text, "{}") {
			t.Errorf("%q", text)
		}
		seen[text] = true
	}
	for _, want := range []string{"请问具体在什么地方？路名或者小区名都可以。", "我们接着刚才的说。", "这个号码对不上，可能有一位听错了。请再说一遍。"} {
		if !seen[want] {
			t.Errorf("%q is missing of %d", want, len(seen))
		}
	}
}

func TestAStoryIsHeardOutAndSummedUp(t *testing.T) {
	story := []string{"我跟你说啊 事情是这样的 我家住渔火湾", "上个月物业把我们楼道的灯全关了", "老人晚上摔了一跤 物业也不管"}
	check(t, []rule{
		{name: "sounds of listening", turns: story, wants: []string{"backchannel", "no ask", "no confirm"}},
		{name: "said to be over", turns: append(story[:3:3], "就这些"), wants: []string{"told", "confirm address", "no backchannel"}},
		{name: "over with silence", turns: append(story[:3:3], "-"), wants: []string{"told", "confirm address"}},
		{name: "cut at the limit", turns: append(story[:2:2], "+100s", story[2]), wants: []string{"told", "confirm address"}},
		{name: "a person may be asked for in it", turns: append(story[:2:2], "转人工"), wants: []string{"handover general user_request 1"}},
		{name: "without a matter it is not understood", turns: []string{"我跟你说啊 事情是这样的", "说完了"}, wants: []string{"reprompt no_match_1"}},
		{name: "a sentence that breaks off is waited for", turns: []string{"我们楼下饭店油烟太大了 然后"}, wants: []string{"backchannel"}},
	})
}

func TestTimeNeverGoesBack(t *testing.T) {
	c := call(t, "yunzhou", hotline.ChannelPhone)
	c.feed(dialog.Heard{Text: lamp, Confidence: 1, At: morning.Add(-time.Hour)})
	if !c.state.Now.Equal(morning) {
		t.Error(c.state.Now)
	}
}
