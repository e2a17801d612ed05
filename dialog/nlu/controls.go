package nlu

import (
	"strings"
	"sync"
)

// Act is what a person does with a sentence, apart from its subject.
type Act string

// The acts that are understood in every state of every dialog.
const (
	ActNone    Act = ""
	ActAgent   Act = "agent"   // wants a person
	ActRepeat  Act = "repeat"  // did not catch what was said
	ActSlower  Act = "slower"  // spoken too fast
	ActGoodbye Act = "goodbye" // is done
	ActYes     Act = "yes"
	ActNo      Act = "no"
	ActWait    Act = "wait" // wants a moment
	ActGreet   Act = "greet"
)

// phrase is a wording of an act. Whole phrases must be the entire sentence, fillers aside, so that
// "是" answers a question while "是不是可以退" asks one.
type phrase struct {
	act   Act
	whole bool
	words string // alternatives, space separated
}

// phrases are tried in order: what must never be missed comes first.
var phrases = []phrase{
	{ActAgent, false, "人工服务 人工客服 人工坐席 转人工 接人工 找人工 要人工 人工台 真人 活人 坐席 接线员 话务员 值班员 客服小姐 转客服 接客服 找个人 换个人 要个人 给我接人 接个人 转个人 和人说 跟人说 人跟我 不想跟机器 来个人 我要人 得人听 管事儿的 活的人 转到人 是人工"},
	{ActAgent, true, "人工 人工人工 人工人工人工 客服 转接 零 我要人 我要找人"},
	{ActSlower, false, "慢一点 慢点 说慢 太快了 慢一些 慢些"},
	{ActRepeat, false, "再说一遍 再说一次 再讲一遍 重复一遍 重复一下 没听清 没听见 听不清 没听明白 没听懂 说什么"},
	{ActRepeat, true, "重复 什么 啊什么 再来一遍 再说"},
	{ActGoodbye, false, "再见 拜拜 没有别的 没有其他 没别的 没其他 没问题了 不用了谢谢 没有了谢谢 没事了 挂了吧 就这样吧"},
	{ActGoodbye, true, "没有了 没了 没有 不用了 挂了 谢谢 谢谢啊 好的谢谢 知道了谢谢 就这样"},
	{ActWait, false, "等一下 等一会 稍等 等等 等我"},
	{ActYes, true, "是 是的 对 对的 对对 嗯 可以 行 好 好的 没错 对没错 是这个 就是这个 确认 要 好啊 是啊 对啊"},
	{ActNo, true, "不是 不 不对 不要 不行 不可以 都不是 不是这个 取消 没有 不用"},
	{ActGreet, true, "你好 您好 喂 喂你好 喂您好 在吗"},
}

// notAgent are words that contain 人工 without asking for a person.
var notAgent = []string{"人工智能", "人工湖", "人工费", "人工流产", "人工授精", "人工降雨", "农村人工作", "干活的人", "生活的人", "快活的人", "像真人", "真人秀", "真人照", "人工草", "人工审核", "人工叫号", "人工窗口", "人工售票", "人工关节", "人工呼吸", "人工耳蜗", "人工成本", "人工养殖", "人工繁殖", "人工受孕"}

// backchannels are sounds of listening. While we speak they are no turn; as the answer to a
// question they are (see Backchannel).
const backchannels = "嗯 恩 呃 额 哦 喔 噢 啊 呀 哎 诶 唉 嘿 对 是 好 好的 行 对对 对对对 是的 是是 是啊 对啊 嗯嗯 嗯嗯嗯 哦哦 好好 好好好 好嘞 明白 知道了 这样啊 哦这样 嗯好 嗯对 喂"

// fillers are said while thinking and carry no meaning at either end of a sentence.
var fillers = []string{"那个", "这个", "就是说", "就是", "然后", "嗯", "呃", "额", "啊", "哎", "诶", "哦", "那", "吧", "呢", "嘛", "呀", "喂", "请问", "麻烦"}

