package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

const lamp = "我要投诉路灯不亮"

func TestWhatMayBeSaidAtAnyTime(t *testing.T) {
	check(t, []rule{
		{name: "a person is asked for", turns: []string{lamp, "转人工"}, wants: []string{"handover general user_request 1"}},
		{name: "key 0 is a person, too", turns: []string{lamp, "!0"}, wants: []string{"handover general user_request 1"}},
		{name: "a dictated number asks for nobody", turns: []string{"我想催一下我那个工单", "零零零四二九"}, wants: []string{"no handover"}},
		{name: "the last prompt is repeated", turns: []string{lamp, "再说一遍"}, wants: []string{"repeat", "say 请问具体在什么地方"}},
		{name: "key * repeats", turns: []string{lamp, "!*"}, wants: []string{"repeat", "say 请问具体在什么地方"}},
		{name: "what was repeated can be repeated again", turns: []string{lamp, "再说一遍", "再说一遍"}, wants: []string{"say 请问具体在什么地方"}},
		{name: "slower says so and repeats", turns: []string{lamp, "说慢一点"}, wants: []string{"say 好的，我慢一点说", "repeat"}},
		{name: "louder says so and repeats", turns: []string{lamp, "声音太小了"}, wants: []string{"say 好的，我大点声说", "repeat"}},
		{name: "back asks the last answer anew", turns: []string{lamp, "望岭大道", "返回上一步"}, wants: []string{"back address", "ask address"}},
		{name: "back with nothing behind repeats", turns: []string{"返回上一步"}, wants: []string{"say 前面没有问过别的", "say 您好，云州"}},
		{name: "starting over begins anew", turns: []string{lamp, "望岭大道", "从头来"}, wants: []string{"restart", "say 您好，云州"}},
		{name: "what is not filed is cancelled", turns: []string{lamp, "不投诉了"}, wants: []string{"cancel", "no file", "say 还有什么可以帮您"}},
		{name: "what is filed is withdrawn", turns: []string{lamp, "望岭大道二十六号 西岭区", "不投诉了"}, wants: []string{"cancel", "file withdraw 261124000017"}},
		{name: "a moment is given", turns: []string{lamp, "等一下 我找找"}, wants: []string{"say 好的，您慢慢来"}},
		{name: "goodbye in the middle ends", turns: []string{lamp, "再见"}, wants: []string{"close left", "hangup"}},
		{name: "a machine says that it is one", turns: []string{lamp, "你是机器人吗"}, wants: []string{"honest_identity", "say 我是云州12345的智能语音助手"}},
		{name: "anger is met once", turns: []string{"气死我了 楼下烧烤摊天天吵到半夜 没人管"}, wants: []string{"mark angry", "empathy_once"}},
		{name: "and not again", turns: []string{"气死我了 楼下烧烤摊天天吵到半夜 没人管", "气死我了 你们到底管不管"}, wants: []string{"no empathy_once"}},
		{name: "abuse is not argued with", turns: []string{"你们这些机器都是废物"}, wants: []string{"no_argue", "offer agent"}},
		{name: "a key that means nothing is said to", turns: []string{"!7"}, wants: []string{"say 这个按键没有用到"}},
	})
}

func TestSilenceAndMisunderstandingClimbLadders(t *testing.T) {
	check(t, []rule{
		{name: "first silence", turns: []string{"-"}, wants: []string{"reprompt no_input_1", "say 您好，我在听"}},
		{name: "second silence offers people", turns: []string{"-", "-"}, wants: []string{"reprompt no_input_2", "say 还是没有听到您的声音"}},
		{name: "above the ladder are people", turns: []string{"-", "-", "-"}, wants: []string{"handover general no_input 2", "offer callback"}},
		{name: "words end the silence", turns: []string{"-", "喂", "-"}, wants: []string{"reprompt no_input_1"}},
		{name: "a read-back is said again", turns: []string{lamp, "望岭大道", "-"}, wants: []string{"reprompt no_input_1", "say 跟您核对一下，地点望岭大道"}},
		{name: "a slot has its own words", turns: []string{lamp, "-"}, wants: []string{"say 请说一下出事的地点"}},
		{name: "what names nothing is not understood", turns: []string{"那个 那个 上次那个"}, wants: []string{"reprompt no_match_1"}},
		{name: "a choice is said again", turns: []string{"老城墙遗址什么时候对外开放", "嘎嘎嘎"}, wants: []string{"reprompt no_match_1", "say 这个问题我现在没有确切的答案"}},
		{name: "a read-back not understood is said again", turns: []string{lamp, "望岭大道", "嘎嘎嘎"}, wants: []string{"reprompt no_match_1", "confirm address"}},
		{name: "then yes and no are explained", turns: []string{lamp, "望岭大道", "嘎嘎嘎", "嘎嘎嘎"}, wants: []string{"say 对就说对", "confirm address"}},
		{name: "then people", turns: []string{lamp, "望岭大道", "嘎嘎嘎", "嘎嘎嘎", "嘎嘎嘎"}, wants: []string{"handover general no_match 2"}},
		{name: "speech without words is asked for again", turns: []string{"?"}, wants: []string{"reprompt unheard"}},
		{name: "a recogniser that failed is owned up to", turns: []string{"??"}, wants: []string{"reprompt fault", "say 抱歉，系统暂时听不清"}},
		{name: "and people take over", turns: []string{"?", "?", "?"}, wants: []string{"handover general no_match 2"}},
		{name: "who is old gets to people sooner", turns: []string{"我都八十三了 高龄津贴怎么领", "-", "-"}, wants: []string{"handover general no_input 2"}},
	})
}

func TestSlowerLouderAndAgeTuneWhatIsSaid(t *testing.T) {
	for _, test := range []struct {
		name  string
		turns []string
		want  [2]float64
	}{
		{"as usual", []string{lamp}, [2]float64{0, 0}},
		{"slower", []string{"说慢一点", lamp}, [2]float64{0.8, 0}},
		{"louder", []string{"大声点 听不见", lamp}, [2]float64{0, 6}},
		{"old", []string{"我都八十三了 路灯不亮"}, [2]float64{0.8, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := call(t, "yunzhou", hotline.ChannelPhone)
			for _, line := range test.turns {
				c.turn(line)
			}
			for _, a := range c.actions {
				if say, ok := a.(dialog.Say); ok {
					if diff := cmp.Diff(test.want, [2]float64{say.Prompt.Speed, say.Prompt.Gain}); diff != "" {
						t.Error(diff)
					}
				}
			}
		})
	}
}
