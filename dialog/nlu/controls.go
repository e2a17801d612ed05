package nlu

import (
	_ "embed" // the wordings of controls
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Act is what a person does with a sentence, apart from its subject.
type Act string

// The acts that are understood in every state of every dialog.
const (
	ActNone       Act = ""
	ActAgent      Act = "agent"   // wants a person
	ActRepeat     Act = "repeat"  // did not catch what was said
	ActSlower     Act = "slower"  // spoken too fast
	ActLouder     Act = "louder"  // spoken too low
	ActBack       Act = "back"    // wants the question before
	ActRestart    Act = "restart" // wants to begin anew
	ActCancel     Act = "cancel"  // gives up what was begun
	ActGoodbye    Act = "goodbye" // is done
	ActThanks     Act = "thanks"
	ActWait       Act = "wait"        // wants a moment
	ActMachine    Act = "machine"     // asks whether this is a machine
	ActAnonymous  Act = "anonymous"   // leaves no name or number, or asks for secrecy
	ActThisNumber Act = "this_number" // may be called at the number of this call
	ActCorrection Act = "correction"  // takes back something said
	ActYes        Act = "yes"
	ActNo         Act = "no"
	ActGreet      Act = "greet"
)

//go:embed controls.txt
var controlsText string

// How long a sentence may be in which a wording counts, in characters.
const (
	partLongest  = 24
	shortLongest = 8
)

// controlWording is one wording of a control.
type controlWording struct {
	act         Act
	where       string // part, short, whole or mark; see controls.txt
	word, sound string
	syllables   int
}

var controlWordings = sync.OnceValue(func() []controlWording {
	var out []controlWording
	for line := range strings.Lines(controlsText) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] == "#" {
			continue
		}
		for _, word := range fields[2:] {
			units := Syllables(word)
			out = append(out, controlWording{Act(fields[0]), fields[1], word, spaced(units), len(units)})
		}
	}
	return out
})

func spaced(units []string) string { return " " + strings.Join(units, " ") + " " }

// notAgent are words that contain 人工 or 真人 without asking for a person.
var notAgent = []string{"人工智能", "人工湖", "人工费", "人工流产", "人工授精", "人工降雨", "农村人工作", "干活的人", "生活的人", "快活的人", "像真人", "真人秀", "真人照", "人工草", "人工审核", "人工叫号", "人工窗口", "人工售票", "人工关节", "人工呼吸", "人工耳蜗", "人工成本", "人工养殖", "人工繁殖", "人工受孕"}

// backchannels are sounds of listening. While we speak they are no turn; as the answer to a
// question they are (see Backchannel).
const backchannels = "嗯 恩 呃 额 哦 喔 噢 啊 呀 哎 诶 唉 嘿 对 是 好 好的 行 对对 对对对 是的 是是 是啊 对啊 嗯嗯 嗯嗯嗯 哦哦 好好 好好好 好嘞 明白 知道了 这样啊 哦这样 嗯好 嗯对 喂"

// fillers are said while thinking and carry no meaning at either end of a sentence.
var fillers = []string{"那个", "这个", "就是说", "就是", "然后", "嗯", "呃", "额", "啊", "哎", "诶", "哦", "那", "吧", "呢", "嘛", "呀", "喂", "请问", "麻烦"}

// control is a control found in a sentence.
type control struct {
	act   Act
	whole bool // the sentence is nothing else
}

// ActOf returns the first act of a sentence that every dialog understands, ActNone if there is none.
// Wordings are compared as characters and as fuzzy syllables, so a homophone (人公, 忍工) does not
// hide them.
func ActOf(text string) Act {
	if found := controlsOf(text); len(found) > 0 {
		return found[0].act
	}
	return ActNone
}