// ActOf returns the act of a sentence, ActNone for everything else. Wordings are compared as
// characters and as fuzzy syllables, so a homophone (人公, 忍工) does not hide them.
func ActOf(text string) Act {
	clean := Clean(text)
	if clean == "" {
		return ActNone
	}
	for _, w := range notAgent {
		clean = strings.ReplaceAll(clean, w, "")
	}
	core := Syllables(trimFillers(clean))
	if endsInAgent(core) {
		return ActAgent
	}
	all := " " + strings.Join(Syllables(clean), " ") + " "
	full := " " + strings.Join(core, " ") + " "
	for _, w := range controlWordings() {
		switch {
		case w.whole && (clean == w.word || full == w.sound || all == w.sound),
			!w.whole && strings.Contains(clean, w.word),
			// Two syllables sound like too much else (真人, 证人) to be found by sound alone.
			!w.whole && w.syllables > 2 && strings.Contains(all, w.sound):
			return w.act
		}
	}
	return ActNone
}

// controlWording is one wording of a control.
type controlWording struct {
	act         Act
	whole       bool
	word, sound string
	syllables   int
}

var controlWordings = sync.OnceValue(func() []controlWording {
	var out []controlWording
	for _, p := range phrases {
		for word := range strings.FieldsSeq(p.words) {
			units := Syllables(word)
			out = append(out, controlWording{p.act, p.whole, word, " " + strings.Join(units, " ") + " ", len(units)})
		}
	}
	return out
})

// agentSound is 人工 in fuzzy syllables.
var agentSound = sync.OnceValue(func() []string { return Syllables("人工") })

// endsInAgent reports whether a short sentence ends in 人工, whatever the verb before it was heard as
// (传人工, 赚人工). A person must be reached in one turn, so a doubtful case counts.
func endsInAgent(core []string) bool {
	const longest = 8
	n := len(core)
	return n >= 2 && n <= longest && core[n-2] == agentSound()[0] && core[n-1] == agentSound()[1]
}

// Backchannel reports whether a sentence only tells that somebody is listening.
func Backchannel(text string) bool {
	clean := Clean(text)
	if clean == "" {
		return true
	}
	if len([]rune(clean)) > 4 {
		return false
	}
	for word := range strings.FieldsSeq(backchannels) {
		if clean == word {
			return true
		}
	}
	return false
}

func trimFillers(clean string) string {
	for trimmed := true; trimmed; {
		trimmed = false
		for _, f := range fillers {
			if rest := strings.TrimSuffix(strings.TrimPrefix(clean, f), f); rest != clean && rest != "" {
				clean, trimmed = rest, true
			}
		}
	}
	return clean
}

// Dangling reports whether a sentence breaks off where more must follow: after a filler, a
// conjunction or a particle that opens a phrase.
func Dangling(text string) bool {
	clean := Clean(text)
	for _, end := range []string{"那个", "这个", "就是", "就是说", "然后", "因为", "所以", "但是", "如果", "要是", "还有", "或者", "以及", "我想", "我想问", "想问一下", "请问", "比如", "我的", "我们", "在", "和", "跟", "把", "给", "从", "到", "向", "对于", "关于", "嗯", "呃", "额"} {
		if strings.HasSuffix(clean, end) {
			return true
		}
	}
	return false
}

// Concluded reports whether a sentence ends the way finished sentences do: with a question word or
// a final particle.
func Concluded(text string) bool {
	clean := Clean(text)
	for _, end := range []string{"吗", "呢", "吧", "了", "怎么办", "怎么补办", "多少钱", "哪里办", "什么材料", "什么手续", "多久", "几点", "什么时候", "哪里", "哪儿", "怎么弄", "可以吗", "行吗"} {
		if strings.HasSuffix(clean, end) {
			return true
		}
	}
	return false
}