// controlsOf lists the controls of a sentence, each act once, in the order of controls.txt.
func controlsOf(text string) []control {
	clean := Clean(text)
	if clean == "" {
		return nil
	}
	said := spoken{clean: clean, length: utf8.RuneCountInString(clean)}
	said.core = syllablesOf(trimFillers(clean))
	said.all, said.full = spaced(syllablesOf(clean)), spaced(said.core)
	person := said.forPerson()
	var out []control
	add := func(c control) {
		if !slices.ContainsFunc(out, func(o control) bool { return o.act == c.act }) {
			out = append(out, c)
		}
	}
	if endsInAgent(person.core) {
		add(control{ActAgent, true})
	}
	if takesBack(clean) {
		add(control{ActCorrection, false})
	}
	for _, w := range controlWordings() {
		s := said
		if w.act == ActAgent {
			s = person
		}
		if found, whole := s.holds(w); found {
			add(control{w.act, whole})
		}
	}
	return out
}

// spoken is a sentence as controls are looked for.
type spoken struct {
	clean     string
	length    int
	core      []string // syllables without fillers at the ends
	all, full string   // syllables with and without them
}

// forPerson leaves out what contains the words for people without asking for one.
func (s spoken) forPerson() spoken {
	clean := s.clean
	for _, w := range notAgent {
		clean = strings.ReplaceAll(clean, w, "")
	}
	for _, w := range controlWordings() {
		if w.act == ActMachine {
			clean = strings.ReplaceAll(clean, w.word, "")
		}
	}
	if clean == s.clean {
		return s
	}
	core := syllablesOf(trimFillers(clean))
	return spoken{clean, utf8.RuneCountInString(clean), core, spaced(syllablesOf(clean)), spaced(core)}
}

func (s spoken) holds(w controlWording) (found, whole bool) {
	whole = s.clean == w.word || s.full == w.sound || s.all == w.sound
	switch {
	case whole:
		return true, true
	case w.where == "whole", w.where == "part" && s.length > partLongest, w.where == "short" && s.length > shortLongest:
		return false, false
	}
	// Two syllables sound like too much else (真人, 证人) to be found by sound alone.
	return strings.Contains(s.clean, w.word) || w.syllables > 2 && strings.Contains(s.all, w.sound), false
}

// takesBack reports whether a sentence begins by refusing and goes on with what is right.
func takesBack(clean string) bool {
	rest := trimFillers(clean)
	for _, mark := range []string{"不对", "错了", "不不"} {
		if after, ok := strings.CutPrefix(rest, mark); ok {
			return utf8.RuneCountInString(after) > 2 && !strings.HasPrefix(after, "劲") && !strings.HasPrefix(after, "吗")
		}
	}
	after, ok := strings.CutPrefix(rest, "不是")
	return ok && strings.Contains(after, "是") && !strings.Contains(after, "吗") && !strings.Contains(after, "是不是")
}

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
	if utf8.RuneCountInString(clean) > 4 {
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

// openEnds are what more must follow on: fillers, conjunctions, particles that open a phrase.
var openEnds = []string{"那个", "这个", "就是", "就是说", "然后", "因为", "所以", "但是", "如果", "要是", "还有", "或者", "以及", "我想", "我想问", "想问一下", "请问", "比如", "我的", "我们", "在", "和", "跟", "把", "给", "从", "到", "向", "对于", "关于", "嗯", "呃", "额"}

// closedEnds are the question words and final particles that finished sentences end with.
var closedEnds = []string{"吗", "呢", "吧", "了", "怎么办", "怎么补办", "多少钱", "哪里办", "什么材料", "什么手续", "多久", "几点", "什么时候", "哪里", "哪儿", "怎么弄", "可以吗", "行吗"}

// Dangling reports whether a sentence breaks off where more must follow.
func Dangling(text string) bool { return endsIn(text, openEnds) && !endsIn(text, wholeWords) }

// wholeWords end like what opens a phrase and open none.
var wholeWords = []string{"现在", "存在", "实在", "正在", "还在", "都在", "不在", "在不在", "内在", "健在", "目的", "温和", "暖和", "总和", "饱和", "没给", "不给", "还给", "交给", "发给", "退给", "没到", "不到", "收到", "迟到", "找到", "遇到", "没跟"}

// Concluded reports whether a sentence ends the way finished sentences do.
func Concluded(text string) bool { return endsIn(text, closedEnds) }

func endsIn(text string, ends []string) bool {
	clean := Clean(text)
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(clean, end) })
}
